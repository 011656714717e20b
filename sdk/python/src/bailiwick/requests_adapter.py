"""The agent as an adapter of `requests`: `session.mount(gateway, BailiwickAdapter(client))`.
Refusals are answers there like any other; `raise_for_denial` makes errors of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.models import PreparedRequest, Response

from . import outgoing
from .drive import is_problem
from .errors import RedirectError, UsageError
from .flow import Answer, Send, TransportFailedError
from .request import HELD_SECONDS, Attempts, Wanted
from .session import target_of

if TYPE_CHECKING:
    from .client import Caller

_BESIDE_SECONDS = 15.0


class BailiwickAdapter(HTTPAdapter):
    """Signs the requests of a session, by what a client, a task or a delegate may do."""

    def __init__(self, caller: Caller, **options: Any) -> None:
        self._caller = caller
        super().__init__(**options)

    def send(  # type: ignore[override]
        self, request: PreparedRequest, **options: Any
    ) -> Response:
        """Sends the request, signed, as often as it takes. The request itself stays as it was, so
        that nothing of its proof goes along where `requests` goes next."""
        body = _body(request)
        wanted = _wanted(request, body)
        got: list[Response] = []

        def send(command: Send) -> Answer:
            for before in got:
                before.close()
            got.clear()
            try:
                response = HTTPAdapter.send(
                    self, _signed(request, command), **_patient(options, command)
                )
            except requests.ConnectionError as error:
                raise _failed(wanted.url, error) from error
            except requests.Timeout as error:
                raise TransportFailedError(wanted.url, True, "no answer in time") from error
            got.append(response)
            return _answer(response)

        caller = self._caller
        caller._driver.run(Attempts(caller._session, caller._using, wanted).run(), send)
        response = got[-1]
        response.request = request
        _check_redirect(response)
        return response


def _body(request: PreparedRequest) -> bytes:
    body = request.body
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode("utf-8")
    if isinstance(body, bytes):
        return body
    raise UsageError("a body that is not known yet cannot be signed", "pass bytes or text")


def _wanted(request: PreparedRequest, body: bytes) -> Wanted:
    headers = {name.lower(): _text(value) for name, value in request.headers.items()}
    url = request.url or ""
    host = headers.get("host")
    if host is not None:
        url = url.replace(f"//{urlsplit(url).netloc}", f"//{host}", 1)
    target = target_of(request.method or "GET", url, body, headers.get("content-type"))
    if "authorization" in headers:
        target = target.with_authorization(headers["authorization"])
    return Wanted(request.url or "", target, frozenset(headers))


def _signed(request: PreparedRequest, command: Send) -> PreparedRequest:
    copy = request.copy()
    for name, value in command.fields.items():
        copy.headers[name] = value
    return copy


def _patient(options: dict[str, Any], command: Send) -> dict[str, Any]:
    timeout = options.get("timeout")
    if not command.held_seconds or timeout is None:
        return options
    connect, read = timeout if isinstance(timeout, tuple) else (timeout, timeout)
    if read is not None:
        read = max(read, HELD_SECONDS + _BESIDE_SECONDS)
    return {**options, "timeout": (connect, read)}


def _answer(response: Response) -> Answer:
    headers = {name.lower(): value for name, value in response.headers.items()}
    problem = is_problem(response.status_code, headers.get("content-type"))
    return Answer(response.status_code, headers, response.content if problem else None)


def _check_redirect(response: Response) -> None:
    """Refuses to let `requests`, which follows redirects unless it is told not to, go on to
    another origin with what it was given for this one."""
    if not response.is_redirect:
        return
    location = response.headers.get("location", "")
    here = response.url
    there = requests.compat.urljoin(here, location)
    if not outgoing.same_origin(_Url(here), _Url(there)):
        response.close()
        raise RedirectError("the answer redirects to another origin", location)


class _Url:
    def __init__(self, url: str) -> None:
        split = urlsplit(url)
        self.scheme = split.scheme
        self.netloc = split.netloc.encode("latin-1", "replace")


def _failed(url: str, error: requests.ConnectionError) -> TransportFailedError:
    """Why no answer came. Without a connection the server cannot have got the request."""
    text = str(error)
    unsent = "NewConnectionError" in text or "NameResolutionError" in text
    cut_off = not unsent and "timed out" not in text
    return TransportFailedError(url, not unsent, type(error).__name__, was_cut_off=cut_off)


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value
