"""A server that answers what a test says."""

from __future__ import annotations

import json
import time
from http.server import BaseHTTPRequestHandler
from typing import Any

from server import EchoServer

from bailiwick.errors import URN

ME = {
    "agent_id": "agt_1",
    "name": "agent",
    "subject": "spiffe://acme.example/default/agent",
    "key_id": "key_1",
    "status": "active",
    "issuer": "http://127.0.0.1",
}


def denial(code: str, status: int, **more: Any) -> tuple[int, dict[str, Any]]:
    return status, {"type": URN + code, "code": code, "title": code, "status": status, **more}


class Scripted(EchoServer):
    """Answers what the test says, one after the other. A status of 0 closes the connection."""

    def __init__(self) -> None:
        super().__init__(_Handler)
        self.script: list[tuple[int, dict[str, Any]]] = []
        self.fields: dict[str, str] = {}
        self.seen: list[tuple[str, dict[str, str]]] = []


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        server: Any = self.server
        assert isinstance(server, Scripted)
        self.rfile.read(int(self.headers.get("content-length") or 0))
        if self.path == "/api/agents/me":
            self.answer(200, {**ME, "gateway": server.url}, {})
            return
        server.seen.append((self.path, {k.lower(): v for k, v in self.headers.items()}))
        status, body = server.script.pop(0)
        if status == 0:
            self.close_connection = True
            return
        self.answer(status, body, server.fields)

    do_POST = do_PUT = do_DELETE = do_OPTIONS = do_PATCH = do_GET  # noqa: N815

    def answer(self, status: int, body: dict[str, Any], fields: dict[str, str]) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        for name, value in fields.items():
            self.send_header(name, value)
        is_problem = status >= 400 or status == 202
        self.send_header("content-type", f"application/{'problem+' if is_problem else ''}json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def date_time_string(self, timestamp: float | None = None) -> str:
        ahead = getattr(self.server, "ahead_seconds", 0)
        return super().date_time_string(time.time() + ahead)

    def log_message(self, *_: object) -> None:
        pass
