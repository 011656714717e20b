"""The API's side: signatures and nonces without a gateway, and transaction tokens."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator
from typing import Any

import anyio
import httpx
import pytest
import redis
import redis.asyncio
from known import AGENT, KEY, URL, code, public, received, signed, verifier

from bailiwick import (
    AsyncRedisNonces,
    DenialError,
    MemoryNonces,
    RedisNonces,
    UsageError,
    Verifier,
    jws,
)
from bailiwick.components import Request
from bailiwick.encoding import to_base64url
from bailiwick.session import target_of
from bailiwick.sign import KeyIdentity


def test_a_signature_is_good_once() -> None:
    trace = {"traceparent": f"00-{'a' * 32}-{'b' * 16}-01"}
    verifies, headers = verifier(), signed()
    context = verifies.verify(received(headers | trace))
    assert (context.agent, context.strength, context.scopes) == (AGENT, "key", ("tickets:read",))
    assert context.trace is not None
    assert context.trace.trace_id == "a" * 32
    assert code(lambda: verifies.verify(received(headers))) == "nonce_replayed"
    # Under its other name the key is the same, and so is the nonce.
    assert verifies.verify(received(signed(keyid="key_2"))).strength == "mac"


def test_a_nonce_is_spent_under_either_name_of_a_key() -> None:
    verifies = verifier()
    fixed = [KeyIdentity(KEY, name) for name in ("key_1", KEY.thumbprint)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bailiwick.sign.nonce", lambda: "n" * 24)
        one, other = (it.sign(target_of("GET", URL, b""), time.time()) for it in fixed)
    verifies.verify(received(one))
    assert code(lambda: verifies.verify(received(other))) == "nonce_replayed"


def test_what_was_changed_is_refused_and_spends_nothing() -> None:
    verifies, headers = verifier(), signed("POST", body=b"{}")
    post: dict[str, Any] = {"method": "POST"}
    refusals = {
        "signature_invalid": lambda: verifies.verify(received(headers, "PUT"), b"{}"),
        "digest_mismatch": lambda: verifies.verify(received(headers, **post), b"{ }"),
        "digest_missing": lambda: verifies.verify(received(signed()), b"{}"),
        "signature_coverage": lambda: verifies.verify(
            received(headers | {"authorization": "Bearer x"}, **post), b"{}"
        ),
        "agent_mismatch": lambda: verifies.verify(
            received(headers | {"x-agent-id": "another"}, **post), b"{}"
        ),
        "credential_unknown": lambda: verifies.verify(received(signed(keyid="key_9"))),
        "credential_missing": lambda: verifies.verify(received({})),
        "credential_malformed": lambda: verifies.verify(received({"signature": "sig=:AA==:"})),
        "signature_expired": lambda: verifies.verify(received(signed(now=time.time() - 70))),
        "signature_not_yet_valid": lambda: verifies.verify(received(signed(now=time.time() + 10))),
        "signature_window": lambda: verifier(window_seconds=30).verify(received(signed())),
    }
    for expected, call in refusals.items():
        assert code(call) == expected
    assert code(lambda: verifies.verify(received(headers, path="/tickets/2", **post), b"{}")) == (
        "signature_invalid"
    )
    assert verifies.verify(received(headers | {"x-agent-id": AGENT.name}, **post), b"{}").agent


def test_a_signature_for_somebody_else_is_not_good_here() -> None:
    headers = signed(url="http://elsewhere.example/tickets/1?a=b")
    request = Request(
        "GET", "http", "elsewhere.example", "/tickets/1", "a=b", list(headers.items())
    )
    assert code(lambda: verifier().verify(request)) == "request_malformed"
    verifier(hosts=["elsewhere.example"]).verify(request)


def test_a_proxy_may_end_tls() -> None:
    headers = signed(url="https://api.example/tickets/1?a=b")
    request = Request("GET", "http", "api.example:443", "/tickets/1", "a=b", list(headers.items()))
    assert code(lambda: verifier().verify(request)) == "request_malformed"
    verifier(scheme="https").verify(request)


def test_what_cannot_be_remembered_is_refused() -> None:
    full = MemoryNonces(most=1)
    full.use("x", time.time() + 60)
    assert code(lambda: verifier(nonces=full).verify(received(signed()))) == "unavailable"

    class Broken:
        def use(self, name: str, expires_at: float) -> bool:
            raise ConnectionError

    assert code(lambda: verifier(nonces=Broken()).verify(received(signed()))) == "unavailable"


def test_memory_forgets_what_is_over() -> None:
    now = [0.0]
    nonces = MemoryNonces(most=2, now=lambda: now[0])
    assert [nonces.use("a", 1.0), nonces.use("a", 1.0), nonces.use("b", 5.0)] == [True, False, True]
    now[0] = 2.0
    assert [nonces.use("c", 5.0), nonces.use("b", 5.0)] == [True, False]


class FakeRedis:
    """`SET` with `NX` and `PXAT`, as far as it is used."""

    def __init__(self) -> None:
        self.held: dict[str, int] = {}

    def set(self, name: str, value: bytes, *, nx: bool, pxat: int) -> bool | None:
        assert nx
        assert pxat > time.time() * 1000
        return None if name in self.held else not self.held.update({name: pxat})

    async def aset(self, name: str, value: bytes, *, nx: bool, pxat: int) -> bool | None:
        return self.set(name, value, nx=nx, pxat=pxat)


REDIS = os.environ.get("BAILIWICK_TEST_REDIS")


@pytest.fixture(params=["fake", *(["real"] if REDIS else [])])
def redises(request: pytest.FixtureRequest) -> Iterator[tuple[Any, Callable[[], Any]]]:
    """A Redis for either side; a real one where the tests are given one."""
    if request.param == "real":
        assert REDIS is not None
        client = redis.Redis.from_url(REDIS)
        yield client, lambda: redis.asyncio.Redis.from_url(REDIS)
        client.close()
        return
    fake = FakeRedis()

    class Awaited:
        set = staticmethod(fake.aset)

        async def aclose(self) -> None:
            pass

    yield fake, Awaited


def test_redis_remembers(redises: tuple[Any, Callable[[], Any]]) -> None:
    blocking, awaiting = redises
    verifies, headers = verifier(nonces=RedisNonces(blocking)), signed()
    verifies.verify(received(headers))
    assert code(lambda: verifies.verify(received(headers))) == "nonce_replayed"

    async def live() -> None:
        client, headers = awaiting(), signed()
        verifies = verifier(nonces=AsyncRedisNonces(client))
        await verifies.verify_async(received(headers))
        with pytest.raises(DenialError, match="nonce_replayed"):
            await verifies.verify_async(received(headers))
        with pytest.raises(UsageError, match="event loop"):
            verifies.verify(received(signed()))
        await client.aclose()

    anyio.run(live)


def test_a_verifier_that_verifies_nothing_is_not_made() -> None:
    nearly = {"keys": {}, "nonces": MemoryNonces()}
    for wrong in (nearly, {**nearly, "hosts": "api.example"}, {"hosts": ["a"]}):
        with pytest.raises(UsageError):
            Verifier(**wrong)  # type: ignore[arg-type]
    for wrong in ({}, {"issuer": "http://a.example"}, {"keys": {}}, {"nonces": MemoryNonces()}):
        with pytest.raises(UsageError):
            Verifier(**wrong)  # type: ignore[arg-type]


# Transaction tokens, without a server


def token(path: str = "/tickets/1?a=b", **changed: Any) -> str:
    now = int(time.time())
    digest = to_base64url(hashlib.sha256(path.encode()).digest())
    claims = {
        "iss": "http://authority.example", "aud": "acme.example", "iat": now, "exp": now + 15,
        "txn": "rec_01hf7yat000000000000000001", "sub": "psn_01hf7yat000000000000000002",
        "scope": "tickets:read", "req_wl": "http://gateway.example",
        "client_id": "agt_01hf7yat0000000000000000aa", "agent": "ticket-summarizer",
        "project": "default", "owner": "support", "kind": "autonomous",
        "tctx": {"api": "a", "operation": "o", "method": "GET", "target_digest": digest},
        "rctx": {"req_ip": "127.0.0.1", "authn": "key"},
        "act": {"sub": "spiffe://acme.example/default/ticket-summarizer"},
        "task": "tsk_01hf7yat000000000000000003", "purpose": "answer Ada",
    }  # fmt: skip
    return jws.sign(KEY, {"typ": "txntoken+jwt", "kid": KEY.thumbprint}, claims | changed)


def by_token(answer: Callable[[httpx.Request], httpx.Response], **more: Any) -> Verifier:
    http = httpx.Client(transport=httpx.MockTransport(answer))
    issuer = "http://authority.example"
    return Verifier(issuer=issuer, trust_domain="acme.example", http=http, **more)


def test_a_token_says_agent_person_and_task() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(200, json={"keys": [{"kty": "RSA"}, {**public(), "kid": "other"}]})

    verifies = by_token(answer)
    context = verifies.verify(received({"txn-token": token()}))
    assert context.person == "psn_01hf7yat000000000000000002"
    assert context.task == "tsk_01hf7yat000000000000000003"
    assert context.agent.subject == "spiffe://acme.example/default/ticket-summarizer"
    assert context.chain == (context.agent.subject,)
    verifies.verify(received({"txn-token": token()}))
    assert asked == ["http://authority.example/.well-known/jwks.json"]
    changed = {
        "token_audience": token(aud="elsewhere"),
        "token_expired": token(iat=int(time.time()) - 20, exp=int(time.time()) - 5),
        "token_invalid": token(path="/tickets/2"),
    }
    for expected, text in changed.items():
        assert code(lambda text=text: verifies.verify(received({"txn-token": text}))) == expected
    twice = [("txn-token", token()), ("txn-token", token())]
    request = Request("GET", "http", "a", "/tickets/1", "a=b", twice)
    assert code(lambda: verifies.verify(request)) == "credential_conflict"
    assert code(lambda: verifies.verify(received(signed()))) == "credential_missing"
    bad = jws.sign(KEY, {"typ": "txntoken+jwt", "kid": "unknown"}, {})
    assert code(lambda: verifies.verify(received({"txn-token": bad}))) == "token_invalid"
    # A key that is not known is asked for once in a while, and not whenever somebody likes.
    assert len(asked) == 1


@pytest.mark.parametrize("kind", ["status", "moved", "text", "large", "gone"])
def test_keys_that_cannot_be_had_refuse(kind: str) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if kind == "gone":
            raise httpx.ConnectError("no")
        status = {"status": 500, "moved": 302}.get(kind, 200)
        body = "[" * 70_000 if kind == "large" else json.dumps({"keys": 1})
        return httpx.Response(status, text=body, headers={"location": "http://b.example/"})

    verifies = by_token(answer)
    for _ in range(2):
        assert code(lambda: verifies.verify(received({"txn-token": token()}))) == "unavailable"
