"""Compact JSON Web Signatures (RFC 7515): made for DPoP, and read strictly. The algorithm is the
key's, and nothing in a token chooses the key but its name (RFC 8725)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .encoding import from_base64url, json_object, to_base64url
from .errors import DenialError
from .keys import PublicKey, SigningKey

MAX_BYTES = 16 * 1024
MAX_NAME = 256
#: Members that change what the token means or where its key comes from (RFC 7515, section 4.1).
_REFUSED = frozenset(["crit", "jku", "x5u", "x5c", "b64", "zip", "enc", "jwk"])
_ALGORITHMS = {"ES256": "ecdsa-p256-sha256", "EdDSA": "ed25519", "Ed25519": "ed25519"}
_NAMES = {"ecdsa-p256-sha256": "ES256", "ed25519": "EdDSA"}


@dataclass(frozen=True)
class Token:
    """A token taken apart. Its payload is not read before its signature has verified."""

    header: dict[str, Any]
    payload: str
    signature: str
    signed: str

    def text(self, name: str) -> str | None:
        """A member of the header that is text, where it is there."""
        value = self.header.get(name)
        if name in self.header and not (isinstance(value, str) and len(value) <= MAX_NAME):
            raise invalid("a member of the JWS header cannot be read")
        return value if isinstance(value, str) else None

    def verify(self, key: PublicKey) -> dict[str, Any]:
        """The claims, if the token is that key's."""
        if _ALGORITHMS.get(self.text("alg") or "") != key.algorithm:
            raise invalid("the token names another algorithm than its key's")
        signature = from_base64url(self.signature)
        if signature is None:
            raise invalid("a part of the JWS is not canonical base64url")
        if not key.verify(self.signed.encode("ascii"), signature):
            raise invalid("the token's signature does not verify")
        return _object(self.payload)


def read(token: str, types: Sequence[str | None]) -> Token:
    """Takes a token of one of these types apart; None is for tokens that name no type."""
    if len(token) > MAX_BYTES:
        raise invalid("the JWS is larger than 16 KiB")
    parts = token.split(".")
    if len(parts) != 3 or not token.isascii():
        raise invalid("the JWS has not three parts")
    header = _object(parts[0])
    taken = Token(header, parts[1], parts[2], f"{parts[0]}.{parts[1]}")
    if not _REFUSED.isdisjoint(header):
        raise invalid("the JWS header has a member that is not accepted")
    if taken.text("alg") not in _ALGORITHMS:
        raise invalid("the algorithm of the JWS is not accepted")
    taken.text("kid")
    given = taken.text("typ")
    if not any(_same_type(accepted, given) for accepted in types):
        raise invalid("the JWS is of another type")
    return taken


def verify(
    token: str, types: Sequence[str | None], find: Callable[[str | None], PublicKey | None]
) -> dict[str, Any]:
    """The claims of a token that verifies under the key that `find` gives for its `kid`."""
    taken = read(token, types)
    key = find(taken.text("kid"))
    if key is None:
        raise invalid("the token's key is not known here")
    return taken.verify(key)


def sign(key: SigningKey, header: Mapping[str, Any], claims: Mapping[str, Any]) -> str:
    """A token, signed by that key."""
    head = {**header, "alg": _NAMES[key.algorithm]}
    signed = f"{_part(head)}.{_part(claims)}"
    return f"{signed}.{to_base64url(key.sign(signed.encode('ascii')))}"


def invalid(detail: str) -> DenialError:
    """A token that cannot be read, or does not verify."""
    return DenialError("token_invalid", detail=detail)


def _part(value: Mapping[str, Any]) -> str:
    return to_base64url(json.dumps(value, separators=(",", ":")).encode("utf-8"))


def _object(part: str) -> dict[str, Any]:
    data = from_base64url(part)
    if data is None:
        raise invalid("a part of the JWS is not canonical base64url")
    read = json_object(data)
    if read is None:
        raise invalid("a part of the JWS is not one JSON object")
    return read


def _same_type(accepted: str | None, given: str | None) -> bool:
    if accepted is None or given is None:
        return accepted is given
    bare = given.lower().removeprefix("application/")
    return bare == accepted.lower()
