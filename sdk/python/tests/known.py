"""An agent whose key the tests of the verifier know."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from bailiwick import (
    Agent,
    AgentKey,
    DenialError,
    MemoryNonces,
    SigningKey,
    Verifier,
    generate_key,
)
from bailiwick.components import Request
from bailiwick.encoding import to_base64url
from bailiwick.session import target_of
from bailiwick.sign import KeyIdentity

KEY = generate_key()
SECRET = SigningKey.from_jwk({"kty": "oct", "k": to_base64url(bytes(range(32)))})
AGENT = Agent("ticket-summarizer", id="agt_1")
URL = "http://api.example/tickets/1?a=b"


def public() -> dict[str, str]:
    assert KEY.public is not None
    return KEY.public.jwk


def verifier(**more: Any) -> Verifier:
    keys = {
        "key_1": AgentKey(public(), AGENT, ("tickets:read",)),
        KEY.thumbprint: AgentKey(public(), AGENT, ("tickets:read",)),
        "key_2": AgentKey(SECRET.private_jwk(), AGENT),
    }
    return Verifier(**{"keys": keys, "nonces": MemoryNonces(), "hosts": ["api.example"], **more})


def signed(
    method: str = "GET", url: str = URL, body: bytes = b"", keyid: str = "key_1", **at: float
) -> dict[str, str]:
    key = SECRET if keyid == "key_2" else KEY
    target = target_of(method, url, body)
    return KeyIdentity(key, keyid).sign(target, at.get("now", time.time()))


def received(
    headers: dict[str, str], method: str = "GET", path: str = "/tickets/1", query: str = "a=b"
) -> Request:
    return Request(method, "http", "API.example:80", path, query or None, list(headers.items()))


def code(call: Callable[[], object]) -> str:
    with pytest.raises(DenialError) as caught:
        call()
    return caught.value.code
