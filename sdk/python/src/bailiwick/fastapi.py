"""A dependency for FastAPI: `agent: Annotated[Context, Depends(Verified(verifier))]`."""

from __future__ import annotations

from fastapi import HTTPException
from starlette.requests import HTTPConnection, Request

from .asgi import NAME, headers_of, request_of
from .context import Context
from .errors import DenialError
from .verifier import Verifier


class Verified:
    """Verifies the request, and gives who asks. `scopes` are those that the request needs."""

    def __init__(self, verifier: Verifier, *scopes: str) -> None:
        self.verifier = verifier
        self.scopes = scopes

    async def __call__(self, connection: HTTPConnection) -> Context:
        try:
            context = await self._verified(connection)
            missing = [scope for scope in self.scopes if scope not in context.scopes]
            if missing:
                raise DenialError("scope_missing", problem={"missing_scopes": missing})
        except DenialError as denial:
            told = denial.problem()
            raise HTTPException(denial.status, told, headers_of(denial)) from denial
        connection.scope[NAME] = context
        return context

    async def _verified(self, connection: HTTPConnection) -> Context:
        known = connection.scope.get(NAME)
        if isinstance(known, Context):
            return known
        request, body = request_of(connection.scope), b""
        if isinstance(connection, Request) and self.verifier.needs_body(request):
            body = await self._body(connection)
        return await self.verifier.verify_async(request, body)

    async def _body(self, request: Request) -> bytes:
        length = request.headers.get("content-length")
        if length is None:
            if "transfer-encoding" not in request.headers:
                return b""
            detail = "the length of the body has to be known"
            raise DenialError("body_too_large", detail=detail)
        if not length.isascii() or not length.isdigit():
            raise DenialError("request_malformed", detail="Content-Length is not a number")
        if int(length) > self.verifier.max_body_bytes:
            raise DenialError("body_too_large")
        return await request.body()
