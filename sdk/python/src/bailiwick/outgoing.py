"""A request of `httpx` on its way out: what is signed of it, and where redirects may lead."""

from __future__ import annotations

from typing import Any, Protocol

import httpx

from .components import normal_authority
from .digest import content_digest
from .errors import RedirectError, UsageError
from .request import Wanted
from .sign import Target

MOST_REDIRECTS = 5
#: The fields that belong to one request only.
_OURS = (
    "authorization", "content-digest", "dpop", "prefer", "signature", "signature-input",
    "x-approval-id",
)  # fmt: skip


class Url(Protocol):
    """A URL of `httpx`, `httpx2` or anything that looks like one."""

    @property
    def scheme(self) -> str: ...
    @property
    def raw_path(self) -> bytes: ...
    @property
    def netloc(self) -> bytes: ...


class Headers(Protocol):
    """Fields of `httpx` or `httpx2`."""

    @property
    def raw(self) -> list[tuple[bytes, bytes]]: ...


def wanted(method: str, url: Url, headers: Headers, body: bytes) -> Wanted:
    """What is signed of a request whose body is known."""
    path, mark, query = url.raw_path.decode("latin-1").partition("?")
    fields = {name.lower().decode("latin-1"): it.decode("latin-1") for name, it in headers.raw}
    target = Target(
        method,
        url.scheme,
        normal_authority(url.scheme, fields.get("host") or url.netloc.decode("latin-1")),
        path or "/",
        query if mark else None,
        content_digest(body) if body else None,
        fields.get("content-type"),
        fields.get("authorization"),
    )
    here = f"{url.scheme}://{url.netloc.decode('latin-1')}{path}"
    return Wanted(here, target, fields)


def followed(response: httpx.Response, count: int) -> httpx.Request | None:
    """The request that a redirect of the same origin asks for. To another one nothing is sent."""
    request = response.next_request
    if request is None:
        return None
    location = response.headers.get("location", "")
    if not same_origin(request.url, response.request.url):
        raise RedirectError("the answer redirects to another origin", location)
    if count >= MOST_REDIRECTS:
        raise RedirectError("the answer redirects once too often", location)
    for name in _OURS:
        request.headers.pop(name, None)
    return request


def same_origin(one: Any, other: Any) -> bool:
    """Whether two URLs have scheme, host and port in common."""

    def origin(url: Any) -> tuple[str, str]:
        return url.scheme, normal_authority(url.scheme, url.netloc.decode("latin-1"))

    return origin(one) == origin(other)


def is_relative(url: str) -> bool:
    """Whether it is a path at the gateway. Anything else has to be a URL."""
    if "://" in url.partition("?")[0]:
        return False
    if not url.startswith("/") or url.startswith("//"):
        raise UsageError(f"`{url}` is not a URL", "begin a path at the gateway with one slash")
    return True


def absolute(url: str, gateway: str | None) -> str:
    """The URL itself, or the gateway's with that path."""
    return f"{gateway}{url}" if is_relative(url) else url
