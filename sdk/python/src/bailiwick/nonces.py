"""Where used nonces are remembered, so that a signature is good once: in memory for one process, in
Redis for several."""

from __future__ import annotations

import heapq
import math
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from .errors import DenialError


class Nonces(Protocol):
    """Remembers nonces. Whatever goes wrong is an error, and an error refuses."""

    def use(self, name: str, expires_at: float) -> bool | Awaitable[bool]:
        """Takes a nonce, of one key, that nobody took before; false where somebody did. It may be
        forgotten after `expires_at` (Unix seconds)."""
        ...


class MemoryNonces:
    """Remembers in this process alone. When it is full, nothing more is taken."""

    def __init__(self, most: int = 1_000_000, now: Callable[[], float] = time.time) -> None:
        self._most = most
        self._now = now
        self._lock = threading.Lock()
        self._seen: set[str] = set()
        self._ends: list[tuple[float, str]] = []

    def use(self, name: str, expires_at: float) -> bool:
        with self._lock:
            now = self._now()
            while self._ends and self._ends[0][0] < now:
                self._seen.discard(heapq.heappop(self._ends)[1])
            if name in self._seen:
                return False
            if len(self._seen) >= self._most:
                raise DenialError("unavailable", detail="no room for another nonce")
            self._seen.add(name)
            heapq.heappush(self._ends, (expires_at, name))
            return True


class RedisNonces:
    """Remembers in Redis or Valkey, for all processes: `RedisNonces(redis.Redis(…))`. The server
    needs `maxmemory-policy noeviction`."""

    def __init__(self, redis: Any, prefix: str = "bailiwick:nonce:") -> None:
        self._redis = redis
        self._prefix = prefix

    def use(self, name: str, expires_at: float) -> bool:
        end = math.ceil(expires_at * 1000) + 1
        return self._redis.set(self._prefix + name, b"1", nx=True, pxat=end) is True


class AsyncRedisNonces:
    """The same for the event loop: `AsyncRedisNonces(redis.asyncio.Redis(…))`."""

    def __init__(self, redis: Any, prefix: str = "bailiwick:nonce:") -> None:
        self._redis = redis
        self._prefix = prefix

    async def use(self, name: str, expires_at: float) -> bool:
        end = math.ceil(expires_at * 1000) + 1
        return await self._redis.set(self._prefix + name, b"1", nx=True, pxat=end) is True
