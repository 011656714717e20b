"""What an agent asks its authority for beside requests: tasks, others' authority, tokens."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from . import credentials
from ._generated import BudgetsObject
from .credentials import AccessToken, Grant, Narrowing, Using
from .errors import AnswerError, DenialError, UsageError
from .flow import Flow
from .session import Form, Session


@dataclass(frozen=True)
class Draft:
    """A task to be opened."""

    purpose: str
    scopes: Iterable[str] | None = None
    ttl_seconds: int | None = None
    budgets: BudgetsObject | None = None
    resources: Iterable[str] | None = None
    authorization_details: Iterable[Mapping[str, Any]] | None = None
    subject_token: str | None = None

    def body(self) -> dict[str, Any]:
        """What is sent; what is not said is left out."""
        told: dict[str, Any] = {
            "purpose": self.purpose,
            "scopes": listed(self.scopes, "scopes"),
            "ttl_seconds": self.ttl_seconds,
            "budgets": self.budgets,
            "resources": listed(self.resources, "resources"),
            "authorization_details": listed(self.authorization_details, "authorization_details"),
            "subject_token": self.subject_token,
        }
        return {name: value for name, value in told.items() if value is not None}


def open_task(session: Session, draft: Draft) -> Flow[tuple[str, Using]]:
    """Opens a task; its id, and how requests of it are authorized."""
    dpop = by_token(session) == "dpop"
    key = session.dpop if dpop else None
    told = yield from session.ask("POST", "/api/agents/tasks", body=draft.body(), dpop=key)
    task = told.get("task_id")
    if not isinstance(task, str):
        raise AnswerError("the authority did not say which task it opened")
    grant = credentials.client_credentials(task=task)
    if told.get("access_token") is not None:
        credentials.keep_token(session, (grant, dpop), told)
    derived = session.form == "derived"
    return task, Using("derived" if derived else by_token(session), grant, task)


def close_task(session: Session, using: Using) -> Flow[None]:
    """Closes a task. One that is over already is closed."""
    try:
        yield from session.ask("DELETE", f"/api/agents/tasks/{using.task}")
    except DenialError as denial:
        if denial.code not in ("not_found", "task_closed"):
            raise
    finally:
        for key in ((using.grant, False), (using.grant, True), ("derived", using.task)):
            session.held.pop(key, None)


def own(session: Session) -> Using:
    """How the agent's own requests are authorized."""
    return Using(session.form, credentials.client_credentials(usual(session)))


def usual(session: Session) -> Narrowing:
    """How much of what the agent may its client is for."""
    settings = session.settings
    return Narrowing(settings.scopes, settings.audience, settings.resource)


def narrowing(
    scopes: Iterable[str] | None,
    audience: Iterable[str] | None,
    resource: Iterable[str] | None,
) -> Narrowing:
    """What was said of it."""
    wanted = listed(scopes, "scopes")
    apis, resources = listed(audience, "audience"), listed(resource, "resource")
    return Narrowing(
        None if wanted is None else tuple(wanted), tuple(apis or ()), tuple(resources or ())
    )


def delegated(
    session: Session,
    subject_token: str | AccessToken | None,
    assertion: str | None,
    *,
    token_type: str,
    narrowed: Narrowing,
) -> Using:
    """How requests by somebody else's authority are authorized."""
    if (subject_token is None) == (assertion is None):
        raise UsageError("pass a `subject_token` or an `assertion`", "and not both")
    if subject_token is not None:
        text = subject_token.value if isinstance(subject_token, AccessToken) else subject_token
        grant = credentials.exchange(text, token_type, narrowed)
    else:
        grant = credentials.assertion(assertion or "", narrowed)
    return Using(by_token(session), grant)


def own_grant(
    session: Session, narrowed: Narrowing, ttl_seconds: int | None, may_act: str | None
) -> Grant:
    """What a token of the agent's own is asked for with."""
    chosen = narrowed if narrowed.is_narrow() else usual(session)
    return credentials.client_credentials(chosen, ttl_seconds=ttl_seconds, may_act=may_act)


def revoke(session: Session, token: str | AccessToken) -> Flow[None]:
    """Takes a token back (RFC 7009), and all that was exchanged from it."""
    text = token.value if isinstance(token, AccessToken) else token
    for key, held in list(session.held.items()):
        if getattr(held.what, "value", None) == text:
            session.held.pop(key, None)
    yield from session.ask("POST", "/oauth/revoke", form=[("token", text)])


def by_token(session: Session) -> Form:
    """How tokens are proven: by the agent's key, or by DPoP: chosen, or for a wallet."""
    wants_dpop = session.form == "dpop" or session.wallet is not None
    return "dpop" if wants_dpop else "token"


def listed(value: Iterable[Any] | None, name: str) -> list[Any] | None:
    """The value as a list; a text is one thing and not a list of letters."""
    if isinstance(value, str):
        raise UsageError(f"`{name}` is a list", f"as in {name}=['…']")
    return None if value is None else list(value)
