"""Keys: Ed25519 (RFC 8037), P-256 (RFC 7518) and shared secrets, each with its one algorithm.

A private key is never printed, logged, compared, copied or pickled."""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Callable, Mapping
from typing import Any, Literal, NoReturn, TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)

from . import jwk
from .encoding import to_base64url
from .errors import KeyUnusableError
from .jwk import Members

Algorithm: TypeAlias = Literal["ed25519", "ecdsa-p256-sha256", "hmac-sha256"]

_ECDSA = ec.ECDSA(hashes.SHA256())
_HINT = "it holds one private JWK, as `bailiwick key new FILE` or `generate_key()` makes it"


class PublicKey:
    """A public key, read once."""

    __slots__ = ("_verify", "algorithm", "jwk", "thumbprint")

    def __init__(
        self, algorithm: Algorithm, members: dict[str, str], verify: Callable[[bytes, bytes], None]
    ) -> None:
        self.algorithm: Algorithm = algorithm
        self.jwk = members
        self.thumbprint = jwk.thumbprint(members)
        self._verify = verify

    @classmethod
    def from_jwk(cls, source: str | Mapping[str, Any]) -> PublicKey:
        """Reads a public JWK (RFC 7517). Refused are private members, other kinds of keys, text
        that is not canonical, and points under which a signature proves nothing."""
        members = Members.read(source)
        members.refuse_private()
        return cls.from_members(members, "verify")

    @classmethod
    def from_members(cls, members: Members, operation: str) -> PublicKey:
        """The public part of a JWK that may hold a private one."""
        kind = members.kind()
        if kind == ("OKP", "Ed25519"):
            members.check_purpose(("EdDSA", "Ed25519"), operation)
            return _ed25519(members.exactly("x", 32))
        if kind == ("EC", "P-256"):
            members.check_purpose(("ES256",), operation)
            return _p256(members.exactly("x", 32), members.exactly("y", 32))
        raise KeyUnusableError(
            "the key is of a kind that is not used here", "take Ed25519 or P-256"
        )

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Whether the signature is this key's: 64 bytes, for ECDSA r and s side by side."""
        if len(signature) != 64:
            return False
        try:
            self._verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True

    def __repr__(self) -> str:
        return f"PublicKey({self.algorithm} {self.thumbprint})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PublicKey) and self.jwk == other.jwk

    def __hash__(self) -> int:
        return hash(self.thumbprint)


class MacKey:
    """A shared secret of 32 to 128 bytes, which signs and verifies (RFC 9421, section 3.3.3)."""

    __slots__ = ("_digest", "algorithm", "thumbprint")

    def __init__(self, secret: bytes) -> None:
        if not 32 <= len(secret) <= 128:
            raise KeyUnusableError("a shared secret has 32 to 128 bytes")
        # Held by the function alone: there is no attribute that says it.
        self._digest: Callable[[bytes], bytes] = lambda message: hmac.digest(
            secret, message, "sha256"
        )
        self.algorithm: Algorithm = "hmac-sha256"
        twice = hashlib.sha256(hashlib.sha256(secret).digest()).digest()
        self.thumbprint = to_base64url(twice)

    def sign(self, message: bytes) -> bytes:
        """The tag over a message."""
        return self._digest(message)

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Whether the tag is this key's; takes the same time wherever they differ."""
        return hmac.compare_digest(self._digest(message), signature)

    def __repr__(self) -> str:
        return f"MacKey({self.thumbprint})"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a key is neither pickled nor copied")


class SigningKey:
    """A private key, or a shared secret, that signs."""

    __slots__ = ("_export", "algorithm", "public", "sign", "thumbprint")

    def __init__(
        self,
        algorithm: Algorithm,
        public: PublicKey | None,
        sign: Callable[[bytes], bytes],
        export: Callable[[], dict[str, str]],
        thumbprint: str,
    ) -> None:
        self.algorithm: Algorithm = algorithm
        self.public = public
        self.thumbprint = thumbprint
        #: The signature over a message.
        self.sign = sign
        self._export = export

    @classmethod
    def from_jwk(cls, source: str | Mapping[str, Any]) -> SigningKey:
        """Reads a private JWK, or a secret one (`kty` `oct`). The public part has to be there,
        and to be the private part's own."""
        members = Members.read(source)
        kind = members.kind()
        if kind[0] == "oct":
            members.check_purpose(("HS256",), "sign")
            return _of_secret(members.octets("k"))
        if kind == ("EC", "secp256k1"):
            raise KeyUnusableError(
                "this is the key of a wallet", "pass `wallet=Wallet(address, sign)` instead"
            )
        public = PublicKey.from_members(members, "sign")
        if not members.has("d"):
            raise KeyUnusableError("the JWK has no private member: it cannot sign", _HINT)
        secret = members.exactly("d", 32)
        made = _of_seed(secret) if public.algorithm == "ed25519" else _of_scalar(secret)
        if made.public != public:
            raise KeyUnusableError("the key's public part is not its private part's own", _HINT)
        return made

    def private_jwk(self) -> dict[str, str]:
        """The private JWK, to be stored. Whoever reads it can sign."""
        return self._export()

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Whether the signature is this key's."""
        if self.public is not None:
            return self.public.verify(message, signature)
        return hmac.compare_digest(self.sign(message), signature)

    def __repr__(self) -> str:
        return f"SigningKey({self.algorithm} {self.thumbprint})"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a private key is neither pickled nor copied")


def generate_key(algorithm: Literal["ed25519", "p256"] = "ed25519") -> SigningKey:
    """A new private key. It exists in this process alone until it is stored."""
    if algorithm == "ed25519":
        return _of_seed(os.urandom(32))
    if algorithm == "p256":
        private = ec.generate_private_key(ec.SECP256R1())
        return _of_scalar(private.private_numbers().private_value.to_bytes(32, "big"))
    raise KeyUnusableError(f"no keys are made for `{algorithm}`", "take `ed25519` or `p256`")


def _ed25519(point: bytes) -> PublicKey:
    jwk.check_point(point)
    key = Ed25519PublicKey.from_public_bytes(point)
    return PublicKey(
        "ed25519", {"crv": "Ed25519", "kty": "OKP", "x": to_base64url(point)}, key.verify
    )


def _p256(x: bytes, y: bytes) -> PublicKey:
    numbers = ec.EllipticCurvePublicNumbers(
        int.from_bytes(x, "big"), int.from_bytes(y, "big"), ec.SECP256R1()
    )
    try:
        key = numbers.public_key()
    except ValueError:
        key = None
    if key is None:
        raise KeyUnusableError("x and y are not a point of the curve P-256")
    verifies = key.verify

    def verify(signature: bytes, message: bytes) -> None:
        r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
        verifies(encode_dss_signature(r, s), message, _ECDSA)

    members = {"crv": "P-256", "kty": "EC", "x": to_base64url(x), "y": to_base64url(y)}
    return PublicKey("ecdsa-p256-sha256", members, verify)


def _of_seed(seed: bytes) -> SigningKey:
    private = Ed25519PrivateKey.from_private_bytes(seed)
    public = _ed25519(private.public_key().public_bytes_raw())

    def export() -> dict[str, str]:
        return {**public.jwk, "d": to_base64url(private.private_bytes_raw())}

    return SigningKey("ed25519", public, private.sign, export, public.thumbprint)


def _of_scalar(scalar: bytes) -> SigningKey:
    try:
        private = ec.derive_private_key(int.from_bytes(scalar, "big"), ec.SECP256R1())
    except ValueError:
        private = None
    if private is None:
        raise KeyUnusableError("d is not a private key of the curve P-256")
    numbers = private.public_key().public_numbers()
    public = _p256(numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big"))

    def sign(message: bytes) -> bytes:
        r, s = decode_dss_signature(private.sign(message, _ECDSA))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def export() -> dict[str, str]:
        value = private.private_numbers().private_value
        return {**public.jwk, "d": to_base64url(value.to_bytes(32, "big"))}

    return SigningKey("ecdsa-p256-sha256", public, sign, export, public.thumbprint)


def _of_secret(secret: bytes) -> SigningKey:
    key = MacKey(secret)

    def export() -> dict[str, str]:
        return {"alg": "HS256", "k": to_base64url(secret), "kty": "oct"}

    return SigningKey("hmac-sha256", None, key.sign, export, key.thumbprint)
