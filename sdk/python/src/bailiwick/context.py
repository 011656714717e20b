"""What an API knows of a request once it is verified."""

from __future__ import annotations

import re
from dataclasses import dataclass

_TRACE = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})\Z")


@dataclass(frozen=True)
class Agent:
    """The agent that sent the request. Of one that signed by itself, only what its key's entry
    says is known."""

    name: str
    id: str | None = None
    subject: str | None = None
    project: str | None = None
    owner: str | None = None
    kind: str | None = None


@dataclass(frozen=True)
class Trace:
    """The request's place in a trace (W3C Trace Context)."""

    traceparent: str
    trace_id: str
    span_id: str


@dataclass(frozen=True)
class Context:
    """Who is behind a request, for whom, and by what task.

    `person` is the person (`psn_…`) by whose authority the agent acts, where it is one's;
    `on_behalf_of` says it for agents too. `chain` has the subjects of those who act, the present
    one first. `strength` is `key`, `mac` or `bearer`.
    """

    agent: Agent
    strength: str
    person: str | None = None
    on_behalf_of: str | None = None
    chain: tuple[str, ...] = ()
    task: str | None = None
    purpose: str | None = None
    scopes: tuple[str, ...] = ()
    operation: str | None = None
    request_id: str | None = None
    trace: Trace | None = None


def trace_in(lines: list[str]) -> Trace | None:
    """The trace that `traceparent` names; None where it is missing or malformed."""
    found = _TRACE.match(lines[0]) if len(lines) == 1 else None
    if found is None or not found.group(1).strip("0") or not found.group(2).strip("0"):
        return None
    return Trace(found.group(), found.group(1), found.group(2))
