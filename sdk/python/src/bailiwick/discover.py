"""Where agents can come in, before they have a key."""

from __future__ import annotations

from typing import cast

import httpx

from ._generated import Discovery
from .drive import TIMEOUT_SECONDS, Blocking
from .encoding import json_object
from .errors import AnswerError, denial_in
from .flow import Answer, Call, Flow, TransportFailedError
from .session import origin_of, unreachable


def discover(server: str, *, http: httpx.Client | None = None) -> Discovery:
    """The projects that take agents, and what an agent could get there; `project_id` of `bootstrap`
    is one of theirs."""
    if http is not None:
        return Blocking(http).run(_ask(server))
    with httpx.Client(timeout=TIMEOUT_SECONDS) as own:
        return Blocking(own).run(_ask(server))


def _ask(server: str) -> Flow[Discovery]:
    url = f"{origin_of(server)}/api/agents/discover"
    try:
        answer: Answer = yield Call("GET", url, {"accept": "application/json"}, b"")
    except TransportFailedError as failed:
        raise unreachable(failed) from failed
    denial = denial_in(answer.status, answer.headers, answer.body)
    if denial is not None:
        raise denial
    told = json_object(answer.body or b"")
    if answer.status != 200 or told is None or not isinstance(told.get("projects"), list):
        raise AnswerError(f"{url} told no projects", "is that a Bailiwick authority?")
    return cast(Discovery, told)
