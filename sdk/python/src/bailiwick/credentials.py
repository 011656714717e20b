"""What a request is authorized with: the agent's own key, a key derived from it, or a token. Tokens
and derived keys are got when they are needed, kept, and renewed before they end."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from .encoding import from_base64url, to_base64url
from .errors import AnswerError, TokenError, UnreachableError
from .flow import Flow, Once
from .hpke import open_sealed
from .keys import SigningKey
from .session import Form, Session
from .sign import KeyIdentity, Target

_INFO = b"bailiwick derived key 1"
_TYPES = "urn:ietf:params:oauth:token-type:"
_GRANTS = "urn:ietf:params:oauth:grant-type:"
#: A token is renewed when so many seconds of it are left, or a fifth of its life.
_LEFT_SECONDS = 30.0


@dataclass(frozen=True)
class Grant:
    """What a token is asked for with: the parameters of the token request."""

    parameters: tuple[tuple[str, str], ...] = field(repr=False)
    name: str = "client_credentials"


@dataclass(frozen=True)
class Using:
    """How requests are authorized."""

    form: Form
    grant: Grant
    task: str | None = None


@dataclass(frozen=True)
class AccessToken:
    """A token. Its text is for the `Authorization` field and for nobody's eyes."""

    value: str = field(repr=False)
    token_type: str
    scopes: tuple[str, ...]
    expires_at: float

    def __str__(self) -> str:
        return f"<access token for {' '.join(self.scopes)}>"


@dataclass(frozen=True)
class _Held:
    """What is kept, and from when on another one is asked for."""

    what: Any
    renew_at: float
    expires_at: float


@dataclass(frozen=True)
class Narrowing:
    """With how much of what could be had: scopes, and APIs by name or by resource identifier."""

    scopes: tuple[str, ...] | None = None
    audience: tuple[str, ...] = ()
    resource: tuple[str, ...] = ()

    def is_narrow(self) -> bool:
        """Whether anything is said."""
        return self.scopes is not None or bool(self.audience or self.resource)


ALL = Narrowing()


def client_credentials(narrowing: Narrowing = ALL, **more: str | int | None) -> Grant:
    """A token of the agent's own."""
    return Grant(_parameters("client_credentials", narrowing, more))


def exchange(
    subject_token: str,
    token_type: str = "access_token",  # noqa: S107
    narrowing: Narrowing = ALL,
) -> Grant:
    """A token of somebody else's, exchanged for one of the agent's own (RFC 8693)."""
    kind = token_type if ":" in token_type else _TYPES + token_type
    told: dict[str, str | int | None] = {
        "subject_token": subject_token,
        "subject_token_type": kind,
    }
    return Grant(_parameters(f"{_GRANTS}token-exchange", narrowing, told), "exchange")


def assertion(text: str, narrowing: Narrowing = ALL) -> Grant:
    """A trusted issuer's word about a person (RFC 7523), or an ID-JAG."""
    told: dict[str, str | int | None] = {"assertion": text}
    return Grant(_parameters(f"{_GRANTS}jwt-bearer", narrowing, told), "assertion")


def _parameters(
    grant: str,
    narrowing: Narrowing,
    more: dict[str, str | int | None],
) -> tuple[tuple[str, str], ...]:
    told = [("grant_type", grant)]
    if narrowing.scopes is not None:
        told.append(("scope", " ".join(narrowing.scopes)))
    told += [("audience", api) for api in narrowing.audience]
    told += [("resource", api) for api in narrowing.resource]
    return tuple(told + [(name, str(it)) for name, it in more.items() if it is not None])


def authorize(session: Session, using: Using, target: Target) -> Flow[dict[str, str]]:
    """The fields that authorize this request."""
    if using.form == "signature":
        return session.identity.sign(target, session.clock.now())
    if using.form == "derived":
        identity = yield from derived_key(session, using.task)
        return identity.sign(target, session.clock.now())
    held = yield from token(session, using.grant, dpop=using.form == "dpop")
    now, value = session.clock.now(), f"{held.token_type} {held.value}"
    fields = {"authorization": value}
    if using.form == "dpop":
        fields["dpop"] = session.dpop.proof(target, held.value, now)
        return fields
    return fields | session.identity.sign(target.with_authorization(value), now)


def drop(session: Session, using: Using) -> bool:
    """Forgets what was refused, so that the next request gets another; whether there was one."""
    key = _key(using) if using.form != "signature" else None
    return session.held.pop(key, None) is not None


def _key(using: Using) -> object:
    if using.form == "derived":
        return ("derived", using.task)
    return (using.grant, using.form == "dpop")


def token(session: Session, grant: Grant, *, dpop: bool) -> Flow[AccessToken]:
    """A token that is good for a while yet."""
    key = (grant, dpop)

    def fetch() -> Flow[None]:
        if _current(session, key) is None:
            form, key_of_proofs = list(grant.parameters), session.dpop if dpop else None
            told = yield from session.ask(
                "POST", "/oauth/token", form=form, dpop=key_of_proofs, kind=TokenError
            )
            keep_token(session, key, told)

    if _current(session, key) is None:
        yield Once(_name(key), fetch)
    held: AccessToken = session.held[key].what
    return held


def keep_token(session: Session, key: tuple[Grant, bool], told: dict[str, Any]) -> AccessToken:
    """Keeps the token of an answer."""
    value, kind, seconds = (told.get(it) for it in ("access_token", "token_type", "expires_in"))
    wanted = "DPoP" if key[1] else "Bearer"
    if not isinstance(value, str) or kind != wanted or not isinstance(seconds, int):
        raise AnswerError(f"the authority did not answer with a {wanted} token")
    now = session.clock.now()
    scopes = tuple(str(told.get("scope", "")).split())
    kept = AccessToken(value, wanted, scopes, now + seconds)
    left = min(_LEFT_SECONDS, seconds / 5)
    session.held[key] = _Held(kept, now + seconds - left, now + seconds)
    return kept


def derived_key(session: Session, task: str | None) -> Flow[KeyIdentity]:
    """A key that signs for an hour, bought by one signature of the agent's own."""
    key = ("derived", task)

    def fetch() -> Flow[None]:
        if _current(session, key) is None:
            session.held[key] = yield from _buy(session, task)

    if _current(session, key) is None:
        try:
            yield Once(_name(key), fetch)
        except UnreachableError:
            held = session.held.get(key)
            if held is None or session.clock.now() >= held.expires_at:
                raise
    identity: KeyIdentity = session.held[key].what
    return identity


def _buy(session: Session, task: str | None) -> Flow[_Held]:
    recipient = X25519PrivateKey.generate()
    public = to_base64url(recipient.public_key().public_bytes_raw())
    asked = {"public_key": public} | ({"task": task} if task else {})
    told = yield from session.ask("POST", "/oauth/derived-key", body=asked)
    texts = [told.get(it) for it in ("key_id", "enc", "ciphertext", "expires_at")]
    key_id, enc, ciphertext, expires = (it if isinstance(it, str) else "" for it in texts)
    if not key_id.startswith("drv_") or told.get("alg") != "hmac-sha256":
        raise AnswerError("the authority did not answer with a derived key")
    sealed, opens = from_base64url(ciphertext) or b"", from_base64url(enc) or b""
    secret = open_sealed(recipient, opens, sealed, info=_INFO, aad=key_id.encode())
    key = SigningKey.from_jwk({"kty": "oct", "k": to_base64url(secret)})
    now, expires_at = session.clock.now(), _instant(expires)
    return _Held(KeyIdentity(key, key_id), now + (expires_at - now) * 0.8, expires_at)


def _current(session: Session, key: object) -> Any:
    held = session.held.get(key)
    return None if held is None or session.clock.now() >= held.renew_at else held.what


def _name(key: tuple[Grant | str, bool | str | None]) -> str:
    # A grant's own text leaves its parameters out, and some of them are secret: hence a digest.
    about = key[0].parameters if isinstance(key[0], Grant) else key[0]
    return hashlib.sha256(repr((about, key[1])).encode()).hexdigest()


def _instant(text: str) -> float:
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
    except ValueError:
        pass
    raise AnswerError("the authority did not say when the key ends")
