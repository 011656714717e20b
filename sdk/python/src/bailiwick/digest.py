"""What a body is said to be, and whether it is (RFC 9530)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable

from .encoding import to_base64
from .errors import DenialError
from .fields import Item, NotStructuredError, Reader

MAX_FIELD_BYTES = 4 * 1024
MAX_MEMBERS = 16
_LENGTHS = {"sha-256": 32, "sha-512": 64}


def content_digest(body: bytes) -> str:
    """The value of `Content-Digest` for this body."""
    return f"sha-256=:{to_base64(hashlib.sha256(body).digest())}:"


def promised(lines: Iterable[str]) -> dict[str, bytes]:
    """What the lines of `Content-Digest` promise, by algorithm. Empty when there is none, or none
    of an algorithm that is used here: the insecure ones never suffice."""
    found: dict[str, bytes] = {}
    seen = 0
    for line in lines:
        if len(line) > MAX_FIELD_BYTES:
            raise DenialError("request_malformed", detail="Content-Digest is too large")
        try:
            seen = _read(line, found, seen)
        except NotStructuredError:
            detail = "Content-Digest cannot be read"
            raise DenialError("request_malformed", detail=detail) from None
    return found


def _read(line: str, found: dict[str, bytes], seen: int) -> int:
    reader = Reader(line)
    if reader.is_done():
        return seen
    while True:
        seen += 1
        name = reader.key()
        used = name in _LENGTHS
        if name in found or (not used and seen > MAX_MEMBERS) or not reader.takes("="):
            raise NotStructuredError("not a digest")
        member = reader.member()
        if not isinstance(member, Item) or not isinstance(member.value, bytes):
            raise NotStructuredError("not a digest")
        if used:
            if len(member.value) != _LENGTHS[name]:
                raise NotStructuredError("a digest of the wrong length")
            found[name] = member.value
        if not reader.goes_on():
            return seen


def check(expected: dict[str, bytes], body: bytes) -> None:
    """Refuses a body that is not what was promised; every digest has to hold."""
    for name, value in expected.items():
        computed = hashlib.new(name.replace("-", ""), body).digest()
        if not hmac.compare_digest(computed, value):
            raise DenialError("digest_mismatch")
