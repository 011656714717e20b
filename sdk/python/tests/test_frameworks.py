"""The verifier in front of ASGI applications, FastAPI and Django."""

from __future__ import annotations

import json
from typing import Annotated, Any

import anyio
import django
import httpx
import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, JsonResponse
from django.test import RequestFactory
from fastapi import Depends, FastAPI
from known import AGENT, URL, signed, verifier
from starlette.requests import Request

from bailiwick import Context
from bailiwick.asgi import BailiwickMiddleware, context_of
from bailiwick.fastapi import Verified

settings.configure(ALLOWED_HOSTS=["*"], DATABASES={}, DATA_UPLOAD_MAX_MEMORY_SIZE=None)
django.setup()


def application(**options: Any) -> Any:
    inner = FastAPI()

    @inner.get("/healthz")
    def health() -> dict[str, bool]:
        return {"ok": True}

    async def echo(request: Any) -> dict[str, Any]:
        return {"agent": context_of(request).agent.name, "body": (await request.body()).decode()}

    echo.__annotations__["request"] = Request
    inner.post("/tickets/{number}")(echo)
    return BailiwickMiddleware(inner, verifier(**options), public=["/healthz"])


def call(app: Any, method: str, url: str, **options: Any) -> httpx.Response:
    async def live() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport) as http:
            return await http.request(method, url, **options)

    return anyio.run(live)


def test_asgi_middleware_lets_the_verified_through() -> None:
    app = application(max_body_bytes=8)
    headers = signed("POST", body=b'{"a":1}')
    answer = call(app, "POST", URL, headers=headers, content=b'{"a":1}')
    assert answer.json() == {"agent": AGENT.name, "body": '{"a":1}'}
    again = call(app, "POST", URL, headers=headers, content=b'{"a":1}')
    assert (again.status_code, again.json()["code"]) == (401, "nonce_replayed")
    assert again.headers["content-type"] == "application/problem+json"
    assert again.json()["hint"] == "sign again with a new nonce"
    assert call(app, "POST", URL).json()["code"] == "credential_missing"
    assert call(app, "POST", URL, headers=headers, content=b"a" * 9).status_code == 413
    assert call(app, "GET", "http://api.example/healthz").json() == {"ok": True}
    assert call(app, "GET", "http://api.example/healthz/").status_code == 401


def test_asgi_middleware_refuses_other_doors() -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def live() -> None:
        scope = {"type": "websocket", "scheme": "ws", "headers": [], "raw_path": b"/", "path": "/"}
        await application()(scope, None, send)
        no_path = {"type": "http", "scheme": "http", "headers": [], "path": "/", "method": "GET"}
        await application()(no_path, None, send)

    anyio.run(live)
    assert sent[0] == {"type": "websocket.close", "code": 1008, "reason": "credential_missing"}
    assert sent[1]["status"] == 400


def test_fastapi_depends_on_who_asks() -> None:
    app, verifies = FastAPI(), verifier()
    reads, writes = Verified(verifies, "tickets:read"), Verified(verifies, "tickets:write")

    def read(context: Context) -> str:
        return context.agent.name

    read.__annotations__ = {"context": Annotated[Context, Depends(reads)], "return": str}
    app.api_route("/tickets/{number}", methods=["GET", "POST"])(read)

    def write(context: Context) -> None:
        raise AssertionError

    write.__annotations__ = {"context": Annotated[Context, Depends(writes)], "return": None}
    app.put("/tickets/{number}")(write)
    assert call(app, "GET", URL, headers=signed()).json() == AGENT.name
    body = b'{"a":1}'
    posted = call(app, "POST", URL, headers=signed("POST", body=body), content=body)
    assert posted.json() == AGENT.name
    changed = call(app, "POST", URL, headers=signed("POST", body=body), content=b'{"a":2}')
    assert (changed.status_code, changed.json()["detail"]["code"]) == (401, "digest_mismatch")
    lacking = call(app, "PUT", URL, headers=signed("PUT"))
    assert lacking.json()["detail"]["code"] == "scope_missing"
    assert call(app, "GET", URL).status_code == 401


def test_django_calls_no_view_for_the_unverified() -> None:
    from bailiwick.django import BailiwickMiddleware as Middleware

    def view(request: HttpRequest) -> JsonResponse:
        return JsonResponse({"agent": request.bailiwick.agent.name})  # type: ignore[attr-defined]

    with pytest.raises(ImproperlyConfigured):
        Middleware(view)
    settings.BAILIWICK_VERIFIER, settings.BAILIWICK_PUBLIC = verifier(), ["/healthz"]
    middleware, body = Middleware(view), b'{"a":1}'

    def ask(headers: dict[str, str], path: str = "/tickets/1?a=b", sent: bytes = body) -> Any:
        factory = RequestFactory(SERVER_NAME="api.example")
        kind = "application/json"
        host = {"host": "api.example"}
        request = factory.post(path, sent, content_type=kind, headers=headers | host)
        answer = middleware(request)
        return answer.status_code, json.loads(answer.content)

    headers = signed("POST", body=body)
    assert ask(headers) == (200, {"agent": AGENT.name})
    assert ask(headers)[1]["code"] == "nonce_replayed"
    assert ask(signed("POST", body=body), sent=b"{}")[1]["code"] == "digest_mismatch"
    assert ask(signed("POST", body=body), path="/tickets/2?a=b")[0] == 401
    assert ask({})[1]["code"] == "credential_missing"
    plain = RequestFactory().get("/healthz")
    plain.bailiwick = Context(AGENT, "none")
    assert middleware(plain).status_code == 200
