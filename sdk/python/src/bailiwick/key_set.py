"""The keys that an authority publishes, fetched and kept for a while."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx

from .encoding import json_object
from .errors import DenialError, KeyUnusableError
from .keys import PublicKey
from .session import origin_of

MAX_BYTES = 64 * 1024
MOST_KEYS = 256
#: For how long a set is gone by, and how soon one is asked for again for a key that is not in it.
KEPT_SECONDS = 300.0
AGAIN_SECONDS = 5.0


@dataclass
class KeySet:
    """The published keys of one authority, by their thumbprints."""

    issuer: str
    http: httpx.Client | None = None
    now: Callable[[], float] = time.monotonic
    _keys: dict[str, PublicKey] = field(default_factory=dict)
    _at: float | None = None
    _failed_at: float | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __post_init__(self) -> None:
        self.url = f"{origin_of(self.issuer)}/.well-known/jwks.json"

    def known(self, kid: str) -> PublicKey | None:
        """The key, where it is known and the set is fresh. This asks nobody."""
        if self._at is None or self.now() - self._at > KEPT_SECONDS:
            return None
        return self._keys.get(kid)

    def find(self, kid: str) -> PublicKey | None:
        """The key of that name. Where it is not known the authority is asked, and not again at
        once. An authority that cannot be asked refuses."""
        key = self.known(kid)
        if key is not None:
            return key
        with self._lock:
            key = self.known(kid)
            if key is not None:
                return key
            if self._at is not None and self.now() - self._at < AGAIN_SECONDS:
                return None
            if self._failed_at is not None and self.now() - self._failed_at < AGAIN_SECONDS:
                raise _unavailable(f"{self.url} could not be had a moment ago")
            self._failed_at = self.now()
            self._keys = self._fetch()
            self._at, self._failed_at = self.now(), None
            return self._keys.get(kid)

    def _fetch(self) -> dict[str, PublicKey]:
        try:
            http = self.http or httpx.Client(timeout=5.0)
            try:
                with http.stream("GET", self.url, follow_redirects=False) as response:
                    body = _read(response)
            finally:
                if self.http is None:
                    http.close()
        except httpx.HTTPError as error:
            raise _unavailable(f"{self.url} cannot be had ({type(error).__name__})") from error
        told = json_object(body) or {}
        listed = told.get("keys")
        if not isinstance(listed, list) or len(listed) > MOST_KEYS:
            raise _unavailable(f"{self.url} is not a key set")
        keys = [_public(member) for member in listed]
        return {key.thumbprint: key for key in keys if key is not None}


def _read(response: httpx.Response) -> bytes:
    if response.status_code != 200:
        raise _unavailable(f"{response.url} answered {response.status_code}")
    body = b""
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > MAX_BYTES:
            raise _unavailable(f"{response.url} is larger than 64 KiB")
    return body


def _public(member: object) -> PublicKey | None:
    """A key of the set; one of a kind that is not used here is passed over."""
    try:
        return PublicKey.from_jwk(member) if isinstance(member, dict) else None
    except KeyUnusableError:
        return None


def _unavailable(detail: str) -> DenialError:
    return DenialError("unavailable", detail=detail)
