"""The client that blocks."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any

import httpx

from . import acts, credentials, outgoing, rotate
from ._generated import BudgetsObject, Me
from .acts import Draft
from .credentials import AccessToken, Using
from .drive import TIMEOUT_SECONDS, Blocking, answer_of, failed, is_problem, prepare
from .enroll import Application, enroll
from .errors import BailiwickError, UsageError
from .flow import Answer, Send
from .keys import SigningKey, generate_key
from .options import Options, RequestOptions, check_name, open_session, settings_of
from .request import Attempts
from .session import Enrolled, Session
from .stores import FileStore, KeyStore, load_key, save_key
from .wallet import Wallet

if TYPE_CHECKING:
    from typing_extensions import Self, Unpack

    from .auth import BailiwickAuth


class Caller:
    """Sends requests, each authorized in one way."""

    def __init__(self, session: Session, using: Using, driver: Blocking) -> None:
        self._session = session
        self._using = using
        self._driver = driver

    def request(
        self,
        method: str,
        url: str,
        *,
        follow_redirects: bool = True,
        **options: Unpack[RequestOptions],
    ) -> httpx.Response:
        """Sends a request to a URL, or to a path at the gateway, and returns the API's answer.
        Redirects are followed within the origin, newly signed. A refusal is a `DenialError`."""
        response = self._open(method, url, follow_redirects, options)
        try:
            response.read()
        finally:
            response.close()
        return response

    def signed_fetch(
        self, url: str, method: str = "GET", **options: Unpack[RequestOptions]
    ) -> httpx.Response:
        """As `request`, with the URL first."""
        return self.request(method, url, **options)

    @contextmanager
    def stream(
        self,
        method: str,
        url: str,
        *,
        follow_redirects: bool = True,
        **options: Unpack[RequestOptions],
    ) -> Iterator[httpx.Response]:
        """As `request`, with an answer that is read as it comes."""
        response = self._open(method, url, follow_redirects, options)
        try:
            yield response
        finally:
            response.close()

    def get(self, url: str, **options: Unpack[RequestOptions]) -> httpx.Response:
        """A `GET`."""
        return self.request("GET", url, **options)

    def head(self, url: str, **options: Unpack[RequestOptions]) -> httpx.Response:
        """A `HEAD`."""
        return self.request("HEAD", url, **options)

    def post(self, url: str, **options: Unpack[RequestOptions]) -> httpx.Response:
        """A `POST`."""
        return self.request("POST", url, **options)

    def put(self, url: str, **options: Unpack[RequestOptions]) -> httpx.Response:
        """A `PUT`."""
        return self.request("PUT", url, **options)

    def patch(self, url: str, **options: Unpack[RequestOptions]) -> httpx.Response:
        """A `PATCH`."""
        return self.request("PATCH", url, **options)

    def delete(self, url: str, **options: Unpack[RequestOptions]) -> httpx.Response:
        """A `DELETE`."""
        return self.request("DELETE", url, **options)

    def auth(self) -> BailiwickAuth:
        """The same for a client of `httpx` of your own: pass it as `auth`."""
        from .auth import BailiwickAuth

        return BailiwickAuth(self._session, self._using, blocking=self._driver)

    def _open(self, method: str, url: str, follow: bool, options: RequestOptions) -> httpx.Response:
        if outgoing.is_relative(url) and self._session.gateway is None:
            self._driver.run(self._session.ready())
        url = outgoing.absolute(url, self._session.gateway)
        request = self._driver.http.build_request(method, url, **options)
        for count in range(outgoing.MOST_REDIRECTS + 1):
            request.read()
            response = self._exchange(request)
            try:
                following = outgoing.followed(response, count) if follow else None
            except BailiwickError:
                response.close()
                raise
            if following is None:
                break
            response.close()
            request = following
        return response

    def _exchange(self, request: httpx.Request) -> httpx.Response:
        wanted = outgoing.wanted(request.method, request.url, request.headers, request.content)
        got: list[httpx.Response] = []

        def send(command: Send) -> Answer:
            close_all(got)
            prepare(request, command)
            try:
                response = self._driver.http.send(
                    request, stream=True, auth=None, follow_redirects=False
                )
                got.append(response)
                problem = is_problem(response.status_code, response.headers.get("content-type"))
                return answer_of(response, response.read() if problem else None)
            except httpx.TransportError as error:
                raise failed(wanted.url, error) from error

        try:
            denial = self._driver.run(Attempts(self._session, self._using, wanted).run(), send)
            if denial is not None:
                raise denial
        except BaseException:
            close_all(got)
            raise
        return got[-1]


def close_all(responses: list[httpx.Response]) -> None:
    """Closes what was answered to earlier tries."""
    for response in responses:
        response.close()
    responses.clear()


class Client(Caller):
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
        http: httpx.Client | None = None,
        **options: Unpack[Options],
    ) -> None:
        session = open_session(server, key, wallet, store, options)
        self._begin(session, http)

    def _begin(self, session: Session, http: httpx.Client | None) -> None:
        self._is_ours = http is None
        driver = Blocking(httpx.Client(timeout=TIMEOUT_SECONDS) if http is None else http)
        super().__init__(session, acts.own(session), driver)

    @property
    def agent(self) -> Enrolled:
        """How the agent is known."""
        return self._driver.run(self._session.ready())

    def me(self) -> Me:
        """All that the authority knows of the agent at this moment."""
        return self._driver.run(self._session.me())

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
    ) -> Task:
        """A task, for `with`: opened on the way in, and closed on the way out."""
        draft = Draft(
            purpose, scopes, ttl_seconds, budgets, resources, authorization_details, subject_token
        )
        return Task(self._session, self._driver, draft)

    def on_behalf_of(
        self,
        subject_token: str | AccessToken | None = None,
        *,
        assertion: str | None = None,
        token_type: str = "access_token",  # noqa: S107
        scopes: Iterable[str] | None = None,
        audience: Iterable[str] | None = None,
        resource: Iterable[str] | None = None,
    ) -> Delegate:
        """Calls by somebody else's authority: their token, exchanged for one of this agent's
        own (RFC 8693), or an issuer's assertion about a person (RFC 7523)."""
        using = acts.delegated(
            self._session,
            subject_token,
            assertion,
            token_type=token_type,
            narrowed=acts.narrowing(scopes, audience, resource),
        )
        return Delegate(self._session, using, self._driver)

    def token(
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
        return self._driver.run(credentials.token(self._session, grant, dpop=dpop))

    def revoke_token(self, token: str | AccessToken) -> None:
        """Takes a token back, and all that was exchanged from it."""
        self._driver.run(acts.revoke(self._session, token))

    def rotate_key(
        self, register: Callable[[dict[str, str]], str | None] | None = None
    ) -> Enrolled:
        """Goes over to a new key, registered with the present one; that is used until the new
        one is proven and stored, and then revoked. Where only an operator may register keys,
        `register` gets the public JWK, has one do it and returns the key's id."""
        return self._driver.run(rotate.rotate(self._session, register))

    def close(self) -> None:
        """Closes the connections. A client of `httpx` that was passed in stays open."""
        if self._is_ours:
            self._driver.http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Client({self._session!r})"


class Delegate(Caller):
    """Calls by somebody else's authority."""

    def token(self) -> AccessToken:
        """The token they are made with."""
        dpop = self._using.form == "dpop"
        return self._driver.run(credentials.token(self._session, self._using.grant, dpop=dpop))


class Task(Caller):
    """Calls for one purpose. They are refused from the moment that the task is closed."""

    def __init__(self, session: Session, driver: Blocking, draft: Draft) -> None:
        super().__init__(session, acts.own(session), driver)
        self._draft = draft
        self.id = ""

    def __enter__(self) -> Self:
        self.id, self._using = self._driver.run(acts.open_task(self._session, self._draft))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self.close()
        except BailiwickError:
            # What went wrong inside says more; the task ends by itself when its time is over.
            if error is None:
                raise

    def close(self) -> None:
        """Closes the task."""
        self._driver.run(acts.close_task(self._session, self._using))

    def _open(self, method: str, url: str, follow: bool, options: RequestOptions) -> httpx.Response:
        need_open(self.id)
        return super()._open(method, url, follow, options)

    def auth(self) -> BailiwickAuth:
        need_open(self.id)
        return super().auth()


def need_open(task: str) -> None:
    """A task that was never opened must not fall back to the agent's own authority."""
    if not task:
        raise BailiwickError("the task is not open", "use it as `with client.task(…) as task`")


def bootstrap(
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
    http: httpx.Client | None = None,
    **options: Unpack[Options],
) -> Client:
    """Makes a key, enrolls with it, waits for approval where that is asked, and returns a client
    that is ready. Run again, it finds the key in `store` (a file `NAME.key`, unless you pass
    another) and is ready at once."""
    application = Application(
        name, owner, purpose, invite_code, project_id, kind, on_pending, wait_seconds
    )
    session, is_new = begin(server, application, (key, wallet, store), options)
    client = Client.__new__(Client)
    client._begin(session, http)
    try:
        client._driver.run(enroll(session, application, is_new=is_new))
    except BaseException:
        client.close()
        raise
    return client


def begin(
    server: str,
    application: Application,
    held: tuple[SigningKey | None, Wallet | None, KeyStore | None],
    options: Options,
) -> tuple[Session, bool]:
    """The session to enroll with, and whether its key was made just now. The key is stored before
    anybody hears of it: one that is registered and lost is an agent that is lost."""
    given, wallet, store = held
    settings = settings_of(options)
    path = f"{check_name(application.name)}.key"
    if wallet is not None:
        if given is not None or store is not None:
            raise UsageError("a wallet needs neither `key` nor `store`", "leave them out")
        return Session(server, wallet, settings), False
    kept = FileStore(path) if store is None else store
    key = load_key(kept)
    if key is not None:
        if given is not None and given.thumbprint != key.thumbprint:
            raise UsageError("the store holds another key than `key`", "leave `key` out")
        return Session(server, key, settings, kept), False
    key = given or generate_key()
    session = Session(server, key, settings, kept)
    save_key(kept, key)
    return session, given is None
