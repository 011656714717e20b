"""What can be chosen for a client, and a request."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypedDict

from .clock import Clock
from .errors import KeyUnusableError, UsageError
from .flow import Retry
from .keys import SigningKey
from .session import Form, Session, Settings
from .stores import FileStore, KeyStore, load_key, read_key, read_key_file
from .wallet import Wallet

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}\Z")
_FORMS = ("signature", "derived", "token", "dpop")


class Options(TypedDict, total=False):
    """Options of a client, all of them optional."""

    #: In which form requests say whose they are: `signature` by the agent's own key, `derived`
    #: for very many, `token` bound to the key, or `dpop`. `token` where it is narrowed.
    credential: Form
    #: The key's id (`key_…`); its thumbprint does as well.
    key_id: str
    #: The gateway's origin; the authority says it otherwise.
    gateway: str
    #: The scopes of tokens; all that the agent may have otherwise.
    scopes: Iterable[str]
    #: The APIs that tokens are for, by name.
    audience: Iterable[str]
    #: The APIs that tokens are for, by resource identifier.
    resource: Iterable[str]
    #: Asked with an `Approval` when people have to decide; the client then waits. False: no more.
    on_approval: Callable[[Any], Any]
    #: Given a new public JWK when the key is over; has it registered and returns its id.
    on_rotation: Callable[[Any], Any]
    #: Other origins that requests are signed for, as of APIs that go by their own host.
    origins: Iterable[str]
    #: How often what failed is tried again.
    retry: Retry
    #: The clock to go by; it says how far off it may be.
    clock: Clock


class RequestOptions(TypedDict, total=False):
    """Options of a request, as `httpx` has them."""

    params: Any
    headers: Mapping[str, str]
    content: Any
    data: Any
    files: Any
    json: Any
    cookies: Any
    timeout: Any


def settings_of(options: Options) -> Settings:
    """The options, checked."""
    unknown = set(options) - set(Options.__annotations__)
    if unknown:
        raise UsageError(f"there is no option `{min(unknown)}`")
    told: dict[str, Any] = dict(options)
    for name in ("scopes", "audience", "resource", "origins"):
        if isinstance(told.get(name), str):
            raise UsageError(f"`{name}` is a list", f"as in {name}=['…']")
        if name in told:
            told[name] = tuple(told[name])
    settings = Settings(**told)
    if settings.credential not in (None, *_FORMS):
        raise UsageError(
            f"there is no credential `{settings.credential}`", f"one of {', '.join(_FORMS)}"
        )
    return settings


def open_session(
    server: str,
    key: SigningKey | Mapping[str, Any] | str | os.PathLike[str] | None,
    wallet: Wallet | None,
    store: KeyStore | None,
    options: Options,
) -> Session:
    """The session of an agent that is known: by exactly one of key, wallet and store."""
    if sum(it is not None for it in (key, wallet, store)) != 1:
        raise UsageError("pass exactly one of `key`, `wallet` and `store`")
    settings = settings_of(options)
    if wallet is not None:
        return Session(server, wallet, settings)
    if store is not None:
        stored = load_key(store)
        if stored is None:
            raise KeyUnusableError(f"{store!r} holds no key", "`bootstrap` makes one")
        return Session(server, stored, settings, store)
    if isinstance(key, (str, os.PathLike)) and not os.fspath(key).lstrip().startswith("{"):
        return Session(server, read_key_file(key), settings, FileStore(key))
    if isinstance(key, SigningKey):
        return Session(server, key, settings)
    text = key if isinstance(key, str) else None
    jwk = key if isinstance(key, Mapping) else {}
    made = read_key(text, "`key`") if text else SigningKey.from_jwk(jwk)
    return Session(server, made, settings)


def check_name(name: str) -> str:
    """An agent's name, which may become a file's."""
    if not _NAME.match(name):
        raise UsageError(f"`{name}` is not an agent's name", "1 to 63 of a-z, 0-9 and `-`")
    return name
