"""What signing costs a client in Python, in microseconds a request: `python bench/sdk/python.py`.

Counted is all that the client adds to a request: reading URL and fields, the digest of the body,
the nonce and the signature. Median of batches, so that what the machine does beside
counts little."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import httpx

from bailiwick import SigningKey, generate_key, outgoing
from bailiwick.encoding import to_base64url
from bailiwick.sign import KeyIdentity

BATCHES, REQUESTS = 60, 200
TARGETS = {"ed25519": 100.0, "derived key": 20.0}


def identities() -> dict[str, KeyIdentity]:
    derived = SigningKey.from_jwk({"kty": "oct", "k": to_base64url(bytes(32))})
    return {
        "ed25519": KeyIdentity(generate_key(), "key_01jd8m3q5r7t9v1x3z5b7d9f1h"),
        "p256": KeyIdentity(generate_key("p256"), "key_01jd8m3q5r7t9v1x3z5b7d9f1h"),
        "derived key": KeyIdentity(derived, f"drv_{'a' * 64}"),
    }


def requests() -> dict[str, httpx.Request]:
    url = "http://127.0.0.1:8700/tickets-api/tickets/42?page=2"
    return {
        "GET": httpx.Request("GET", url),
        "POST, 1 KiB": httpx.Request("POST", url, content=b"x" * 1024),
    }


def microseconds(act: Callable[[], object]) -> float:
    """The median cost of an act."""
    costs = []
    for _ in range(BATCHES):
        start = time.process_time_ns()
        for _ in range(REQUESTS):
            act()
        costs.append((time.process_time_ns() - start) / REQUESTS / 1000)
    return statistics.median(costs)


def main() -> None:
    print("| key | request | signature alone, µs | all that is added, µs | target |")
    print("|---|---|---:|---:|---:|")
    for name, identity in identities().items():
        for kind, request in requests().items():
            whole, alone = costs(identity, request)
            target = f"{TARGETS[name]:.0f}" if name in TARGETS else "none"
            print(f"| {name} | {kind} | {alone:.1f} | {whole:.1f} | {target} |")


def costs(identity: KeyIdentity, request: httpx.Request) -> tuple[float, float]:
    """Of all that is added, and of the signature over what was read already."""

    def read() -> outgoing.Wanted:
        return outgoing.wanted(request.method, request.url, request.headers, request.content)

    target = read().target
    whole = microseconds(lambda: identity.sign(read().target, time.time()))
    return whole, microseconds(lambda: identity.sign(target, time.time()))


if __name__ == "__main__":
    main()
