"""What a client knows: its key, where authority and gateway are, the time, and what it has got so
far; and how it asks the authority. Nothing here waits: see `flow`."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, cast
from urllib.parse import urlencode, urlsplit

from ._generated import Me
from .clock import Clock
from .components import normal_authority
from .digest import content_digest
from .dpop import DpopKey
from .encoding import json_object
from .errors import (
    AnswerError,
    ClockError,
    DenialError,
    UnreachableError,
    UsageError,
    denial_in,
)
from .flow import Answer, Call, Flow, Once, Pause, Retry, TransportFailedError
from .keys import SigningKey
from .sign import Identity, KeyIdentity, Target
from .stores import KeyStore, load_key
from .wallet import Wallet

Form: TypeAlias = Literal["signature", "derived", "token", "dpop"]

_JSON = "application/json"
_FORM = "application/x-www-form-urlencoded"
#: The refusals that a wrong clock makes.
CLOCK = frozenset(["signature_expired", "signature_not_yet_valid", "signature_window"])


@dataclass(frozen=True)
class Enrolled:
    """How the agent is known."""

    agent_id: str
    name: str
    subject: str
    key_id: str
    status: str
    gateway: str
    issuer: str


@dataclass
class Settings:
    """What a developer chooses."""

    credential: Form | None = None
    key_id: str | None = None
    gateway: str | None = None
    scopes: tuple[str, ...] | None = None
    audience: tuple[str, ...] = ()
    resource: tuple[str, ...] = ()
    on_approval: Callable[[Any], Any] | None = None
    on_rotation: Callable[[Any], Any] | None = None
    origins: tuple[str, ...] = ()
    retry: Retry = field(default_factory=Retry)
    clock: Clock = field(default_factory=Clock)


class Session:
    """One agent at one authority."""

    def __init__(
        self,
        server: str,
        identity: SigningKey | Wallet,
        settings: Settings,
        store: KeyStore | None = None,
    ) -> None:
        self.server = origin_of(server)
        self.settings = settings
        self.store = store
        self.clock = settings.clock
        self.retry = settings.retry
        self.enrolled: Enrolled | None = None
        self.gateway = origin_of(settings.gateway) if settings.gateway else None
        self.wallet = identity if isinstance(identity, Wallet) else None
        self.identity: Identity
        if isinstance(identity, Wallet):
            self.identity = identity
        else:
            self.identity = KeyIdentity(identity, settings.key_id or identity.thumbprint)
        self.dpop = DpopKey()
        #: Tokens and derived keys, by what they were asked for with.
        self.held: dict[object, Any] = {}
        self.form = form_of(settings, is_wallet=self.wallet is not None)

    def __repr__(self) -> str:
        return f"Session({self.server} {self.identity!r})"

    def use(self, key: SigningKey, key_id: str | None) -> None:
        """From now on the agent's key is this one."""
        self.identity = KeyIdentity(key, key_id or key.thumbprint)
        self.held.clear()

    def learn(self, origin: str, answer: Answer) -> bool:
        """Takes what the authority's or the gateway's own answer says beside its point; whether
        the clock was wrong. An API's own answer has the `Date` of the API."""
        self.dpop.learn(origin, answer.headers.get("dpop-nonce"))
        return self.clock.learn(answer.headers.get("date"))

    def ready(self) -> Flow[Enrolled]:
        """Knows who the agent is and where the gateway is."""
        if self.enrolled is None:
            yield Once("me", self._find_out)
        if self.enrolled is None:
            raise AnswerError("the authority did not say who the agent is")
        return self.enrolled

    def _find_out(self) -> Flow[None]:
        if self.enrolled is None:
            self.take(enrolled_in((yield from self.me())))

    def take(self, enrolled: Enrolled) -> None:
        """What the authority says of the agent."""
        self.enrolled = enrolled
        self.gateway = self.gateway or origin_of(enrolled.gateway)

    def me(self, identity: Identity | None = None) -> Flow[Me]:
        """What the authority knows of the agent."""
        told = yield from self.ask("GET", "/api/agents/me", identity=identity)
        return cast(Me, told)

    def ask(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        form: list[tuple[str, str]] | None = None,
        identity: Identity | None = None,
        dpop: DpopKey | None = None,
        kind: type[DenialError] = DenialError,
    ) -> Flow[dict[str, Any]]:
        """Asks the authority, signed, and returns the object it answers."""
        data = b"" if body is None else json.dumps(body).encode("utf-8")
        data = data if form is None else urlencode(form).encode("ascii")
        content_type = _JSON if form is None else _FORM
        asking = _Asking(self, (method, path), data, content_type, identity, dpop)
        answer = yield from asking.run(kind)
        read = json_object(answer.body or b"{}")
        if read is None:
            raise AnswerError(
                f"{self.server}{path} did not answer JSON", "is that a Bailiwick authority?"
            )
        return read

    def check_origin(self, origin: str) -> None:
        """Refuses to prove anything to strangers."""
        known = {self.server, *map(origin_of, self.settings.origins)}
        if origin not in known | {self.gateway}:
            raise UsageError(
                f"{origin} is neither the gateway nor one of `origins`",
                "name it in `origins` if requests to it are to be signed",
            )

    def reload(self) -> SigningKey | None:
        """The stored key, where it is another one than is used."""
        key = load_key(self.store) if self.store else None
        mine = self.identity.key.thumbprint if isinstance(self.identity, KeyIdentity) else ""
        return key if key is not None and key.thumbprint != mine else None


class _Asking:
    """One question to the authority, with its tries."""

    def __init__(
        self,
        session: Session,
        asked: tuple[str, str],
        body: bytes,
        content_type: str,
        identity: Identity | None,
        dpop: DpopKey | None,
    ) -> None:
        self.session = session
        self.method, self.path = asked
        self.body = body
        self.content_type = content_type
        self.identity = identity
        self.dpop = dpop
        self.tried = 0
        self.mended: set[str] = set()

    def run(self, kind: type[DenialError]) -> Flow[Answer]:
        session = self.session
        url = session.server + self.path
        while True:
            self.tried += 1
            try:
                answer: Answer = yield self._call(url)
            except TransportFailedError as failed:
                safe = self.method in ("GET", "DELETE") or not failed.was_sent
                delay = session.retry.delay(self.tried, None) if safe else None
                if delay is None:
                    raise unreachable(failed) from failed
                yield Pause(delay)
                continue
            was_wrong = session.learn(session.server, answer)
            if answer.status < 300:
                return answer
            denial = denial_in(answer.status, answer.headers, answer.body, kind)
            if denial is None:
                raise AnswerError(
                    f"{url} answered {answer.status}", "is that a Bailiwick authority?"
                )
            if not self._mends(denial.code, was_wrong):
                delay = None
                if denial.retryable and denial.code != "nonce_replayed":
                    delay = session.retry.delay(self.tried, denial.retry_after)
                if delay is None:
                    raise clocked(denial, session.clock)
                yield Pause(delay)

    def _mends(self, code: str, was_wrong: bool) -> bool:
        """Whether what was wrong is put right: each such thing once."""
        known = (code in CLOCK and was_wrong) or (code in _DPOP_NONCE and self.dpop is not None)
        if not known or code in self.mended:
            return False
        self.mended.add(code)
        return True

    def _call(self, url: str) -> Call:
        session, now = self.session, self.session.clock.now()
        target = target_of(self.method, url, self.body, self.content_type)
        headers = (self.identity or session.identity).sign(target, now)
        if self.dpop is not None:
            headers["dpop"] = self.dpop.proof(target, None, now)
        if self.body:
            headers["content-type"] = self.content_type
        headers["accept"] = _JSON
        return Call(self.method, url, headers, self.body)


_DPOP_NONCE = frozenset(["use_dpop_nonce", "nonce_missing"])


def target_of(method: str, url: str, body: bytes, content_type: str | None = None) -> Target:
    """The target of a request to this URL."""
    split = urlsplit(url)
    authority = normal_authority(split.scheme, split.netloc)
    return Target(
        method=method,
        scheme=split.scheme,
        authority=authority,
        path=split.path or "/",
        query=split.query if "?" in url.partition("#")[0] else None,
        digest=content_digest(body) if body else None,
        content_type=content_type if body else None,
    )


def origin_of(url: str) -> str:
    """The origin of a URL, in its normal form."""
    split = urlsplit(url if "://" in url else "")
    if split.scheme not in ("http", "https") or not split.hostname or "@" in split.netloc:
        raise UsageError(f"`{url}` is not an origin", "as in https://authority.acme.example")
    return f"{split.scheme}://{normal_authority(split.scheme, split.netloc)}"


def enrolled_in(told: Mapping[str, Any]) -> Enrolled:
    """How an answer says that the agent is known."""
    names = Enrolled.__dataclass_fields__
    found = {name: told.get(name) for name in names}
    if not all(isinstance(it, str) and it for it in found.values()):
        raise AnswerError("the authority did not say who the agent is", "is the URL right?")
    return Enrolled(**found)  # type: ignore[arg-type]


def unreachable(failed: TransportFailedError) -> UnreachableError:
    """Nobody answered, and what to do."""
    origin = origin_of(failed.url)
    asked = "check that it runs there, and that this machine may reach it"
    return UnreachableError(f"{origin} cannot be reached ({failed.reason})", asked)


def clocked(denial: DenialError, clock: Clock) -> DenialError | ClockError:
    """A refusal that the clock is behind, said as such."""
    if denial.code not in CLOCK:
        return denial
    return ClockError(
        f"the server refuses the time of the signature ({denial.code}); its clock and this "
        f"machine's are {abs(clock.offset_seconds):.0f} s apart",
        "set the clock, by NTP best, and try again",
    )


def form_of(settings: Settings, *, is_wallet: bool) -> Form:
    """How requests are authorized. Only tokens are narrower than the agent."""
    is_narrow = settings.scopes is not None or bool(settings.audience or settings.resource)
    usual: Form = "signature" if not is_narrow else "dpop" if is_wallet else "token"
    form = settings.credential or usual
    if is_narrow and form not in ("token", "dpop"):
        raise UsageError(
            f"`{form}` is worth all that the agent may, and cannot be narrowed",
            "leave `credential` out, or say `token` or `dpop`",
        )
    if is_wallet and form == "token":
        raise UsageError("a token cannot be bound to a wallet", 'use `credential="dpop"`')
    return form
