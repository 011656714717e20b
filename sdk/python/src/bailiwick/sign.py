"""The client's side of a message signature (RFC 9421, section 3.1). This is what each request pays
for, so the base is written directly; the reader of `message` reads it back in the tests."""

from __future__ import annotations

import os
from base64 import urlsafe_b64encode
from binascii import b2a_base64
from typing import NamedTuple, Protocol

from .errors import UsageError
from .fields import write_string
from .keys import SigningKey

#: How long a signature is valid: the most that a server takes unless it is configured otherwise.
WINDOW_SECONDS = 60


class Target(NamedTuple):
    """What is signed of a request. `authority` is in its normal form; `query` is None where there
    is no question mark; `digest` is the value of `Content-Digest`, where there is a body."""

    method: str
    scheme: str
    authority: str
    path: str
    query: str | None = None
    digest: str | None = None
    content_type: str | None = None
    authorization: str | None = None

    @property
    def origin(self) -> str:
        """Scheme and authority."""
        return f"{self.scheme}://{self.authority}"

    def with_authorization(self, value: str) -> Target:
        """The same request with that `Authorization`."""
        return self._replace(authorization=value)


class Identity(Protocol):
    """Whatever signs requests."""

    def sign(self, target: Target, now: float) -> dict[str, str]:
        """The fields to send, by their names in lower case."""
        ...


class KeyIdentity:
    """A key under the name that the server knows it by."""

    __slots__ = ("_end", "_sign", "key", "keyid")

    def __init__(self, key: SigningKey, keyid: str) -> None:
        if not 1 <= len(keyid) <= 256:
            raise UsageError("a key's id has 1 to 256 characters")
        self.key = key
        self.keyid = keyid
        self._sign = key.sign
        self._end = f'";keyid={write_string(keyid)}'

    def sign(self, target: Target, now: float) -> dict[str, str]:
        created = int(now)
        names = '"@method" "@authority" "@path"'
        lines = (
            f'"@method": {target.method}\n"@authority": {target.authority}\n'
            f'"@path": {target.path}\n'
        )
        if target.query is not None:
            names += ' "@query"'
            lines += f'"@query": ?{target.query}\n'
        if target.digest is not None:
            names += ' "content-digest"'
            lines += f'"content-digest": {target.digest}\n'
        if target.authorization is not None:
            names += ' "authorization"'
            lines += f'"authorization": {target.authorization}\n'
        parameters = (
            f"({names});created={created};expires={created + WINDOW_SECONDS}"
            f';nonce="{nonce()}{self._end}'
        )
        base = f'{lines}"@signature-params": {parameters}'.encode("latin-1")
        return fields("sig", parameters, self._sign(base), target.digest)

    def __repr__(self) -> str:
        return f"KeyIdentity({self.keyid})"


def nonce() -> str:
    """128 random bits as text."""
    return urlsafe_b64encode(os.urandom(18)).decode("ascii")


def fields(label: str, parameters: str, signature: bytes, digest: str | None) -> dict[str, str]:
    """The fields of a signature."""
    text = b2a_base64(signature, newline=False).decode("ascii")
    told = {"signature-input": f"{label}={parameters}", "signature": f"{label}=:{text}:"}
    if digest is not None:
        told["content-digest"] = digest
    return told
