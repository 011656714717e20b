"""Coming in: a key is made and stored, the agent registers with it, and waits where people decide.
Started again, it finds that it is known, and is ready at once."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

from .errors import DenialError, EnrollmentError, UsageError
from .flow import Flow, Pause, Tell
from .session import Enrolled, Session, enrolled_in
from .sign import KeyIdentity

_FIRST_SECONDS, _MOST_SECONDS = 2.0, 30.0


@dataclass(frozen=True)
class Application:
    """Who wants to come in."""

    name: str
    owner: str
    purpose: str
    invite_code: str | None = None
    project_id: str | None = None
    kind: str = "autonomous"
    on_pending: Callable[[Any], Any] | None = None
    wait_seconds: float = 600.0

    def body(self, session: Session) -> dict[str, Any]:
        """What is sent."""
        told: dict[str, Any] = {
            "name": self.name,
            "owner": self.owner,
            "purpose": self.purpose,
            "kind": self.kind,
        }
        if session.wallet is not None:
            told["walletAddress"] = session.wallet.address
        elif isinstance(session.identity, KeyIdentity) and session.identity.key.public:
            told["jwk"] = session.identity.key.public.jwk
        else:
            raise UsageError("a shared secret cannot enroll", "use an Ed25519 or P-256 key")
        if self.invite_code is not None:
            return told | {"inviteCode": self.invite_code}
        return told | {"projectId": self.project_id}


def enroll(session: Session, application: Application, *, is_new: bool) -> Flow[Enrolled]:
    """Comes in, or finds that the agent is in already; returns once it is active."""
    if (application.invite_code is None) == (application.project_id is None):
        raise UsageError("name an `invite_code` or a `project_id`", "and not both")
    enrolled = None if is_new else (yield from _known(session))
    if enrolled is None:
        way = "register" if application.invite_code is not None else "request-access"
        told = yield from session.ask(
            "POST",
            f"/api/agents/{way}",
            body=application.body(session),
            kind=EnrollmentError,
        )
        enrolled = enrolled_in(told)
    elif enrolled.name != application.name:
        raise UsageError(
            f"the stored key is {enrolled.name}'s, not {application.name}'s",
            "give each agent a store of its own",
        )
    enrolled = yield from _wait(session, enrolled, application)
    if session.wallet is None and isinstance(session.identity, KeyIdentity):
        session.identity = KeyIdentity(session.identity.key, enrolled.key_id)
    session.take(enrolled)
    return enrolled


def _known(session: Session) -> Generator[Any, Any, Enrolled | None]:
    try:
        return enrolled_in((yield from session.me()))
    except DenialError as denial:
        if denial.code != "credential_unknown":
            raise
    return None


def _wait(session: Session, enrolled: Enrolled, application: Application) -> Flow[Enrolled]:
    """Until people have decided."""
    waited, pause = 0.0, _FIRST_SECONDS
    if enrolled.status == "pending" and application.on_pending is not None:
        yield Tell(application.on_pending, enrolled)
        enrolled = enrolled_in((yield from session.me()))
    while enrolled.status == "pending":
        if waited >= application.wait_seconds:
            raise _not_in("agent_pending", "nobody has decided yet; start again later, same store")
        yield Pause(pause)
        waited, pause = waited + pause, min(pause * 2, _MOST_SECONDS)
        enrolled = enrolled_in((yield from session.me()))
    if enrolled.status != "active":
        raise _not_in(f"agent_{enrolled.status}", "an operator refused or ended it; ask why")
    return enrolled


def _not_in(code: str, hint: str) -> EnrollmentError:
    return EnrollmentError(code, problem={"hint": hint})
