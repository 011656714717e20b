"""The time by the server's clock, learned from the `Date` of its answers."""

from __future__ import annotations

import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime

from .errors import ClockError

#: `Date` counts whole seconds, and an answer takes its time: less than this is not a difference.
LEAST_SECONDS = 2.0


class Clock:
    """This machine's clock, and how far the server's is ahead of it."""

    def __init__(self, now: Callable[[], float] = time.time, most_seconds: float = 300.0) -> None:
        """`most_seconds`: how far apart they may be for the server's to be gone by."""
        self._now = now
        self._most_seconds = most_seconds
        self.offset_seconds = 0.0

    def now(self) -> float:
        """Unix seconds, by the server's clock as far as it is known."""
        return self._now() + self.offset_seconds

    def learn(self, date: str | None) -> bool:
        """Takes the `Date` of an answer that just came; whether that changed anything."""
        told = _seconds(date)
        if told is None:
            return False
        offset = told + 0.5 - self._now()
        if abs(offset - self.offset_seconds) < LEAST_SECONDS:
            return False
        if abs(offset) > self._most_seconds:
            way = "behind" if offset > 0 else "ahead of"
            raise ClockError(
                f"this machine's clock is {abs(offset):.0f} s {way} the server's",
                "set the clock, by NTP best, and try again",
            )
        self.offset_seconds = 0.0 if abs(offset) < LEAST_SECONDS else offset
        return True


def _seconds(date: str | None) -> float | None:
    if not date:
        return None
    try:
        return parsedate_to_datetime(date).timestamp()
    except (ValueError, OverflowError):
        return None
