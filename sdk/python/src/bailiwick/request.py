"""One request of the caller's, from its first try to its answer: authorized anew each time, waiting
for people where it has to, and tried again where that is safe."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from . import rotate
from .credentials import Using, authorize, drop
from .errors import Approval, DenialError, UnreachableError, denial_in
from .flow import Answer, Flow, Pause, Send, Tell, TransportFailedError
from .session import CLOCK, Session, clocked, origin_of, unreachable
from .sign import Target

#: RFC 9110, section 9.2.2.
_IDEMPOTENT = frozenset(["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"])
#: What is refused before anything could happen, so that any request may be sent again.
_BEFORE = frozenset(["rate_limited", "unavailable"]) | CLOCK
#: How long the gateway is asked to hold its answer back while people decide.
HELD_SECONDS = 30
_DEFAULT_LOOK_SECONDS = 5.0
#: The most looks at one approval: people have fifteen minutes, and a held answer takes its time.
_MOST_LOOKS = 500


class Wanted(NamedTuple):
    """The request: its target, and the names of its fields."""

    url: str
    target: Target
    names: Collection[str] = ()

    def is_safe(self) -> bool:
        """Whether sending it twice does no more than sending it once."""
        return self.target.method in _IDEMPOTENT or "idempotency-key" in self.names


class Attempts:
    """The tries of one request."""

    def __init__(self, session: Session, using: Using, wanted: Wanted) -> None:
        self.session = session
        self.using = using
        self.wanted = wanted
        self.tried = 0
        self.mended: set[str] = set()
        self.waiting: Approval | None = None
        self.looks = 0

    def run(self) -> Flow[DenialError | None]:
        """Sends until there is an answer to keep; the refusal that it is, if it is one."""
        session, target = self.session, self.wanted.target
        if session.gateway is None:
            yield from session.ready()
        # Where it goes, and for whom it is meant: `Host` may say something else than the URL.
        session.check_origin(origin_of(self.wanted.url))
        session.check_origin(target.origin)
        while True:
            self.tried += 1
            identity = session.identity
            try:
                fields = yield from authorize(session, self.using, target)
            except DenialError as refused:
                if (yield from self._rotates(refused.code, identity)):
                    continue
                raise
            answer = yield from self._send(fields)
            if answer is None:
                continue
            denial = denial_in(answer.status, answer.headers, answer.body)
            if denial is None:
                session.dpop.learn(target.origin, answer.headers.get("dpop-nonce"))
                return None
            was_wrong = session.learn(target.origin, answer)
            if denial.code == "approval_pending":
                if not (yield from self._waits(denial, answer)):
                    return denial
            elif not (yield from self._mends(denial.code, was_wrong)):
                if (yield from self._rotates(denial.code, identity)):
                    continue
                delay = self._delay(denial)
                if delay is None:
                    told = clocked(denial, session.clock)
                    if not isinstance(told, DenialError):
                        raise told
                    return denial
                yield Pause(delay)

    def _send(self, fields: dict[str, str]) -> Flow[Answer | None]:
        held = 0.0
        self._make_ready_to_be_refused(fields)
        if self.waiting is not None:
            fields["x-approval-id"] = self.waiting.id
            if "prefer" not in self.wanted.names:
                fields["prefer"] = f"wait={HELD_SECONDS}"
                held = float(HELD_SECONDS)
        try:
            answer: Answer = yield Send(fields, held)
        except TransportFailedError as failed:
            safe = self.wanted.is_safe() or not failed.was_sent
            if not safe and failed.was_cut_off:
                return (yield from self._send_the_same(fields, held))
            delay = self.session.retry.delay(self.tried, None) if safe else None
            if delay is None:
                raise unreachable(failed) from failed
            yield Pause(delay)
            return None
        return answer

    def _send_the_same(self, fields: dict[str, str], held: float) -> Flow[Answer]:
        """After the connection was cut off under a request that must not be carried out twice:
        the very same bytes once more, over another connection. Their nonce is good once, so if the
        first were taken these are refused, and that is said."""
        try:
            answer: Answer = yield Send(fields, held)
        except TransportFailedError as failed:
            raise unreachable(failed) from failed
        denial = denial_in(answer.status, answer.headers, answer.body)
        if denial is not None and denial.code == "nonce_replayed":
            raise UnreachableError(
                "the connection broke after the request was received",
                "it may have been carried out; nothing was done twice",
            )
        return answer

    def _make_ready_to_be_refused(self, fields: dict[str, str]) -> None:
        """The first DPoP proof has no nonce and is refused, and a server that refuses before it has
        read the body closes the connection: it is not used for the second try."""
        origin = self.wanted.target.origin
        if self.wanted.target.digest is None or self.using.form != "dpop":
            return
        knows = self.session.dpop.knows(origin)
        fields["connection"] = "keep-alive" if knows else "close"

    def _waits(self, denial: DenialError, answer: Answer) -> Flow[bool]:
        """Whether the request is to be sent again, newly signed, once people have decided."""
        told, approval = self.session.settings.on_approval, denial.approval
        self.looks += 1
        if told is None or approval is None or self.looks > _MOST_LOOKS:
            return False
        self.tried, before, self.waiting = 0, self.waiting, self.waiting or approval
        if before is None:
            return approval.status == "approved" or (yield Tell(told, approval)) is not False
        if approval.id != before.id:
            # Nobody decided in time, and people would be asked anew: that is for the caller to do.
            return False
        if approval.status != "approved" and "preference-applied" not in answer.headers:
            pause = denial.retry_after
            yield Pause(_DEFAULT_LOOK_SECONDS if pause is None else pause)
        return True

    def _mends(self, code: str, was_wrong: bool) -> Flow[bool]:
        """Whether what was refused is put right at once: each such thing once."""
        yield from ()
        if code in self.mended:
            return False
        using = self.using.form
        right = False
        if code in CLOCK:
            right = was_wrong
        elif code == "nonce_missing":
            right = using == "dpop"
        elif code in ("token_expired", "token_invalid"):
            right = using in ("token", "dpop") and drop(self.session, self.using)
        elif code in ("credential_expired", "credential_unknown", "credential_revoked"):
            right = using == "derived" and drop(self.session, self.using)
        if right:
            self.mended.add(code)
        return right

    def _rotates(self, code: str, identity: object) -> Flow[bool]:
        """Whether the agent's key is over and there is another one."""
        if code not in rotate.OVER or "rotated" in self.mended:
            return False
        self.mended.add("rotated")
        return (yield from rotate.renew(self.session, identity))

    def _delay(self, denial: DenialError) -> float | None:
        if not denial.retryable or not (self.wanted.is_safe() or denial.code in _BEFORE):
            return None
        return self.session.retry.delay(self.tried, denial.retry_after)
