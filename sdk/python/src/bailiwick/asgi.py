"""Middleware for any ASGI application: what cannot be verified is refused before it gets there.

The application finds who asks in `scope["bailiwick"]`, and by `context_of(request)`."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any, TypeAlias

from .components import Request
from .context import Context
from .errors import BailiwickError, DenialError
from .verifier import Verifier

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Application: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

NAME = "bailiwick"


class BailiwickMiddleware:
    """Verifies each request. `public` lists the paths that anybody may ask, exactly."""

    def __init__(self, app: Application, verifier: Verifier, public: Iterable[str] = ()) -> None:
        self.app = app
        self.verifier = verifier
        self.public = frozenset(public)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or scope.get("path") in self.public:
            await self.app(scope, receive, send)
            return
        try:
            request = request_of(scope)
            body = b""
            if scope["type"] == "http" and self.verifier.needs_body(request):
                body = await read_body(receive, self.verifier.max_body_bytes)
                receive = _again(body, receive)
            context = await self.verifier.verify_async(request, body)
        except DenialError as denial:
            await _refuse(scope, send, denial)
            return
        await self.app({**scope, NAME: context}, receive, send)


def context_of(request: Any) -> Context:
    """Who asks, by a request of Starlette or FastAPI, or by the scope itself."""
    scope = getattr(request, "scope", request)
    context = scope.get(NAME)
    if not isinstance(context, Context):
        raise BailiwickError("the request was not verified", "add the BailiwickMiddleware")
    return context


def request_of(scope: Scope) -> Request:
    """The request as a signature sees it."""
    headers = [
        (name.decode("latin-1").lower(), it.decode("latin-1")) for name, it in scope["headers"]
    ]
    hosts = [value for name, value in headers if name == "host"]
    raw: bytes | None = scope.get("raw_path")
    if raw is None or len(hosts) > 1:
        detail = "the request has no one host and path as it was sent"
        raise DenialError("request_malformed", detail=detail)
    query: bytes = scope.get("query_string") or b""
    scheme: str = scope["scheme"]
    scheme = {"ws": "http", "wss": "https"}.get(scheme, scheme)
    return Request(
        method=scope.get("method", "GET"),
        scheme=scheme,
        authority=hosts[0] if hosts else "",
        path=raw.partition(b"?")[0].decode("latin-1"),
        query=query.decode("latin-1") if query else None,
        headers=headers,
    )


async def read_body(receive: Receive, most: int) -> bytes:
    """The whole body, within bounds."""
    body = b""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise DenialError("request_malformed", detail="the body was broken off")
        more: bytes = message.get("body", b"")
        body += more
        if len(body) > most:
            raise DenialError("body_too_large")
        if not message.get("more_body", False):
            return body


def _again(body: bytes, receive: Receive) -> Receive:
    """Gives the application the body that was read, and after that what else comes."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


def headers_of(denial: DenialError) -> dict[str, str]:
    """The fields of a refusal."""
    told = {"cache-control": "no-store"}
    if denial.status == 401:
        told["www-authenticate"] = "Signature"
    if denial.code == "unavailable":
        told["retry-after"] = "1"
    return told


async def _refuse(scope: Scope, send: Send, denial: DenialError) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": denial.code})
        return
    body = json.dumps(denial.problem()).encode("utf-8")
    told = {"content-type": "application/problem+json", **headers_of(denial)}
    headers = [(name.encode("latin-1"), it.encode("latin-1")) for name, it in told.items()]
    headers.append((b"content-length", str(len(body)).encode("ascii")))
    await send({"type": "http.response.start", "status": denial.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
