"""Transaction tokens (draft-ietf-oauth-transaction-tokens): what a gateway says to the API behind
it about one request. A token is good for that request only."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from typing import Any

from . import jws
from .context import Agent, Context
from .encoding import to_base64url
from .errors import DenialError
from .keys import PublicKey

TYPE = "txntoken+jwt"
LIFETIME_SECONDS = 15
SKEW_SECONDS = 5
MOST_ACTORS = 16
_LATEST = 253_402_300_799
_ID = re.compile(r"[a-z]{3}_[0-9a-z]{26}\Z")


def kid(token: str) -> str:
    """The name of the key that a transaction token is signed with, to find the key by."""
    named = jws.read(token, (TYPE,)).text("kid")
    if named is None:
        raise jws.invalid("the token names no key")
    return named


def verify(
    token: str, keys: Iterable[PublicKey], issuer: str, trust_domain: str, now: float
) -> dict[str, Any]:
    """The claims of a token that one of the issuer's keys signed for this trust domain, and that is
    valid now. Whether it is of the request that it came with is for `check_request`."""
    known = {key.thumbprint: key for key in keys}
    claims = jws.verify(token, (TYPE,), lambda named: known.get(named or ""))
    _check_shape(claims)
    if claims["iss"] != issuer:
        raise jws.invalid("the token names another issuer")
    if claims["aud"] != trust_domain:
        raise DenialError("token_audience")
    if claims["exp"] != claims["iat"] + LIFETIME_SECONDS:
        raise jws.invalid("the token lives for too long")
    if claims["iat"] > now + SKEW_SECONDS:
        raise jws.invalid("the token is dated in the future")
    if now >= claims["exp"]:
        raise DenialError("token_expired")
    return claims


def check_request(claims: dict[str, Any], method: str, target: str) -> None:
    """Holds the token against the request that it came with: the method, and the target, path and
    query, as it was received. A token that was taken out of another request is refused."""
    done = claims["tctx"]
    if done["method"] != method or done["target_digest"] != target_digest(target):
        raise jws.invalid("the token is of another request")


def target_digest(target: str) -> str:
    """The digest of a target, as the token has it."""
    return to_base64url(hashlib.sha256(target.encode("latin-1", "replace")).digest())


def context(claims: dict[str, Any]) -> Context:
    """What verified claims say."""
    chain = _actors(claims)
    subject = chain[0] if chain else claims["sub"]
    agent = Agent(
        name=claims["agent"],
        id=claims["client_id"],
        subject=subject,
        project=claims["project"],
        owner=claims["owner"],
        kind=claims["kind"],
    )
    return Context(
        agent=agent,
        strength=claims["rctx"]["authn"],
        person=claims["sub"] if claims["sub"].startswith("psn_") else None,
        on_behalf_of=claims["sub"] if chain else None,
        chain=chain,
        task=claims.get("task"),
        purpose=claims.get("purpose"),
        scopes=tuple(claims["scope"].split()),
        operation=claims["tctx"]["operation"],
        request_id=claims["txn"],
    )


def _check_shape(claims: dict[str, Any]) -> None:
    required = ("iss", "aud", "sub", "scope", "req_wl", "agent", "project", "owner", "kind")
    _check_texts(claims, required)
    _check_texts(_inner(claims, "tctx"), ("api", "operation", "method", "target_digest"))
    _check_texts(_inner(claims, "rctx"), ("req_ip", "authn"))
    for name in ("iat", "exp"):
        value = claims.get(name)
        if type(value) is not int or not 0 <= value <= _LATEST:
            raise _unreadable(name)
    for name, prefix in (("txn", "rec_"), ("client_id", "agt_"), ("task", "tsk_")):
        value = claims.get(name)
        if name == "task" and name not in claims:
            continue
        if not isinstance(value, str) or not value.startswith(prefix) or not _ID.match(value):
            raise _unreadable(name)
    if "purpose" in claims:
        _check_texts(claims, ("purpose",))
    _actors(claims)


def _check_texts(claims: dict[str, Any], names: tuple[str, ...]) -> None:
    for name in names:
        if not isinstance(claims.get(name), str):
            raise _unreadable(name)


def _inner(claims: dict[str, Any], name: str) -> dict[str, Any]:
    value = claims.get(name)
    if not isinstance(value, dict):
        raise _unreadable(name)
    return value


def _actors(claims: dict[str, Any]) -> tuple[str, ...]:
    subjects: list[str] = []
    actor: Any = claims.get("act")
    while actor is not None:
        subject = actor.get("sub") if isinstance(actor, dict) else None
        if not isinstance(subject, str) or len(subjects) == MOST_ACTORS:
            raise _unreadable("act")
        subjects.append(subject)
        actor = actor.get("act")
    return tuple(subjects)


def _unreadable(name: str) -> DenialError:
    return jws.invalid(f"{name} is missing or cannot be read")
