"""What the client writes is what the verifier reads; and the arithmetic under it."""

from __future__ import annotations

import re
import time

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from bailiwick import Clock, ClockError, SigningKey, generate_key, message
from bailiwick.components import Request
from bailiwick.encoding import to_base64url
from bailiwick.errors import AnswerError
from bailiwick.hpke import open_sealed
from bailiwick.session import target_of
from bailiwick.sign import KeyIdentity, Target
from bailiwick.stores import FileStore, load_key, save_key

KEYS = [
    generate_key("ed25519"),
    generate_key("p256"),
    SigningKey.from_jwk({"kty": "oct", "k": to_base64url(bytes(32))}),
]


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.algorithm)
@pytest.mark.parametrize(
    "url", ["http://a.example/x", "https://A.example:443/x?", "http://b:81/?a=b"]
)
@pytest.mark.parametrize("body", [b"", b"{}"])
@pytest.mark.parametrize("authorization", [None, 'Bearer "x\\y"'])
def test_what_is_written_is_what_is_read(
    key: SigningKey, url: str, body: bytes, authorization: str | None
) -> None:
    target: Target = target_of("POST", url, body)
    headers = {}
    if authorization is not None:
        target, headers = target.with_authorization(authorization), {"authorization": authorization}
    fields = headers | KeyIdentity(key, 'key"\\').sign(target, 1_700_000_000.9)
    request = Request(
        "POST", target.scheme, target.authority, target.path, target.query, list(fields.items())
    )
    presented = message.find(request)
    assert presented is not None
    presented.verify(request, key.public or key)
    presented.check_coverage(request, bool(body))
    presented.check_window(1_700_000_000, 60, 0)
    assert presented.keyid == 'key"\\'
    assert len(presented.check_nonce()) == 24


def test_no_two_signatures_share_a_nonce() -> None:
    identity, target = KeyIdentity(KEYS[0], "key_1"), target_of("GET", "http://a.example/", b"")
    made = [identity.sign(target, time.time())["signature-input"] for _ in range(1000)]
    nonces = [re.findall('nonce="(.*?)"', it) for it in made]
    assert len({it for (it,) in nonces}) == 1000


def test_a_stored_key_is_the_same_key(tmp_path: object) -> None:
    for number, key in enumerate(KEYS):
        store = FileStore(f"{tmp_path}/deep/{number}.key")
        assert load_key(store) is None
        save_key(store, key)
        again = load_key(store)
        assert again is not None
        assert again.thumbprint == key.thumbprint
        assert again.private_jwk() == key.private_jwk()


def test_hpke_opens_what_the_standard_sealed() -> None:
    """RFC 9180, appendix A.1.1."""
    recipient = X25519PrivateKey.from_private_bytes(
        bytes.fromhex("4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8")
    )
    enc = bytes.fromhex("37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431")
    sealed = bytes.fromhex(
        "f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac83d07bea87e13c512a"
    )
    info, aad = b"Ode on a Grecian Urn", b"Count-0"
    opened = open_sealed(recipient, enc, sealed, info=info, aad=aad)
    assert opened == b"Beauty is truth, truth beauty"
    for broken in (
        (enc, sealed, info, b"Count-1"),
        (enc, sealed[:-1], info, aad),
        (enc, sealed, b"", aad),
        (bytes(32), sealed, info, aad),
        (b"", b"", info, aad),
    ):
        with pytest.raises(AnswerError):
            open_sealed(recipient, broken[0], broken[1], info=broken[2], aad=broken[3])


def test_a_clock_learns_what_it_can_believe() -> None:
    clock = Clock(lambda: 1_700_000_000.0, most_seconds=7200)
    assert not clock.learn(None)
    assert not clock.learn("yesterday")
    assert not clock.learn("Tue, 14 Nov 2023 22:13:21 GMT")
    assert clock.learn("Tue, 14 Nov 2023 23:13:20 GMT")
    assert clock.now() == pytest.approx(1_700_003_600, abs=1)
    with pytest.raises(ClockError):
        clock.learn("Tue, 14 Nov 2024 23:13:20 GMT")
    assert clock.now() == pytest.approx(1_700_003_600, abs=1)
    assert clock.learn("Tue, 14 Nov 2023 22:13:20 GMT")
    assert clock.offset_seconds == 0.0
