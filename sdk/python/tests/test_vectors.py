"""The cases of `vectors/`: every topic is run here, or excused with the reason."""

from __future__ import annotations

import base64
import contextlib
import json
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from bailiwick import digest, jws, message, transaction
from bailiwick.components import Request
from bailiwick.encoding import to_base64
from bailiwick.errors import DenialError, KeyUnusableError
from bailiwick.keys import PublicKey, SigningKey
from bailiwick.session import target_of
from bailiwick.wallet import Wallet

VECTORS = Path(__file__).resolve().parents[3] / "vectors"
Case = dict[str, Any]


def of_message(case: Case) -> None:
    request, body = received(case["request"])
    promised = digest.promised(request.lines("content-digest"))
    presented = message.find(request)
    if presented is None:
        raise DenialError("credential_missing")
    window = case.get("window")
    if window is not None:
        if not promised and body:
            raise DenialError("digest_missing")
        presented.check_window(case["now"], window["window_seconds"], window["skew_seconds"])
        presented.check_coverage(request, bool(body))
        presented.check_nonce()
    presented.verify(request, verifier(case["key"]))
    digest.check(promised, body)
    base = presented.base(request)
    if "base" in case:
        assert base.decode("latin-1").encode("latin-1").decode() == "\n".join(case["base"])
    if "signing_key" in case:
        again = to_base64(SigningKey.from_jwk(case["signing_key"]).sign(base))
        assert request.lines("signature")[0].endswith(f"=:{again}:")


def of_digest(case: Case) -> None:
    promised = digest.promised(value.encode().decode("latin-1") for _, value in case["headers"])
    if not promised:
        raise DenialError("digest_missing")
    encoded = case.get("body_base64")
    digest.check(promised, base64.b64decode(encoded) if encoded else case["body"].encode())


def of_keys(case: Case) -> None:
    kind = PublicKey if case["use"] == "public" else SigningKey
    key: PublicKey | SigningKey = kind.from_jwk(case["jwk"])
    assert (key.algorithm, key.thumbprint) == (case.get("algorithm"), case.get("thumbprint"))


def of_jws(case: Case) -> None:
    key = PublicKey.from_jwk(case["key"])
    assert jws.verify(case["token"], case["typ"], lambda _: key) == case.get("claims")


def of_transaction(case: Case) -> None:
    keys = [PublicKey.from_jwk(key) for key in case["keys"]]
    issuer, domain = case["issuer"], case["trust_domain"]
    claims = transaction.verify(case["token"], keys, issuer, domain, case["now"])
    assert claims == case.get("claims")
    assert transaction.context(claims).agent.name == claims["agent"]


TOPICS: dict[str, Callable[[Case], None]] = {
    "message": of_message,
    "digest": of_digest,
    "keys": of_keys,
    "jws": of_jws,
    "transaction": of_transaction,
}
EXCUSED = {
    "agent-card": "cards of agents are verified by the authority and the gateway",
    "certificate": "clients present certificates by their TLS library; only the server reads them",
    "dpop": "proofs are made here and verified by the server; the flow holds one against it",
    "jwt-svid": "verified by the authority alone",
    "passkey": "for people in a browser",
    "token": "access tokens are verified by the gateway, assertions by the authority",
    "wallet": "verified by the server; that the SDK makes the same bytes is a test below",
    "webhook": "the simple form is for what has no library",
    "workload": "verified by the authority alone",
}
#: A wallet's key never comes into this package: somebody else's function signs.
WITHOUT_WALLET_KEYS = {"eip191-secp256k1"}


def test_every_topic_is_run_or_excused() -> None:
    topics = {it.name for it in VECTORS.iterdir() if it.is_dir()}
    assert topics == set(TOPICS) | set(EXCUSED)
    assert not set(TOPICS) & set(EXCUSED)


@pytest.mark.parametrize("topic", TOPICS)
def test_every_case_comes_out_as_it_says(topic: str) -> None:
    different, accepted, refused = [], 0, 0
    for path in sorted((VECTORS / topic).glob("*.json")):
        case = json.loads(path.read_text())
        expected = case["expect"]
        if topic == "keys" and case.get("algorithm") in WITHOUT_WALLET_KEYS:
            expected = "refused"
        verdict = outcome(TOPICS[topic], case)
        accepted += expected == "ok"
        refused += expected != "ok"
        if verdict != expected:
            different.append(f"{path.name}: {expected} expected, {verdict}")
    assert different == []
    assert accepted > 0
    assert refused >= 3 * accepted


def test_a_wallet_covers_what_the_cases_cover() -> None:
    made = 0
    for path in sorted((VECTORS / "wallet").glob("*.json")):
        case = json.loads(path.read_text())
        fields = dict(case["request"]["headers"])
        given = fields.get("Signature-Input", "")
        account = re.match(r"eip155:1:(0x[0-9a-f]{40})", case.get("account") or "")
        if case["expect"] != "ok" or account is None or given.count("created=") != 1:
            continue
        draft = 'tag="erc8128"' in given
        made += listed(given) == listed(by_wallet(case, account.group(1), draft=draft))
    assert made >= 6


def by_wallet(case: Case, address: str, *, draft: bool) -> str:
    """What the SDK's wallet covers of the same request."""
    request, body = received(case["request"])
    target = target_of(
        request.method,
        case["request"]["url"],
        body,
        next(iter(request.lines("content-type")), None),
    )
    wallet = Wallet(address, lambda base: bytes(65), draft=draft)
    return wallet.sign(target, case["now"])["signature-input"]


def listed(signature_input: str) -> frozenset[str]:
    """The components that are covered."""
    return frozenset(
        re.findall(r'"([@a-z-]+)"', signature_input.partition("(")[2].partition(")")[0])
    )


CHANGES = "".join(map(chr, range(256))) + '"();=:,@?%\\' * 8


def changed(text: str, dice: random.Random) -> str:
    """The text with a few characters put in, taken out or repeated."""
    letters = list(text)
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(letters) + 1)
        way = dice.randrange(3)
        if way == 0:
            letters[at : at + 1] = dice.choice(CHANGES)
        elif way == 1:
            del letters[at : at + dice.randint(1, 5)]
        else:
            start = dice.randrange(len(letters) + 1)
            letters[at:at] = letters[start : start + dice.randint(1, 20)]
    return "".join(letters)


@pytest.mark.parametrize("topic", TOPICS)
def test_whatever_comes_is_accepted_or_refused(topic: str) -> None:
    dice = random.Random(9421)
    for path in sorted((VECTORS / topic).glob("*.json")):
        for _ in range(25):
            case = json.loads(path.read_text())
            for name in case.keys() & {"token", "jwk"}:
                case[name] = changed(case[name], dice)
            for field in case.get("headers", []) + case.get("request", {}).get("headers", []):
                field[1] = changed(field[1], dice)
            with contextlib.suppress(AssertionError):
                outcome(TOPICS[topic], case)


def outcome(run: Callable[[Case], None], case: Case) -> str:
    try:
        run(case)
    except DenialError as denial:
        return denial.code
    except KeyUnusableError:
        return "refused"
    return "ok"


def verifier(key: Case) -> Any:
    return SigningKey.from_jwk(key) if key["kty"] == "oct" else PublicKey.from_jwk(key)


def received(given: Case) -> tuple[Request, bytes]:
    url = given["url"]
    scheme, _, rest = url.partition("://")
    split = urlsplit(url)
    target = rest[len(split.netloc) :]
    path, mark, query = target.partition("?")
    fields = [(name.lower(), value.encode().decode("latin-1")) for name, value in given["headers"]]
    text = query.encode().decode("latin-1") if mark else None
    path = path.encode().decode("latin-1")
    request = Request(given["method"], scheme, split.netloc, path, text, fields)
    return request, given.get("body", "").encode()
