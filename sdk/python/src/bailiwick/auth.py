"""The agent as `auth` of a client of `httpx`, blocking or not: signed, tokens and all. Refusals are
answers there like any other; `raise_for_denial` makes errors of them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator
from typing import Any

import httpx

from . import outgoing
from .credentials import Using
from .drive import Awaiting, Blocking, answer_of, is_problem, prepare
from .errors import DenialError, RedirectError, denial_in
from .flow import Command, Flow, Send
from .request import Attempts
from .session import Session


class AuthFlow:
    """The flow of one request, between a client that sends and a driver that does all else."""

    def __init__(self, session: Session, using: Using, request: Any) -> None:
        self.request = request
        wanted = outgoing.wanted(request.method, request.url, request.headers, request.content)
        self._flow: Flow[DenialError | None] = Attempts(session, using, wanted).run()
        self._step: Callable[[Any], Command] = self._flow.send
        self._given: Any = None

    def next(self) -> Command | None:
        """What is to be done next, if anything is. What is to be sent is in the request then."""
        try:
            command = self._step(self._given)
        except StopIteration:
            return None
        if isinstance(command, Send):
            prepare(self.request, command)
        return command

    def done(self, outcome: Any) -> None:
        """What came of it."""
        self._step, self._given = self._flow.send, outcome

    def failed(self, error: BaseException) -> None:
        """What went wrong with it."""
        self._step, self._given = self._flow.throw, error


class BailiwickAuth(httpx.Auth):
    """Signs the requests of a client of `httpx`."""

    requires_request_body = True

    def __init__(
        self,
        session: Session,
        using: Using,
        *,
        blocking: Blocking | None = None,
        awaiting: Awaiting | None = None,
    ) -> None:
        self._session = session
        self._using = using
        self._blocking = blocking or Blocking(None)
        self._awaiting = awaiting or Awaiting(None)

    def __repr__(self) -> str:
        return f"BailiwickAuth({self._session!r})"

    def sync_auth_flow(
        self, request: httpx.Request
    ) -> Generator[httpx.Request, httpx.Response, None]:
        request.read()
        flow = AuthFlow(self._session, self._using, request)
        while (command := flow.next()) is not None:
            if isinstance(command, Send):
                response = yield request
                check_redirects(response)
                problem = is_problem(response.status_code, response.headers.get("content-type"))
                flow.done(answer_of(response, response.read() if problem else None))
                continue
            try:
                flow.done(self._blocking.run(_only(command)))
            except Exception as error:
                flow.failed(error)

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        await request.aread()
        flow = AuthFlow(self._session, self._using, request)
        while (command := flow.next()) is not None:
            if isinstance(command, Send):
                response = yield request
                check_redirects(response)
                problem = is_problem(response.status_code, response.headers.get("content-type"))
                flow.done(answer_of(response, await response.aread() if problem else None))
                continue
            try:
                flow.done(await self._awaiting.run(_only(command)))
            except Exception as error:
                flow.failed(error)


def _only(command: Command) -> Flow[Any]:
    """The flow of one command."""
    return (yield command)


def check_redirects(response: Any) -> None:
    """Refuses an answer that came from another origin than was asked. A client that follows
    redirects (`httpx` does not unless it is told to) went there without asking."""
    for before in response.history:
        if not outgoing.same_origin(before.request.url, response.request.url):
            location = before.headers.get("location", "")
            raise RedirectError("the client followed a redirect to another origin", location)


def raise_for_denial(response: Any) -> None:
    """Raises the refusal that a response of `httpx`, `httpx2` or `requests` is, if it is one."""
    headers = {name.lower(): value for name, value in response.headers.items()}
    if is_problem(response.status_code, headers.get("content-type")):
        denial = denial_in(response.status_code, headers, response.content)
        if denial is not None:
            raise denial
