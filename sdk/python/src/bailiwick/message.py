"""HTTP message signatures (RFC 9421) of requests, from their fields to the verdict. The checks can
be made in any order; all that an attacker chooses is bounded before any of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from . import components
from .components import Component, Request
from .errors import DenialError
from .fields import Bare, NotStructuredError, Parameters, Reader, write_parameters, write_string

MAX_FIELD_BYTES = 16 * 1024
MAX_COMPONENTS = 32
MAX_PARTS = 8
MAX_PARAMETERS = 16
MAX_SIGNATURE_BYTES = 1024
MAX_KEYID = 256


class Verifies(Protocol):
    """What verifies a signature: a public key, or a shared secret."""

    @property
    def algorithm(self) -> str: ...

    def verify(self, message: bytes, signature: bytes) -> bool: ...


@dataclass
class Presented:
    """The one signature that a request presents, read and bounded but not yet verified."""

    text: str
    covered: list[tuple[str, Component]]
    keyid: str
    signature: bytes
    created: int | None = None
    expires: int | None = None
    nonce: str | None = None
    alg: str | None = None
    tag: str | None = None
    label: str = field(default="", compare=False)

    def covers(self, name: str) -> bool:
        """Whether the component is covered whole: one with parameters does not count."""
        return Component(name) in (component for _, component in self.covered)

    def check_window(self, now: float, window_seconds: int, skew_seconds: int) -> None:
        """Holds `created` and `expires` against the present (RFC 9421, section 7.2.2)."""
        created, expires = self.created, self.expires
        if created is None or expires is None:
            raise DenialError("signature_window")
        if expires <= created or expires - created > window_seconds:
            raise DenialError("signature_window")
        if now < created - skew_seconds:
            raise DenialError("signature_not_yet_valid")
        if now > expires + skew_seconds:
            raise DenialError("signature_expired")

    def check_coverage(self, request: Request, has_body: bool) -> None:
        """Whether everything that decides what the request does is covered."""
        whole = self.covers("@target-uri")
        required = {
            "@method": True,
            "@authority": not whole,
            "@path": not whole,
            "@query": not whole and request.query is not None,
            "content-digest": has_body,
            "authorization": bool(request.lines("authorization")),
        }
        for name, asked in required.items():
            if asked and not self.covers(name):
                raise DenialError("signature_coverage", detail=f"not covered: {name}")

    def check_nonce(self) -> str:
        """The nonce: 16 to 128 characters. That it is spent once is for the caller to see to."""
        if self.nonce is None or not 16 <= len(self.nonce) <= 128:
            raise DenialError("nonce_missing")
        return self.nonce

    def base(self, request: Request) -> bytes:
        """The bytes that are signed (RFC 9421, section 2.5)."""
        lines = [f"{name}: {components.value(it, request)}" for name, it in self.covered]
        lines.append(f'"@signature-params": {self.text}')
        try:
            return "\n".join(lines).encode("latin-1")
        except UnicodeEncodeError:
            # No such request was ever received.
            raise DenialError("signature_invalid") from None

    def verify(self, request: Request, key: Verifies) -> None:
        """Whether the signature is that key's. The key alone says by which algorithm."""
        if self.alg is not None and self.alg != key.algorithm:
            raise DenialError("signature_invalid")
        if not key.verify(self.base(request), self.signature):
            raise DenialError("signature_invalid")


def find(request: Request) -> Presented | None:
    """Reads the one signature of a request; None where there is none. More than one is a conflict:
    which one counts must not be a matter of taste."""
    given, signed = _one(request, "signature-input"), _one(request, "signature")
    if given is None and signed is None:
        return None
    if signed is None:
        raise _malformed("Signature-Input without Signature")
    if given is None:
        raise _malformed("Signature without Signature-Input")
    presented = _read_input(given)
    label, presented.signature = _read_signature(signed)
    if label != presented.label:
        raise _malformed("Signature and Signature-Input have different labels")
    return presented


def _one(request: Request, name: str) -> str | None:
    lines = request.lines(name)
    if len(lines) > 1:
        detail = "more than one line of a signature field"
        raise DenialError("credential_conflict", detail=detail)
    if lines and len(lines[0]) > MAX_FIELD_BYTES:
        raise _malformed("a signature field is larger than 16 KiB")
    return lines[0] if lines else None


def _read_input(text: str) -> Presented:
    reader = Reader(text)
    if reader.is_done():
        raise _malformed("Signature-Input is empty")
    try:
        label = reader.key()
        if not reader.takes("=") or not reader.takes("("):
            raise _malformed("Signature-Input is not a list of components")
        covered = _read_components(reader)
        parameters = _distinct(reader.parameters())
        _end(reader)
    except NotStructuredError:
        raise _malformed("Signature-Input cannot be read") from None
    listed = " ".join(name for name, _ in covered)
    presented = Presented(f"({listed}){write_parameters(parameters)}", covered, "", b"")
    presented.label = label
    _take_parameters(presented, parameters)
    if not presented.keyid:
        raise _malformed("the signature names no keyid")
    return presented


def _read_components(reader: Reader) -> list[tuple[str, Component]]:
    covered: list[tuple[str, Component]] = []
    while reader.another():
        if len(covered) == MAX_COMPONENTS:
            raise _malformed("more than 32 components")
        name = reader.bare()
        if type(name) is not str:
            raise _malformed("a component is not named by a string")
        parameters = _distinct(reader.parameters())
        component = components.component(name, parameters)
        if any(component == before for _, before in covered):
            raise _malformed("a component is covered twice")
        covered.append((write_string(name) + write_parameters(parameters), component))
        if sum(it.is_part() for _, it in covered) > MAX_PARTS:
            raise _malformed("more than 8 components that are parts of another")
    return covered


def _distinct(parameters: Parameters) -> Parameters:
    if len(parameters) > MAX_PARAMETERS:
        raise _malformed("more than 16 parameters")
    if len(dict(parameters)) != len(parameters):
        raise _malformed("a parameter is named twice")
    return parameters


def _end(reader: Reader) -> None:
    """Nothing may follow the one member; another one is a conflict."""
    if reader.goes_on():
        reader.key()
        raise DenialError("credential_conflict", detail="more than one signature")


def _take_parameters(presented: Presented, parameters: Parameters) -> None:
    for key, value in parameters:
        if key in ("created", "expires"):
            if type(value) is not int:
                raise _malformed("created or expires is not an integer")
            setattr(presented, key, value)
        elif key in ("nonce", "alg", "keyid", "tag"):
            setattr(presented, key, _string(key, value))


def _string(key: str, value: Bare) -> str:
    if type(value) is not str:
        raise _malformed("nonce, alg, keyid or tag is not a string")
    if key == "keyid" and not 1 <= len(value) <= MAX_KEYID:
        raise _malformed("keyid is empty or longer than 256 characters")
    return value


def _read_signature(text: str) -> tuple[str, bytes]:
    reader = Reader(text)
    if reader.is_done():
        raise _malformed("Signature is empty")
    try:
        label = reader.key()
        value = reader.bare() if reader.takes("=") else True
        if not isinstance(value, bytes) or reader.sees(";"):
            raise NotStructuredError("not a signature")
        _end(reader)
    except NotStructuredError:
        raise _malformed("Signature cannot be read") from None
    if len(value) > MAX_SIGNATURE_BYTES:
        raise _malformed("the signature is larger than 1 KiB")
    return label, value


def _malformed(detail: str) -> DenialError:
    return DenialError("credential_malformed", detail=detail)
