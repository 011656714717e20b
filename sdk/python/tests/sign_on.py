"""A company's sign-on: a stand-in for one, with a key, the two documents by which it is found, and
tokens about Ada that say what a test wants."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from bailiwick import generate_key, jws

#: What its tokens are for.
AUDIENCE = "support-app"


class SignOn(ThreadingHTTPServer):
    """Tells where its keys are, and signs."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Documents)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.key = generate_key("p256")

    def document(self, path: str) -> dict[str, Any] | None:
        assert self.key.public is not None
        return {
            "/.well-known/openid-configuration": {
                "issuer": self.url,
                "jwks_uri": f"{self.url}/keys",
            },
            "/keys": {"keys": [{**self.key.public.jwk, "kid": "1"}]},
        }.get(path)

    def says(self, **change: Any) -> str:
        """An access token about her (RFC 9068), with these claims besides or instead; None takes
        one away."""
        return self._sign("at+jwt", change)

    def asserts(self, **change: Any) -> str:
        """An assertion about her (RFC 7523)."""
        return self._sign("JWT", change)

    def _sign(self, typ: str, change: dict[str, Any]) -> str:
        now = int(time.time())
        about = {"sub": "ada", "name": "Ada", "scope": "tickets:read"}
        claims = {"iss": self.url, "aud": AUDIENCE, **about, "iat": now, "exp": now + 300, **change}
        told = {name: value for name, value in claims.items() if value is not None}
        return jws.sign(self.key, {"kid": "1", "typ": typ}, told)


class Documents(BaseHTTPRequestHandler):
    """Answers with a document of the sign-on's."""

    def do_GET(self) -> None:
        assert isinstance(self.server, SignOn)
        document = self.server.document(self.path)
        self.send_response(200 if document else 404)
        self.send_header("content-type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(document).encode())

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def sign_on() -> Iterator[SignOn]:
    """One that runs in a thread of its own."""
    server = SignOn()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
