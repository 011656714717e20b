"""Another key in place of the agent's present one, without a request that fails: the new key is
made, registered, proven by a call, stored, and only then used. It is registered with the present
one, which is then revoked, unless a function of the developer's has an operator register it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from .errors import (
    AnswerError,
    BailiwickError,
    DenialError,
    KeyUnusableError,
    UsageError,
)
from .flow import Flow, Once, Tell
from .keys import SigningKey, generate_key
from .session import Enrolled, Session, enrolled_in
from .sign import Identity, KeyIdentity
from .stores import key_is_new, save_key

#: The refusals that say that the agent's key is over.
OVER = frozenset(["credential_expired", "credential_revoked"])


def renew(session: Session, refused: object) -> Flow[bool]:
    """After the server said that the key `refused` is over: takes the key that was stored
    meanwhile, or has another one registered by `on_rotation`. Whether there is another one."""

    def once() -> Flow[None]:
        if session.identity is not refused or not (yield from _is_over(session)):
            return
        stored = session.reload()
        if stored is not None:
            yield from _adopt(session, stored, None)
        elif session.settings.on_rotation is not None:
            _need_store(session)
            yield from _replace(session, session.settings.on_rotation)

    if session.wallet is not None:
        return False
    yield Once("rotate", once)
    return session.identity is not refused


def _is_over(session: Session) -> Flow[bool]:
    """Whether the authority itself says so: an API could answer whatever it likes."""
    try:
        yield from session.me()
    except DenialError as denial:
        if denial.code not in OVER:
            raise
        return True
    return False


def rotate(session: Session, register: Callable[[Any], Any] | None) -> Flow[Enrolled]:
    """Makes another key, has it registered and goes over to it."""
    if session.wallet is not None:
        raise UsageError("a wallet's account is its key", "enroll with a key, or another account")
    _need_store(session)
    asked = register or session.settings.on_rotation
    yield from session.ready()
    yield Once("rotate", lambda: _replace(session, asked) if asked else _succeed(session))
    return (yield from session.ready())


def _need_store(session: Session) -> None:
    if session.store is None:
        raise UsageError("a new key would be lost with this process", "pass a `store`")


def _replace(session: Session, register: Callable[[Any], Any]) -> Flow[None]:
    key = _generate(session)
    key_id = yield Tell(register, dict(key.public.jwk) if key.public else {})
    yield from _adopt(session, key, key_id if isinstance(key_id, str) else None)


def _succeed(session: Session) -> Flow[None]:
    """Goes over to a key that is registered with the present one, and revokes that."""
    key, old = _generate(session), session.identity
    enrolled = yield from session.ready()
    jwk = dict(key.public.jwk) if key.public else {}
    proof = session.dpop.by(key)
    told = yield from session.ask("POST", "/api/agents/keys", body={"jwk": jwk}, dpop=proof)
    key_id = str(told.get("key_id"))
    try:
        yield from _adopt(session, key, key_id)
    except Exception:
        # What failed first is told, whether or not the key can be taken back.
        with suppress(BailiwickError):
            yield from _revoke(session, key_id, old)
        raise
    yield from _revoke(session, enrolled.key_id, session.identity)


def _revoke(session: Session, key_id: str, signer: Identity) -> Flow[None]:
    yield from session.ask("DELETE", f"/api/agents/keys/{key_id}", identity=signer)


def _generate(session: Session) -> SigningKey:
    present = session.identity
    is_p256 = isinstance(present, KeyIdentity) and present.key.algorithm == "ecdsa-p256-sha256"
    return generate_key("p256" if is_p256 else "ed25519")


def _adopt(session: Session, key: SigningKey, key_id: str | None) -> Flow[None]:
    identity = KeyIdentity(key, key_id or key.thumbprint)
    enrolled = enrolled_in((yield from session.me(identity)))
    before = session.enrolled
    if before is not None and before.agent_id != enrolled.agent_id:
        raise KeyUnusableError(
            f"the new key is registered for {enrolled.name}, not for {before.name}",
            "register it for the same agent",
        )
    if enrolled.status != "active":
        raise AnswerError(f"the agent is {enrolled.status}", "ask its owner")
    if session.store is not None and key_is_new(session.store, key):
        save_key(session.store, key)
    session.use(key, enrolled.key_id)
    session.take(enrolled)
