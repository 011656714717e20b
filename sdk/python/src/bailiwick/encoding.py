"""Bytes as text, in the one canonical form of each (RFC 4648), and strict JSON."""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import Any

_URL = re.compile(r"[A-Za-z0-9_-]*\Z")


def to_base64(data: bytes) -> str:
    """Base64 with padding."""
    return binascii.b2a_base64(data, newline=False).decode("ascii")


def to_base64url(data: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def from_base64url(text: str) -> bytes | None:
    """The bytes of canonical base64url: no padding, and no bit set that no byte holds."""
    if not _URL.match(text) or len(text) % 4 == 1:
        return None
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    return data if to_base64url(data) == text else None


def json_object(data: bytes | str) -> dict[str, Any] | None:
    """The one JSON object this is, if it is one in which no member is named twice (RFC 7515,
    section 4): two readers that disagree on which one counts would disagree on what was signed."""
    try:
        text = data if isinstance(data, str) else data.decode("utf-8")
        value = json.loads(text, object_pairs_hook=_without_duplicates, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member is named twice")
    return members


def _refuse(constant: str) -> Any:
    raise ValueError("not a finite number")
