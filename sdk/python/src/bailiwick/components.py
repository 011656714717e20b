"""The components that a signature covers, and their values in a request (RFC 9421, section 2)."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from . import fields
from .encoding import to_base64
from .errors import DenialError
from .fields import Bare, NotStructuredError

#: The most bytes of a field that is read as a structure.
MAX_STRUCTURED_BYTES = 16 * 1024
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]+\Z")
_DERIVED = ("@method", "@target-uri", "@authority", "@scheme", "@request-target", "@path", "@query")
_DICTIONARIES = (
    "accept-signature", "content-digest", "priority", "repr-digest", "want-content-digest",
    "want-repr-digest",
)  # fmt: skip
_LISTS = ("cache-status", "client-cert-chain", "proxy-status")
_SPACE = " \t\n\x0c\r"
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789*-._")


@dataclass(frozen=True)
class Request:
    """A request as a signature sees it. Fields are Latin-1 text, as they came, with their names
    in lower case; `query` is None where there is no question mark."""

    method: str
    scheme: str
    authority: str
    path: str
    query: str | None
    headers: Sequence[tuple[str, str]]

    def lines(self, name: str) -> list[str]:
        """The lines of a field."""
        return [value for given, value in self.headers if given == name]


@dataclass(frozen=True)
class Component:
    """One covered component: its name, and in which form the value is covered."""

    name: str
    form: str = "plain"
    part: str = ""

    def is_part(self) -> bool:
        """Whether its value has to be looked for in a larger one, or written anew."""
        return self.form in ("member", "strict", "parameter")


def component(name: str, parameters: fields.Parameters) -> Component:
    """The component with this name and these parameters, if it is one that is supported."""
    told: dict[str, Bare] = dict(parameters)
    for key, value in told.items():
        fits = value is True if key in ("sf", "bs") else type(value) is str
        if key not in ("sf", "bs", "key", "name") or not fits:
            raise _malformed("a component's parameter is not supported")
    if name.startswith("@"):
        return _derived(name, told)
    if not _NAME.match(name):
        raise _malformed("a component's name is not a field name in lower case")
    if "name" in told or ("bs" in told and len(told) > 1):
        raise _malformed("a field's parameters exclude one another")
    if "key" in told:
        # `key` serializes strictly by itself, so `sf` beside it changes nothing.
        return Component(name, "member", str(told["key"]))
    if "sf" in told:
        if name not in _DICTIONARIES + _LISTS:
            raise _malformed("sf on a field that is not known to be structured")
        return Component(name, "strict")
    return Component(name, "bytes" if "bs" in told else "plain")


def _derived(name: str, told: dict[str, Bare]) -> Component:
    if told.keys() - {"name"}:
        raise _malformed("a derived component has a parameter of a field")
    if name == "@query-param":
        if "name" not in told:
            raise _malformed("@query-param names no parameter")
        return Component(name, "parameter", str(told["name"]))
    if told:
        raise _malformed("only @query-param takes a name")
    if name not in _DERIVED:
        raise _malformed("a derived component is not one of a request")
    return Component(name)


def value(covered: Component, request: Request) -> str:
    """The component's value. What the request does not have cannot be covered, and neither can a
    line break: it would let one value speak for the next component."""
    if covered.form == "parameter":
        text = _query_parameter(request.query or "", covered.part)
    elif covered.name.startswith("@"):
        text = _of_request(covered.name, request)
    else:
        text = _of_field(covered, request)
    if "\n" in text:
        raise DenialError("signature_invalid")
    return text


@functools.lru_cache(maxsize=256)
def normal_authority(scheme: str, authority: str) -> str:
    """In lower case, without the port that the scheme implies (RFC 9421, section 2.2.3)."""
    host, colon, port = authority.rpartition(":")
    implied = {"http": "80", "https": "443"}.get(scheme.lower())
    return (host if colon and port in ("", implied) else authority).lower()


def _of_request(name: str, request: Request) -> str:
    path = request.path or "/"
    target = path if request.query is None else f"{path}?{request.query}"
    if name == "@method":
        return request.method
    if name == "@path":
        return path
    if name == "@query":
        return f"?{request.query or ''}"
    if name == "@request-target":
        return target
    if name == "@scheme":
        return request.scheme.lower()
    authority = normal_authority(request.scheme, request.authority)
    return authority if name == "@authority" else f"{request.scheme.lower()}://{authority}{target}"


def _of_field(covered: Component, request: Request) -> str:
    lines = [line.strip(_SPACE) for line in request.lines(covered.name)]
    if not lines:
        raise DenialError("signature_invalid")
    if covered.form == "plain":
        return ", ".join(lines)
    if covered.form == "bytes":
        return ", ".join(f":{to_base64(line.encode('latin-1'))}:" for line in lines)
    joined = ", ".join(lines)
    if len(joined) > MAX_STRUCTURED_BYTES:
        raise DenialError("signature_invalid")
    try:
        return _strict(covered, joined)
    except (NotStructuredError, KeyError):
        raise DenialError("signature_invalid") from None


def _strict(covered: Component, joined: str) -> str:
    if covered.form == "member":
        return fields.write_member(fields.dictionary(joined)[covered.part])
    if covered.name in _LISTS:
        text = ", ".join(fields.write_member(member) for member in fields.members(joined))
    else:
        text = fields.write_dictionary(fields.dictionary(joined))
    if not text:
        raise NotStructuredError("nothing to write")
    return text


def _query_parameter(query: str, name: str) -> str:
    found = []
    for pair in query.split("&"):
        key, _, given = pair.partition("=")
        if pair and _encoded(key) == name:
            found.append(_encoded(given))
    if len(found) != 1:
        raise DenialError("signature_invalid")
    return found[0]


def _encoded(text: str) -> str:
    """Decoded as a form and encoded again: the same text for every spelling of one value."""
    data = unquote_to_bytes(text.replace("+", " ").encode("latin-1"))
    return "".join(chr(it) if it in _UNRESERVED else f"%{it:02X}" for it in data)


def _malformed(detail: str) -> DenialError:
    return DenialError("credential_malformed", detail=detail)
