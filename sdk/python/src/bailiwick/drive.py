"""The two drivers of flows over `httpx`: one blocks, the other awaits."""

from __future__ import annotations

import inspect
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import anyio
import httpx

from .errors import AnswerError, UsageError
from .flow import Answer, Call, Command, Flow, Once, Pause, Send, Tell, TransportFailedError
from .request import HELD_SECONDS

T = TypeVar("T")

TIMEOUT_SECONDS = 30.0
#: The most of an authority's answer that is read.
MAX_BYTES = 1024 * 1024
#: What an answer takes at most beside the time that it is held back.
_BESIDE_SECONDS = 15.0


class Blocking:
    """Runs flows in the thread that asks."""

    def __init__(self, http: httpx.Client | None) -> None:
        """With a client to send by; without one, each call has its own."""
        self._http = http
        self._locks: dict[str, threading.Lock] = {}

    def run(self, flow: Flow[T], send: Callable[[Send], Answer] | None = None) -> T:
        """The flow's outcome."""
        step = flow.send
        given: Any = None
        while True:
            try:
                command = step(given)
            except StopIteration as stop:
                outcome: T = stop.value
                return outcome
            try:
                step, given = flow.send, self._perform(command, send)
            except Exception as error:
                step, given = flow.throw, error

    def _perform(self, command: Command, send: Callable[[Send], Answer] | None) -> Any:
        if isinstance(command, Call):
            return self._call(command)
        if isinstance(command, Send) and send is not None:
            return send(command)
        if isinstance(command, Tell):
            answer = command.function(command.argument)
            if inspect.iscoroutine(answer):
                answer.close()
                raise UsageError("a coroutine was given to a client that blocks")
            return answer
        if isinstance(command, Pause):
            return time.sleep(command.seconds)
        if isinstance(command, Once):
            with self._locks.setdefault(command.name, threading.Lock()):
                return self.run(command.flow())
        raise AssertionError(command)

    @property
    def http(self) -> httpx.Client:
        """The client that sends."""
        if self._http is None:
            raise AssertionError("a driver without a client sends nothing itself")
        return self._http

    def _call(self, command: Call) -> Answer:
        if self._http is not None:
            return self._call_by(self._http, command)
        with httpx.Client(timeout=TIMEOUT_SECONDS) as http:
            return self._call_by(http, command)

    def _call_by(self, http: httpx.Client, command: Call) -> Answer:
        request = build(http, command)
        try:
            response = http.send(request, stream=True, auth=None, follow_redirects=False)
            try:
                body = b""
                for chunk in response.iter_bytes():
                    body = grown(body, chunk)
            finally:
                response.close()
        except httpx.TransportError as error:
            raise failed(command.url, error) from error
        return answer_of(response, body)


class Awaiting:
    """Runs flows on the event loop, asyncio's or trio's."""

    def __init__(self, http: httpx.AsyncClient | None) -> None:
        """With a client to send by; without one, each call has its own."""
        self._http = http
        self._locks: dict[str, anyio.Lock] = {}

    async def run(
        self, flow: Flow[T], send: Callable[[Send], Awaitable[Answer]] | None = None
    ) -> T:
        """The flow's outcome."""
        step = flow.send
        given: Any = None
        while True:
            try:
                command = step(given)
            except StopIteration as stop:
                outcome: T = stop.value
                return outcome
            try:
                step, given = flow.send, await self._perform(command, send)
            except Exception as error:
                step, given = flow.throw, error

    async def _perform(
        self, command: Command, send: Callable[[Send], Awaitable[Answer]] | None
    ) -> Any:
        if isinstance(command, Call):
            return await self._call(command)
        if isinstance(command, Send) and send is not None:
            return await send(command)
        if isinstance(command, Tell):
            answer = command.function(command.argument)
            return await answer if inspect.isawaitable(answer) else answer
        if isinstance(command, Pause):
            return await anyio.sleep(command.seconds)
        if isinstance(command, Once):
            async with self._locks.setdefault(command.name, anyio.Lock()):
                return await self.run(command.flow())
        raise AssertionError(command)

    @property
    def http(self) -> httpx.AsyncClient:
        """The client that sends."""
        if self._http is None:
            raise AssertionError("a driver without a client sends nothing itself")
        return self._http

    async def _call(self, command: Call) -> Answer:
        if self._http is not None:
            return await self._call_by(self._http, command)
        async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS) as http:
            return await self._call_by(http, command)

    async def _call_by(self, http: httpx.AsyncClient, command: Call) -> Answer:
        request = build(http, command)
        try:
            response = await http.send(request, stream=True, auth=None, follow_redirects=False)
            try:
                body = b""
                async for chunk in response.aiter_bytes():
                    body = grown(body, chunk)
            finally:
                await response.aclose()
        except httpx.TransportError as error:
            raise failed(command.url, error) from error
        return answer_of(response, body)


def build(http: httpx.Client | httpx.AsyncClient, command: Call) -> httpx.Request:
    """The request of a call."""
    return http.build_request(
        command.method, command.url, headers=dict(command.headers), content=command.body or None
    )


def grown(body: bytes, chunk: bytes) -> bytes:
    """The body with what came, within bounds."""
    if len(body) + len(chunk) > MAX_BYTES:
        raise AnswerError("the authority answered more than 1 MiB", "is that the right server?")
    return body + chunk


def answer_of(response: httpx.Response, body: bytes | None) -> Answer:
    """What flows see of a response."""
    return Answer(response.status_code, dict(response.headers.items()), body)


def failed(url: str, error: httpx.TransportError) -> TransportFailedError:
    """Why no answer came."""
    unsent = (
        httpx.ConnectError,
        httpx.ConnectTimeout,
        httpx.PoolTimeout,
        httpx.UnsupportedProtocol,
    )
    reason = str(error) or type(error).__name__
    cut_off = (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError)
    return TransportFailedError(
        url, not isinstance(error, unsent), reason, was_cut_off=isinstance(error, cut_off)
    )


def is_problem(status: int, content_type: str | None) -> bool:
    """Whether an answer may be a refusal, whose body is read."""
    kind = (content_type or "").partition(";")[0].strip().lower()
    return (status >= 400 or status == 202) and kind == "application/problem+json"


def prepare(request: Any, command: Send) -> None:
    """Puts the fields into a request of `httpx` or `httpx2`, in place of those of an earlier try,
    and gives an answer that is held back the time for that."""
    for name, value in command.fields.items():
        request.headers[name] = value
    if "transfer-encoding" in request.headers:
        # The body was read to be signed, so its length is known now.
        del request.headers["transfer-encoding"]
        request.headers["content-length"] = str(len(request.content))
    if not command.held_seconds:
        return
    timeout = dict(request.extensions.get("timeout") or {})
    if timeout.get("read") is not None:
        timeout["read"] = max(timeout["read"], HELD_SECONDS + _BESIDE_SECONDS)
    request.extensions = {**request.extensions, "timeout": timeout}
