"""The client that awaits, on asyncio or trio."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any

import httpx

from . import acts, credentials, outgoing, rotate
from ._generated import BudgetsObject, Me
from .acts import Draft
from .client import begin, need_open
from .credentials import AccessToken, Using
from .drive import TIMEOUT_SECONDS, Awaiting, answer_of, failed, is_problem, prepare
from .enroll import Application, enroll
from .errors import BailiwickError
from .flow import Answer, Send
from .keys import SigningKey
from .options import Options, RequestOptions, open_session
from .request import Attempts
from .session import Enrolled, Session
from .stores import KeyStore
from .wallet import Wallet

if TYPE_CHECKING:
    from typing_extensions import Self, Unpack

    from .auth import BailiwickAuth


class AsyncCaller:
    """Sends requests, each authorized in one way."""

    def __init__(self, session: Session, using: Using, driver: Awaiting) -> None:
        self._session = session
        self._using = using
        self._driver = driver

    async def request(
        self,
        method: str,
        url: str,
        *,
        follow_redirects: bool = True,
        **options: Unpack[RequestOptions],
    ) -> httpx.Response:
        """Sends a request to a URL, or to a path at the gateway, and returns the API's answer.
        Redirects are followed within the origin, newly signed. A refusal is a `DenialError`."""
        response = await self._open(method, url, follow_redirects, options)
        try:
            await response.aread()
        finally:
            await response.aclose()
        return response

    async def signed_fetch(
        self, url: str, method: str = "GET", **options: Unpack[RequestOptions]
    ) -> httpx.Response:
        """As `request`, with the URL first."""
        return await self.request(method, url, **options)

    @asynccontextmanager
    async def stream(
        self,
        method: str,
        url: str,
        *,
        follow_redirects: bool = True,
        **options: Unpack[RequestOptions],
    ) -> AsyncIterator[httpx.Response]:
        """As `request`, with an answer that is read as it comes."""
        response = await self._open(method, url, follow_redirects, options)
        try:
            yield response
        finally:
            await response.aclose()

    async def get(self, url: str, **options: Unpack[RequestOptions]) -> httpx.Response:
        """A `GET`."""
        return await self.request("GET", url, **options)

    async def head(self, url: str, **options: Unpack[RequestOptions]) -> httpx.Response:
        """A `HEAD`."""
        return await self.request("HEAD", url, **options)

    async def post(self, url: str, **options: Unpack[RequestOptions]) -> httpx.Response:
        """A `POST`."""
        return await self.request("POST", url, **options)

    async def put(self, url: str, **options: Unpack[RequestOptions]) -> httpx.Response:
        """A `PUT`."""
        return await self.request("PUT", url, **options)

    async def patch(self, url: str, **options: Unpack[RequestOptions]) -> httpx.Response:
        """A `PATCH`."""
        return await self.request("PATCH", url, **options)

    async def delete(self, url: str, **options: Unpack[RequestOptions]) -> httpx.Response:
        """A `DELETE`."""
        return await self.request("DELETE", url, **options)

    def auth(self) -> BailiwickAuth:
        """The same for a client of `httpx` of your own: pass it as `auth`."""
        from .auth import BailiwickAuth

        return BailiwickAuth(self._session, self._using, awaiting=self._driver)

    async def _open(
        self, method: str, url: str, follow: bool, options: RequestOptions
    ) -> httpx.Response:
        if outgoing.is_relative(url) and self._session.gateway is None:
            await self._driver.run(self._session.ready())
        url = outgoing.absolute(url, self._session.gateway)
        request = self._driver.http.build_request(method, url, **options)
        for count in range(outgoing.MOST_REDIRECTS + 1):
            await request.aread()
            response = await self._exchange(request)
            try:
                following = outgoing.followed(response, count) if follow else None
            except BailiwickError:
                await response.aclose()
                raise
            if following is None:
                break
            await response.aclose()
            request = following
        return response

    async def _exchange(self, request: httpx.Request) -> httpx.Response:
        wanted = outgoing.wanted(request.method, request.url, request.headers, request.content)
        got: list[httpx.Response] = []

        async def send(command: Send) -> Answer:
            await close_all(got)
            prepare(request, command)
            try:
                response = await self._driver.http.send(
                    request, stream=True, auth=None, follow_redirects=False
                )
                got.append(response)
                problem = is_problem(response.status_code, response.headers.get("content-type"))
                return answer_of(response, await response.aread() if problem else None)
            except httpx.TransportError as error:
                raise failed(wanted.url, error) from error

        try:
            denial = await self._driver.run(
                Attempts(self._session, self._using, wanted).run(), send
            )
            if denial is not None:
                raise denial
        except BaseException:
            await close_all(got)
            raise
        return got[-1]


async def close_all(responses: list[httpx.Response]) -> None:
    """Closes what was answered to earlier tries."""
    for response in responses:
        await response.aclose()
    responses.clear()


class AsyncClient(AsyncCaller):
    """An agent, ready to call.

    Pass exactly one of `key` (a `SigningKey`, a private JWK, or the path of a file with one),
    `wallet` and `store`. `http` is a client of `httpx` with your own proxies or certificates.
    """

    def __init__(
        self,
        server: str,
        *,
        key: SigningKey | Mapping[str, Any] | str | os.PathLike[str] | None = None,
        wallet: Wallet | None = None,
        store: KeyStore | None = None,
        http: httpx.AsyncClient | None = None,
        **options: Unpack[Options],
    ) -> None:
        session = open_session(server, key, wallet, store, options)
        self._begin(session, http)

    def _begin(self, session: Session, http: httpx.AsyncClient | None) -> None:
        self._is_ours = http is None
        driver = Awaiting(httpx.AsyncClient(timeout=TIMEOUT_SECONDS) if http is None else http)
        super().__init__(session, acts.own(session), driver)

    async def agent(self) -> Enrolled:
        """How the agent is known."""
        return await self._driver.run(self._session.ready())

    async def me(self) -> Me:
        """All that the authority knows of the agent at this moment."""
        return await self._driver.run(self._session.me())

    def task(
        self,
        purpose: str,
        scopes: Iterable[str] | None = None,
        *,
        ttl_seconds: int | None = None,
        budgets: BudgetsObject | None = None,
        resources: Iterable[str] | None = None,
        authorization_details: Iterable[Mapping[str, Any]] | None = None,
        subject_token: str | None = None,
    ) -> AsyncTask:
        """A task, for `async with`: opened on the way in, and closed on the way out."""
        draft = Draft(
            purpose, scopes, ttl_seconds, budgets, resources, authorization_details, subject_token
        )
        return AsyncTask(self._session, self._driver, draft)

    def on_behalf_of(
        self,
        subject_token: str | AccessToken | None = None,
        *,
        assertion: str | None = None,
        token_type: str = "access_token",  # noqa: S107
        scopes: Iterable[str] | None = None,
        audience: Iterable[str] | None = None,
        resource: Iterable[str] | None = None,
    ) -> AsyncDelegate:
        """Calls by somebody else's authority: their token, exchanged for one of this agent's
        own (RFC 8693), or an issuer's assertion about a person (RFC 7523)."""
        using = acts.delegated(
            self._session,
            subject_token,
            assertion,
            token_type=token_type,
            narrowed=acts.narrowing(scopes, audience, resource),
        )
        return AsyncDelegate(self._session, using, self._driver)

    async def token(
        self,
        scopes: Iterable[str] | None = None,
        audience: Iterable[str] | None = None,
        *,
        resource: Iterable[str] | None = None,
        ttl_seconds: int | None = None,
        may_act: str | None = None,
    ) -> AccessToken:
        """A token of the agent's own, to be handed to the agent that `may_act` names."""
        narrowed = acts.narrowing(scopes, audience, resource)
        grant = acts.own_grant(self._session, narrowed, ttl_seconds, may_act)
        dpop = acts.by_token(self._session) == "dpop"
        return await self._driver.run(credentials.token(self._session, grant, dpop=dpop))

    async def revoke_token(self, token: str | AccessToken) -> None:
        """Takes a token back, and all that was exchanged from it."""
        await self._driver.run(acts.revoke(self._session, token))

    async def rotate_key(
        self, register: Callable[[dict[str, str]], str | None] | None = None
    ) -> Enrolled:
        """Goes over to a new key, registered with the present one; that is used until the new
        one is proven and stored, and then revoked. Where only an operator may register keys,
        `register` gets the public JWK, has one do it and returns the key's id."""
        return await self._driver.run(rotate.rotate(self._session, register))

    async def close(self) -> None:
        """Closes the connections. A client of `httpx` that was passed in stays open."""
        if self._is_ours:
            await self._driver.http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"AsyncClient({self._session!r})"


class AsyncDelegate(AsyncCaller):
    """Calls by somebody else's authority."""

    async def token(self) -> AccessToken:
        """The token they are made with."""
        dpop = self._using.form == "dpop"
        return await self._driver.run(
            credentials.token(self._session, self._using.grant, dpop=dpop)
        )


class AsyncTask(AsyncCaller):
    """Calls for one purpose. They are refused from the moment that the task is closed."""

    def __init__(self, session: Session, driver: Awaiting, draft: Draft) -> None:
        super().__init__(session, acts.own(session), driver)
        self._draft = draft
        self.id = ""

    async def __aenter__(self) -> Self:
        self.id, self._using = await self._driver.run(acts.open_task(self._session, self._draft))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            await self.close()
        except BailiwickError:
            # What went wrong inside says more; the task ends by itself when its time is over.
            if error is None:
                raise

    async def close(self) -> None:
        """Closes the task."""
        await self._driver.run(acts.close_task(self._session, self._using))

    async def _open(
        self, method: str, url: str, follow: bool, options: RequestOptions
    ) -> httpx.Response:
        need_open(self.id)
        return await super()._open(method, url, follow, options)

    def auth(self) -> BailiwickAuth:
        need_open(self.id)
        return super().auth()


async def bootstrap_async(
    server: str,
    *,
    name: str,
    owner: str,
    purpose: str,
    invite_code: str | None = None,
    project_id: str | None = None,
    kind: str = "autonomous",
    key: SigningKey | None = None,
    wallet: Wallet | None = None,
    store: KeyStore | None = None,
    on_pending: Callable[[Enrolled], Any] | None = None,
    wait_seconds: float = 600.0,
    http: httpx.AsyncClient | None = None,
    **options: Unpack[Options],
) -> AsyncClient:
    """As `bootstrap`: makes a key, enrolls with it, waits for approval where that is asked, and
    returns a client that is ready. Run again, it finds the key in `store` (a file `NAME.key`,
    unless you pass another) and is ready at once."""
    application = Application(
        name, owner, purpose, invite_code, project_id, kind, on_pending, wait_seconds
    )
    session, is_new = begin(server, application, (key, wallet, store), options)
    client = AsyncClient.__new__(AsyncClient)
    client._begin(session, http)
    try:
        await client._driver.run(enroll(session, application, is_new=is_new))
    except BaseException:
        await client.close()
        raise
    return client
