"""Reading a JWK (RFC 7517) strictly: what it is for must be signing, and what it says of itself
must agree with what it is. What was wrong is said without the text that was wrong."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from .encoding import from_base64url, json_object, to_base64url
from .errors import KeyUnusableError

MAX_BYTES = 4 * 1024
#: Members that only a private or secret key has (RFC 7518, sections 6.2.2, 6.3.2 and 6.4.1).
PRIVATE = ("d", "k", "p", "q", "dp", "dq", "qi", "oth")

_PRIME = 2**255 - 19
#: The y coordinates of the two points of order eight of Ed25519.
_ORDER_EIGHT = (
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
)
_SMALL_ORDER = frozenset(
    [0, 1, _PRIME - 1, *(int.from_bytes(bytes.fromhex(it), "little") for it in _ORDER_EIGHT)]
)


class Members:
    """The members of a JWK."""

    __slots__ = ("_members",)

    def __init__(self, members: Mapping[str, Any]) -> None:
        self._members = members

    @classmethod
    def read(cls, source: str | Mapping[str, Any]) -> Members:
        """The members of this text, or of what was read from JSON already."""
        if isinstance(source, str):
            if len(source.encode("utf-8", "replace")) > MAX_BYTES:
                raise KeyUnusableError("the key is larger than 4 KiB")
            read = json_object(source)
            if read is None:
                raise KeyUnusableError(
                    "the key is not one JSON object", "a JWK (RFC 7517) is wanted; PEM is not read"
                )
            return cls(read)
        return cls(source)

    def has(self, name: str) -> bool:
        return name in self._members

    def kind(self) -> tuple[str, str]:
        """`kty` and `crv`; a shared secret has no curve."""
        kty = self.text("kty")
        if kty == "oct":
            return (kty, "")
        return (kty, self.text("crv")) if kty in ("OKP", "EC") else (kty, "")

    def refuse_private(self) -> None:
        if any(name in self._members for name in PRIVATE):
            raise KeyUnusableError(
                "the JWK carries a private member", "give away the public part only"
            )

    def text(self, name: str) -> str:
        value = self._members.get(name)
        if not isinstance(value, str):
            raise KeyUnusableError(f"the JWK's `{name}` is missing or not text")
        return value

    def octets(self, name: str) -> bytes:
        data = from_base64url(self.text(name))
        if data is None:
            raise KeyUnusableError(f"the JWK's `{name}` is not canonical base64url")
        return data

    def exactly(self, name: str, length: int) -> bytes:
        data = self.octets(name)
        if len(data) != length:
            raise KeyUnusableError(f"the JWK's `{name}` has not {length} bytes")
        return data

    def check_purpose(self, algorithms: tuple[str, ...], operation: str) -> None:
        """Holds `alg`, `use` and `key_ops`, where they are there, against what the key is for."""
        members = self._members
        if "alg" in members and members["alg"] not in algorithms:
            raise KeyUnusableError("the JWK's `alg` is not the one of this key")
        if "use" in members and members["use"] != "sig":
            raise KeyUnusableError("the JWK's `use` is not sig")
        operations = members.get("key_ops")
        if "key_ops" in members and not (isinstance(operations, list) and operation in operations):
            raise KeyUnusableError("the JWK's `key_ops` does not allow what the key is for")


def thumbprint(members: Mapping[str, str]) -> str:
    """The thumbprint of the required members of a public key (RFC 7638)."""
    text = json.dumps(members, sort_keys=True, separators=(",", ":"))
    return to_base64url(hashlib.sha256(text.encode("ascii")).digest())


def check_point(point: bytes) -> None:
    """Refuses a point of Ed25519 that is not canonical, or of small order: under such a one a
    signature fits messages that it was never made for."""
    y = int.from_bytes(point, "little") & (2**255 - 1)
    if y >= _PRIME:
        raise KeyUnusableError("x is not a canonical point")
    if y in _SMALL_ORDER:
        raise KeyUnusableError("the key is too weak: its point has a small order")
