"""Structured fields (RFC 9651), as far as signatures and digests need them: read item by item, so
that a reader can refuse before it has read everything, and written back strictly."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from .encoding import to_base64

_KEY = re.compile(r"[a-z*][a-z0-9_.*-]*")
_TOKEN = re.compile(r"[A-Za-z*][A-Za-z0-9!#$%&'*+.^_`|~:/-]*")
_NUMBER = re.compile(r"-?([0-9]+)(?:\.([0-9]+))?")
_BYTES = re.compile(r":([A-Za-z0-9+/]*)(={0,2}):")
_DISPLAY = re.compile(r'%"((?:[ !#$&-~]|%[0-9a-f]{2})*)"')
_STRING = re.compile(r'"((?:[ !#-\[\]-~]|\\["\\])*)"')
_WRITABLE = re.compile(r"[ -~]*\Z")


class NotStructuredError(ValueError):
    """The text is not what a structured field looks like."""


class Token(str):
    """A token: a word without quotes."""

    __slots__ = ()


class Date(int):
    """A date, in Unix seconds."""

    __slots__ = ()


class Display(str):
    """A display string: Unicode, percent-encoded."""

    __slots__ = ()


Bare: TypeAlias = "bool | int | Decimal | str | bytes"
Parameters: TypeAlias = "list[tuple[str, Bare]]"


@dataclass(frozen=True)
class Item:
    """A value with its parameters."""

    value: Bare
    parameters: tuple[tuple[str, Bare], ...] = ()


@dataclass(frozen=True)
class InnerList:
    """Items in parentheses, with parameters of their own."""

    items: tuple[Item, ...]
    parameters: tuple[tuple[str, Bare], ...] = ()


Member: TypeAlias = "Item | InnerList"


class Reader:
    """Reads one field from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text.strip(" ")
        self.at = 0

    def is_done(self) -> bool:
        return self.at >= len(self.text)

    def sees(self, character: str) -> bool:
        return self.text.startswith(character, self.at)

    def takes(self, character: str) -> bool:
        seen = self.sees(character)
        self.at += len(character) if seen else 0
        return seen

    def key(self) -> str:
        return self._match(_KEY).group()

    def skip_spaces(self, which: str = " ") -> None:
        while not self.is_done() and self.text[self.at] in which:
            self.at += 1

    def goes_on(self) -> bool:
        """After a member: whether a comma promises another one."""
        self.skip_spaces(" \t")
        if self.is_done():
            return False
        if not self.takes(","):
            raise NotStructuredError("a comma is missing")
        self.skip_spaces(" \t")
        if self.is_done():
            raise NotStructuredError("a comma at the end")
        return True

    def bare(self) -> Bare:
        first = self.text[self.at : self.at + 1]
        if first == '"':
            return re.sub(r"\\(.)", r"\1", self._match(_STRING).group(1))
        if first == ":":
            return self._bytes()
        if first == "?":
            return self._boolean()
        if first == "@":
            return self._date()
        if first == "%":
            return self._display()
        if first and (first in "0123456789-"):
            return self._number()
        return Token(self._match(_TOKEN).group())

    def parameters(self) -> Parameters:
        """The parameters as received, those that are named twice included."""
        read: Parameters = []
        while self.takes(";"):
            self.skip_spaces()
            key = self.key()
            read.append((key, self.bare() if self.takes("=") else True))
        return read

    def item(self) -> Item:
        value = self.bare()
        return Item(value, _last_wins(self.parameters()))

    def inner_list(self) -> InnerList:
        if not self.takes("("):
            raise NotStructuredError("no list")
        items: list[Item] = []
        while self.another():
            items.append(self.item())
        return InnerList(tuple(items), _last_wins(self.parameters()))

    def another(self) -> bool:
        """Inside a list: whether another item follows. Takes the parenthesis at its end."""
        before = self.at
        self.skip_spaces()
        if self.takes(")"):
            return False
        if self.is_done() or (self.at == before and self.text[before - 1] != "("):
            raise NotStructuredError("a list has no end, or items without a space between")
        return True

    def member(self) -> Member:
        return self.inner_list() if self.sees("(") else self.item()

    def _match(self, pattern: re.Pattern[str]) -> re.Match[str]:
        found = pattern.match(self.text, self.at)
        if found is None:
            raise NotStructuredError("an item cannot be read")
        self.at = found.end()
        return found

    def _bytes(self) -> bytes:
        found = self._match(_BYTES)
        digits, padding = found.group(1), found.group(2)
        if len(digits) % 4 == 1 or (padding and (len(digits) + len(padding)) % 4):
            raise NotStructuredError("a byte sequence is cut off")
        return base64.b64decode(digits + "=" * (-len(digits) % 4))

    def _boolean(self) -> bool:
        if self.takes("?1"):
            return True
        if self.takes("?0"):
            return False
        raise NotStructuredError("no boolean")

    def _date(self) -> Date:
        self.at += 1
        seconds = self._number()
        if not isinstance(seconds, int):
            raise NotStructuredError("a date with a fraction")
        return Date(seconds)

    def _display(self) -> Display:
        found = self._match(_DISPLAY).group(1)
        data = re.sub(
            rb"%([0-9a-f]{2})", lambda it: bytes([int(it.group(1), 16)]), found.encode("ascii")
        )
        try:
            return Display(data.decode("utf-8"))
        except UnicodeDecodeError:
            raise NotStructuredError("a display string is not UTF-8") from None

    def _number(self) -> int | Decimal:
        found = self._match(_NUMBER)
        whole, fraction = found.group(1), found.group(2)
        if self.sees("."):
            raise NotStructuredError("a number ends with a point")
        if fraction is None:
            if len(whole) > 15:
                raise NotStructuredError("an integer is too long")
            return int(found.group())
        if len(whole) > 12 or len(fraction) > 3:
            raise NotStructuredError("a decimal is too long")
        return Decimal(found.group())


def _last_wins(parameters: Parameters) -> tuple[tuple[str, Bare], ...]:
    return tuple(dict(parameters).items())


def dictionary(text: str) -> dict[str, Member]:
    """A dictionary; the last of two members with one name wins."""
    reader, members = Reader(text), dict[str, Member]()
    if reader.is_done():
        return members
    while True:
        key = reader.key()
        if reader.takes("="):
            members[key] = reader.member()
        else:
            members[key] = Item(True, _last_wins(reader.parameters()))
        if not reader.goes_on():
            return members


def members(text: str) -> list[Member]:
    """A list."""
    reader, read = Reader(text), list[Member]()
    if reader.is_done():
        return read
    while True:
        read.append(reader.member())
        if not reader.goes_on():
            return read


def write_bare(value: Bare) -> str:
    """A value, strictly written (RFC 9651, section 4.1.3.1)."""
    if isinstance(value, bool):
        return "?1" if value else "?0"
    if isinstance(value, Date):
        return f"@{int(value)}"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Decimal):
        text = f"{value:.3f}".rstrip("0")
        return f"{text}0" if text.endswith(".") else text
    if isinstance(value, bytes):
        return f":{to_base64(value)}:"
    if isinstance(value, Token):
        return str(value)
    if isinstance(value, Display):
        return _write_display(value)
    return write_string(value)


def write_string(text: str) -> str:
    """A string in quotes. Refused is what is not printable ASCII."""
    if not _WRITABLE.match(text):
        raise NotStructuredError("a string holds more than printable ASCII")
    if '"' in text or "\\" in text:
        text = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


def _write_display(text: str) -> str:
    kept = [chr(it) if 32 <= it < 127 and it not in b'%"' else f"%{it:02x}" for it in text.encode()]
    return f'%"{"".join(kept)}"'


def write_parameters(parameters: tuple[tuple[str, Bare], ...] | Parameters) -> str:
    """Parameters, each with its semicolon."""
    told = (f";{key}" if it is True else f";{key}={write_bare(it)}" for key, it in parameters)
    return "".join(told)


def write_member(member: Member) -> str:
    """A member of a list or dictionary."""
    if isinstance(member, Item):
        return write_bare(member.value) + write_parameters(member.parameters)
    inner = " ".join(write_member(item) for item in member.items)
    return f"({inner}){write_parameters(member.parameters)}"


def write_dictionary(members: dict[str, Member]) -> str:
    """A dictionary; a member that is true is its name alone."""
    told = []
    for key, member in members.items():
        if isinstance(member, Item) and member.value is True:
            told.append(key + write_parameters(member.parameters))
        else:
            told.append(f"{key}={write_member(member)}")
    return ", ".join(told)
