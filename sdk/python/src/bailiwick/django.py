"""Middleware for Django: `"bailiwick.django.BailiwickMiddleware"` in `MIDDLEWARE`, and the verifier
as `BAILIWICK_VERIFIER` in the settings; `BAILIWICK_PUBLIC` lists the paths that anybody may ask.

Views find who asks in `request.bailiwick`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.decorators import sync_only_middleware

from .asgi import headers_of
from .components import Request
from .errors import DenialError
from .verifier import Verifier


@sync_only_middleware
class BailiwickMiddleware:
    """Verifies each request before the view is called."""

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        verifier = getattr(settings, "BAILIWICK_VERIFIER", None)
        if not isinstance(verifier, Verifier):
            raise ImproperlyConfigured("BAILIWICK_VERIFIER has to be a bailiwick.Verifier")
        self.get_response = get_response
        self.verifier = verifier
        self.public = frozenset(getattr(settings, "BAILIWICK_PUBLIC", ()))

    def __call__(self, request: HttpRequest) -> Any:
        if request.path not in self.public:
            try:
                seen = request_of(request)
                body = self._body(request) if self.verifier.needs_body(seen) else b""
                request.bailiwick = self.verifier.verify(seen, body)
            except DenialError as denial:
                return _refused(denial)
        return self.get_response(request)

    def _body(self, request: HttpRequest) -> bytes:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not str(length).isdigit() or int(length) > self.verifier.max_body_bytes:
            raise DenialError("body_too_large")
        try:
            body: bytes = request.body
        except RequestDataTooBig:
            raise DenialError("body_too_large") from None
        return body


def request_of(request: HttpRequest) -> Request:
    """The request as a signature sees it, with path and query as they were sent. WSGI decodes the
    path; where the server does not tell how it was sent, it is encoded again, and what comes out
    differently is refused, for its digest does not fit."""
    headers = [(name.lower(), _latin1(value)) for name, value in request.headers.items()]
    path, mark, query = _target(request).partition("?")
    return Request(
        method=request.method or "",
        scheme=request.scheme or "http",
        authority=request.META.get("HTTP_HOST", ""),
        path=path,
        query=query if mark else None,
        headers=headers,
    )


def _target(request: HttpRequest) -> str:
    scope = getattr(request, "scope", None)
    if scope is not None and scope.get("raw_path") is not None:
        path: str = scope["raw_path"].partition(b"?")[0].decode("latin-1")
        query: str = (scope.get("query_string") or b"").decode("latin-1")
        return f"{path}?{query}" if query else path
    for name in ("RAW_URI", "REQUEST_URI"):
        given = request.META.get(name)
        if isinstance(given, str) and given.startswith("/"):
            return given
    full: str = request.get_full_path()
    return full


def _latin1(value: str) -> str:
    """WSGI and ASGI give fields as Latin-1 text; anything else cannot have been received."""
    try:
        value.encode("latin-1")
    except UnicodeEncodeError:
        pass
    else:
        return value
    raise DenialError("request_malformed", detail="a field is not Latin-1")


def _refused(denial: DenialError) -> HttpResponse:
    return JsonResponse(
        denial.problem(),
        status=denial.status,
        content_type="application/problem+json",
        headers=headers_of(denial),
    )
