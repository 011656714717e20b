"""What can go wrong, each with what to do about it. No error ever holds a private key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ._generated import DENIALS
from .encoding import json_object

#: What the `type` of a refusal begins with.
URN = "urn:bailiwick:denial:"


class BailiwickError(Exception):
    """What all errors of this package are. `hint` says what to do."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}: {self.hint}" if self.hint else self.message


class UsageError(BailiwickError, ValueError):
    """The call cannot be made like this."""


class KeyUnusableError(BailiwickError, ValueError):
    """The key, or the file it should be in, cannot be used."""


class UnreachableError(BailiwickError):
    """Nobody answered."""


class AnswerError(BailiwickError):
    """The server answered something that it should not."""


class ClockError(BailiwickError):
    """This machine's clock is too far from the server's to sign by."""


class RedirectError(BailiwickError):
    """The answer points to another origin, where this client does not go by itself."""

    def __init__(self, message: str, location: str) -> None:
        super().__init__(message, "call it yourself if you trust where it points to")
        self.location = location


@dataclass(frozen=True)
class Approval:
    """An approval that a request waits for."""

    id: str
    status: str
    url: str
    expires_at: str


class DenialError(BailiwickError):
    """A refusal, by the gateway, the authority or the verifier of this package.

    `code` is what programs go by; those of the gateway are the keys of `DENIALS`.
    """

    def __init__(
        self,
        code: str,
        *,
        problem: Mapping[str, Any] | None = None,
        status: int | None = None,
        detail: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        told, known = problem or {}, DENIALS.get(code)
        self.code = code
        self.status: int = status or (known.status if known else 403)
        self.title: str = _text(told.get("title")) or (known.title if known else code)
        self.detail: str | None = _text(told.get("detail")) or detail
        self.retryable: bool = told.get("retryable") is True or (
            problem is None and known is not None and known.retryable
        )
        self.request_id: str | None = _text(told.get("request_id"))
        self.reason: str | None = _text(told.get("reason"))
        self.pointer: str | None = _text(told.get("pointer"))
        self.missing_scopes: tuple[str, ...] = _texts(told.get("missing_scopes"))
        self.policies: tuple[str, ...] = _texts(told.get("policies"))
        self.approval: Approval | None = _approval(told.get("approval"))
        self.retry_after: float | None = retry_after
        seconds = told.get("retry_after_seconds")
        if retry_after is None and type(seconds) is int and 0 <= seconds < 10**9:
            self.retry_after = float(seconds)
        super().__init__(
            self._sentence(), _text(told.get("hint")) or (known.hint if known else None)
        )

    def _sentence(self) -> str:
        missing = None if self.detail else _missing(self.missing_scopes)
        about = "; ".join(it for it in (self.detail, missing, self.pointer) if it)
        return f"{self.code}: {self.title.rstrip('.')}" + (f" ({about})" if about else "")

    def problem(self) -> dict[str, Any]:
        """The refusal as an answer's body (RFC 9457)."""
        told: dict[str, Any] = {
            "type": URN + self.code,
            "title": self.title,
            "status": self.status,
            "code": self.code,
            "retryable": self.retryable,
        }
        if self.detail:
            told["detail"] = self.detail
        if self.hint:
            told["hint"] = self.hint
        if self.missing_scopes:
            told["missing_scopes"] = list(self.missing_scopes)
        return told


class EnrollmentError(DenialError):
    """The agent was not taken in."""


class TokenError(DenialError):
    """The token endpoint refused; `code` is OAuth's `error`, or the denial behind it."""


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _texts(value: object) -> tuple[str, ...]:
    return tuple(it for it in value if isinstance(it, str)) if isinstance(value, list) else ()


def _missing(scopes: tuple[str, ...]) -> str | None:
    return f"missing: {' '.join(scopes)}" if scopes else None


def _approval(value: object) -> Approval | None:
    if not isinstance(value, dict):
        return None
    told = {name: _text(value.get(name)) or "" for name in ("id", "status", "url", "expires_at")}
    return Approval(**told) if told["id"] else None


def denial_in(
    status: int,
    headers: Mapping[str, str],
    body: bytes | None,
    kind: type[DenialError] = DenialError,
) -> DenialError | None:
    """The refusal that an answer is, if it is one: problem details of this product's types, or an
    error of the token endpoint (RFC 6749, section 5.2)."""
    if body is None or not (status >= 400 or status == 202):
        return None
    told = json_object(body)
    if told is None:
        return None
    retry_after = seconds_in(headers.get("retry-after"))
    code, named = _text(told.get("code")), _text(told.get("type"))
    if code and named == URN + code:
        return kind(code, problem=told, status=status, retry_after=retry_after)
    error = _text(told.get("error"))
    if error is None or status == 202:
        return None
    problem = {**told, "title": code or error, "detail": told.get("error_description")}
    return TokenError(code or error, problem=problem, status=status, retry_after=retry_after)


def seconds_in(value: str | None) -> float | None:
    """The seconds of a `Retry-After` that is a number (RFC 9110, section 10.2.3)."""
    if value is None or not value.isascii() or not value.strip().isdigit() or len(value) > 9:
        return None
    return float(value)
