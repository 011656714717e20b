"""What the client does, apart from how it waits: each step is a generator that says what it needs
(a call, a pause, an answer of yours), and a driver, blocking or not, does it."""

from __future__ import annotations

import random
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

T = TypeVar("T")

_dice = random.SystemRandom()


@dataclass(frozen=True)
class Call:
    """A request to the authority, whose answer is read whole."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Send:
    """The request that the caller wants sent, with these fields. The answer may be held back for
    `held_seconds`."""

    fields: Mapping[str, str]
    held_seconds: float = 0.0


@dataclass(frozen=True)
class Pause:
    """Time has to pass."""

    seconds: float


@dataclass(frozen=True)
class Tell:
    """A function of the caller's is asked; it may be asynchronous where the client is."""

    function: Callable[[Any], Any]
    argument: Any


@dataclass(frozen=True)
class Once:
    """A flow that must not run twice at a time under this name."""

    name: str
    flow: Callable[[], Flow[Any]]


@dataclass(frozen=True)
class Answer:
    """The head of an answer, names in lower case, and its body where that was read."""

    status: int
    headers: Mapping[str, str]
    body: bytes | None


class TransportFailedError(Exception):
    """No answer came. `was_sent` says whether the server may have got the request, and
    `was_cut_off` whether it closed the connection before it answered anything."""

    def __init__(self, url: str, was_sent: bool, reason: str, *, was_cut_off: bool = False) -> None:
        super().__init__(reason)
        self.url = url
        self.was_sent = was_sent
        self.was_cut_off = was_cut_off
        self.reason = reason


Command: TypeAlias = "Call | Send | Pause | Tell | Once"
Flow: TypeAlias = Generator[Command, Any, T]


@dataclass(frozen=True)
class Retry:
    """How often, and after how long, what failed for the moment is tried again.

    Only where that is safe: whatever was refused before it reached the API, and beyond that what
    is idempotent (`GET`, `HEAD`, `OPTIONS`, `PUT`, `DELETE`) or has an `Idempotency-Key`. Each try
    has a new signature.
    """

    attempts: int = 4
    first_seconds: float = 0.25
    most_seconds: float = 30.0

    def delay(self, tried: int, retry_after: float | None) -> float | None:
        """How long to wait before trying again after so many tries; None to give up. A server that
        asks for more patience than there is is not asked again."""
        if tried >= self.attempts:
            return None
        if retry_after is not None:
            return None if retry_after > self.most_seconds else retry_after
        most = min(self.most_seconds, self.first_seconds * 2.0 ** (tried - 1))
        return _dice.uniform(most / 2, most)
