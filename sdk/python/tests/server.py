"""A real server for the tests: the product's binary on free ports, with an echo behind it."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx

BINARY = os.environ.get("BAILIWICK_BIN", "bailiwick")

CONFIG = """
trust_domain = "acme.example"
data_dir = "data"

[gateway]
listen = "{gateway}"

[authority]
listen = "{authority}"

[signature]
skew_seconds = 0

[outbound]
networks = ["127.0.0.0/8"]
allow_http = true

[[api]]
name = "tickets"
prefix = "/tickets-api"
upstream = "{upstream}"
proof = "mac"

[[api.operation]]
method = "GET"
path = "/tickets/{{id}}"
scopes = ["tickets:read"]

[[api.operation]]
method = "POST"
path = "/tickets"
scopes = ["tickets:write"]

[[api.operation]]
method = "GET"
path = "/secrets"
scopes = ["secrets:read"]

[[api.operation]]
method = "GET"
path = "/redirect"
scopes = ["tickets:read"]

[[api.operation]]
method = "GET"
path = "/often"
scopes = ["tickets:read"]
limit = "1/hour"

[[api.operation]]
method = "POST"
path = "/refunds"
scopes = ["tickets:write"]
approval = "always"

[[api]]
name = "strict"
prefix = "/strict-api"
upstream = "{upstream}"
proof = "key"

[[api.operation]]
method = "GET"
path = "/tickets/{{id}}"
scopes = ["tickets:read"]
"""


class Echo(BaseHTTPRequestHandler):
    """Says what it received."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        echo = self.server
        assert isinstance(echo, EchoServer)
        echo.received.append(self.path)
        told = {
            "method": self.command,
            "path": self.path,
            "headers": {name.lower(): value for name, value in self.headers.items()},
            "body": body.decode("latin-1"),
        }
        data = json.dumps(told).encode()
        moved = self.path.startswith("/redirect")
        self.send_response(302 if moved else 200)
        if moved:
            self.send_header("location", echo.location)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_POST = do_PUT = do_DELETE = do_PATCH = do_GET  # noqa: N815

    def log_message(self, *_: object) -> None:
        pass


class EchoServer(ThreadingHTTPServer):
    """The API behind the gateway."""

    daemon_threads = True

    def __init__(self, handler: type[BaseHTTPRequestHandler] = Echo) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.received: list[str] = []
        self.location = "/"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


@contextmanager
def serving(server: EchoServer) -> Iterator[EchoServer]:
    """Serves in a thread of its own."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Installation:
    """Authority and gateway, and what an operator does there."""

    folder: Path
    upstream: EchoServer
    admin_token: str = field(default="", repr=False)
    gateway: str = ""
    authority: str = ""
    more: str = ""
    process: subprocess.Popen[str] | None = None

    @classmethod
    def made(cls, folder: Path, upstream: EchoServer) -> Installation:
        told = subprocess.run(
            [BINARY, "init", str(folder), "--json"], check=True, capture_output=True, text=True
        )
        return cls(folder, upstream, json.loads(told.stdout)["admin_token"])

    def start(self) -> None:
        """Starts, on free ports the first time, and on the same ones after that."""
        config = self.folder / "bailiwick.toml"
        config.write_text(
            CONFIG.format(
                gateway=self.gateway.removeprefix("http://") or "127.0.0.1:0",
                authority=self.authority.removeprefix("http://") or "127.0.0.1:0",
                upstream=self.upstream.url,
            )
            + self.more
        )
        log = (self.folder / "log").open("a")
        self.process = subprocess.Popen(
            [BINARY, "serve", "--config", str(config)],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        log.close()
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith("gateway "):
                self.gateway = line.split()[1]
            if line.startswith("authority "):
                self.authority = line.split()[1]
            if line.startswith("Ctrl-C"):
                return
        raise AssertionError((self.folder / "log").read_text())

    def stop(self) -> None:
        process, self.process = self.process, None
        if process is not None:
            process.terminate()
            process.wait(timeout=30)
            assert process.stdout is not None
            process.stdout.close()

    def operate(self, method: str, path: str, body: Any = None) -> Any:
        """What an operator asks the admin API."""
        answer = httpx.request(
            method,
            f"{self.authority}/api/v1{path}",
            headers={"authorization": f"Bearer {self.admin_token}"},
            json=body,
            timeout=30,
        )
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def invite(self, *scopes: str, uses: int = 1) -> str:
        told = self.operate("POST", "/invites", {"scopes": list(scopes), "uses": uses})
        code: str = told["invite_code"]
        return code

    def approve(self, approval: str) -> None:
        self.operate("POST", f"/approvals/{approval}/approve", {"because": "a test"})

    def deny(self, approval: str) -> None:
        self.operate("POST", f"/approvals/{approval}/deny", {"because": "not without a ticket"})

    def add_key(self, agent: str, jwk: dict[str, str]) -> str:
        added = self.operate("POST", f"/agents/{agent}/credentials", {"jwk": jwk})
        key_id: str = added["key_id"]
        return key_id

    def key_states(self, agent: str) -> list[str]:
        listed = self.operate("GET", f"/credentials?agent={agent}")
        return [key["state"] for key in listed["credentials"]]

    def revoke_key(self, key_id: str) -> None:
        self.operate("DELETE", f"/credentials/{key_id}")
