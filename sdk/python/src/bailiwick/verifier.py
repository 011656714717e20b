"""Verifying at the API who a request is from: by the `Txn-Token` of a gateway in front, or, where
there is no gateway, by the agent's own signature. What cannot be verified is refused."""

from __future__ import annotations

import inspect
import time
from collections.abc import Awaitable, Callable, Generator, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import anyio.to_thread
import httpx

from . import digest, message, transaction
from .components import Request, normal_authority
from .context import Agent, Context, trace_in
from .errors import DenialError, UsageError
from .key_set import KeySet
from .keys import PublicKey, SigningKey
from .nonces import Nonces

TOKEN = "txn-token"  # noqa: S105


@dataclass(frozen=True)
class AgentKey:
    """A key that an agent signs with, and whose it is: a public JWK, or a shared secret's."""

    jwk: Mapping[str, Any]
    agent: Agent
    scopes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"AgentKey({self.agent.name})"


Find = Callable[[str], "AgentKey | None"]


@dataclass(frozen=True)
class _Spend:
    """What may be used once."""

    name: str
    expires_at: float


class Verifier:
    """Verifies requests, in one or both of two ways.

    With `issuer` and `trust_domain`, by the `Txn-Token` that the gateway sends along, at the keys
    that the authority publishes. With `keys` (by key id or thumbprint, or a function), `nonces` and
    `hosts`, by the agent's own signature: `hosts` are those that this API is called by, for a
    signature that an agent made for somebody else must not be good here. A request that carries
    both is held against the token. `scheme` is `https` behind a proxy that ends TLS.
    """

    def __init__(
        self,
        *,
        issuer: str | None = None,
        trust_domain: str | None = None,
        keys: Mapping[str, AgentKey] | Find | None = None,
        nonces: Nonces | None = None,
        hosts: Iterable[str] = (),
        scheme: Literal["http", "https"] | None = None,
        http: httpx.Client | None = None,
        window_seconds: int = 60,
        skew_seconds: int = 5,
        max_body_bytes: int = 1024 * 1024,
        now: Callable[[], float] = time.time,
    ) -> None:
        if (issuer is None) != (trust_domain is None):
            raise UsageError("`issuer` and `trust_domain` go together")
        if (keys is None) != (nonces is None):
            raise UsageError(
                "`keys` and `nonces` go together",
                "without remembered nonces a signature could be used again: MemoryNonces() will do",
            )
        listed = tuple(hosts)
        if isinstance(hosts, str) or (keys is None) != (not listed):
            raise UsageError("`keys` and `hosts` go together", 'as in hosts=["api.acme.example"]')
        if issuer is None and keys is None:
            raise UsageError("nothing could be verified", "pass `issuer` or `keys`")
        self.trust_domain = trust_domain or ""
        self.published = KeySet(issuer, http) if issuer is not None else None
        self.max_body_bytes = max_body_bytes
        self._find: Find | None = keys.get if isinstance(keys, Mapping) else keys
        self._nonces = nonces
        self._hosts = listed
        self._scheme = scheme
        self._window = (window_seconds, skew_seconds)
        self._now = now

    def needs_body(self, request: Request) -> bool:
        """Whether the body is needed to verify: a token does not speak of it."""
        return self._find is not None and not self._has_token(request)

    def verify(self, request: Request, body: bytes = b"") -> Context:
        """Who the request is from. Raises a `DenialError` for what cannot be verified."""
        steps = self._steps(request, body)
        given: Any = None
        while True:
            try:
                step = steps.send(given)
            except StopIteration as stop:
                context: Context = stop.value
                return context
            if isinstance(step, str):
                given = self.published.find(step) if self.published else None
            else:
                given = self._use(step)
                if inspect.isawaitable(given):
                    close = getattr(given, "close", None)
                    if close is not None:
                        close()
                    raise UsageError("these nonces are for the event loop", "use RedisNonces")

    async def verify_async(self, request: Request, body: bytes = b"") -> Context:
        """The same on the event loop. Keys are fetched by a thread."""
        steps = self._steps(request, body)
        given: Any = None
        while True:
            try:
                step = steps.send(given)
            except StopIteration as stop:
                context: Context = stop.value
                return context
            if isinstance(step, str):
                given = await self._published(step)
            else:
                used = self._use(step)
                given = await _settled(used) if inspect.isawaitable(used) else used

    async def _published(self, kid: str) -> PublicKey | None:
        if self.published is None:
            return None
        known = self.published.known(kid)
        return known or await anyio.to_thread.run_sync(self.published.find, kid)

    def _use(self, spend: _Spend) -> bool | Awaitable[bool]:
        try:
            return False if self._nonces is None else self._nonces.use(spend.name, spend.expires_at)
        except DenialError:
            raise
        except Exception as error:
            raise _forgetful() from error

    def _steps(self, request: Request, body: bytes) -> Generator[str | _Spend, Any, Context]:
        if self._has_token(request):
            return (yield from self._by_token(request))
        if self._find is None:
            raise DenialError("credential_missing", detail="the request carries no Txn-Token")
        return (yield from self._by_signature(request, body, self._find))

    def _has_token(self, request: Request) -> bool:
        return self.published is not None and bool(request.lines(TOKEN))

    def _by_token(self, request: Request) -> Generator[str | _Spend, Any, Context]:
        lines = request.lines(TOKEN)
        if len(lines) > 1 or self.published is None:
            raise DenialError("credential_conflict", detail="more than one Txn-Token")
        key = yield transaction.kid(lines[0])
        keys = [] if key is None else [key]
        claims = transaction.verify(
            lines[0], keys, self.published.issuer, self.trust_domain, self._now()
        )
        target = request.path if request.query is None else f"{request.path}?{request.query}"
        transaction.check_request(claims, request.method, target)
        return _with_trace(transaction.context(claims), request)

    def _by_signature(
        self, request: Request, body: bytes, find: Find
    ) -> Generator[str | _Spend, Any, Context]:
        if self._scheme is not None:
            request = replace(request, scheme=self._scheme)
        promised = digest.promised(request.lines("content-digest"))
        presented = message.find(request)
        if presented is None:
            raise DenialError("credential_missing")
        self._check_host(request)
        if body and not promised:
            raise DenialError("digest_missing")
        window, skew = self._window
        presented.check_window(self._now(), window, skew)
        presented.check_coverage(request, bool(body))
        nonce = presented.check_nonce()
        known = find(presented.keyid)
        if known is None:
            raise DenialError("credential_unknown")
        key = _key_of(known)
        presented.verify(request, key)
        digest.check(promised, body)
        _check_name(request, known.agent)
        # By the key and not by what it was called: it may be named in two ways.
        end = float(presented.expires or 0) + skew
        if (yield _Spend(f"{key.thumbprint}:{nonce}", end)) is not True:
            raise DenialError("nonce_replayed")
        strength = "mac" if key.algorithm == "hmac-sha256" else "key"
        context = Context(known.agent, strength, scopes=known.scopes)
        return _with_trace(context, request)

    def _check_host(self, request: Request) -> None:
        hosts = {normal_authority(request.scheme, host) for host in self._hosts}
        if normal_authority(request.scheme, request.authority) not in hosts:
            raise DenialError("request_malformed", detail="the request is for another host")


async def _settled(used: Awaitable[bool]) -> bool:
    try:
        return await used
    except DenialError:
        raise
    except Exception as error:
        raise _forgetful() from error


def _forgetful() -> DenialError:
    return DenialError("unavailable", detail="whether the nonce was used cannot be told")


def _key_of(known: AgentKey) -> PublicKey | SigningKey:
    if known.jwk.get("kty") == "oct":
        return SigningKey.from_jwk(known.jwk)
    return PublicKey.from_jwk(known.jwk)


def _check_name(request: Request, agent: Agent) -> None:
    """`X-Agent-ID`, when sent, has to name the agent that was proven."""
    if any(named not in (agent.name, agent.id) for named in request.lines("x-agent-id")):
        raise DenialError("agent_mismatch")


def _with_trace(context: Context, request: Request) -> Context:
    trace = trace_in(request.lines("traceparent"))
    return context if trace is None else replace(context, trace=trace)
