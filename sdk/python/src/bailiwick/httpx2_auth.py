"""The agent as `auth` of a client of `httpx2`, the successor of `httpx`, which MCP's SDK and others
use: `httpx2.AsyncClient(auth=httpx2_auth(client))`."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from typing import Any

import httpx2

from .auth import BailiwickAuth


class Httpx2Auth(httpx2.Auth):
    """Signs the requests of a client of `httpx2`."""

    requires_request_body = True

    def __init__(self, inner: BailiwickAuth) -> None:
        self._inner = inner

    def sync_auth_flow(self, request: Any) -> Generator[Any, Any, None]:
        yield from self._inner.sync_auth_flow(request)

    async def async_auth_flow(self, request: Any) -> AsyncGenerator[Any, Any]:
        flow = self._inner.async_auth_flow(request)
        try:
            outgoing = await flow.__anext__()
            while True:
                response = yield outgoing
                outgoing = await flow.asend(response)
        except StopAsyncIteration:
            return
        finally:
            await flow.aclose()

    def __repr__(self) -> str:
        return repr(self._inner)


def httpx2_auth(caller: Any) -> Httpx2Auth:
    """The `auth` of a client, a task or a delegate."""
    return Httpx2Auth(caller.auth())
