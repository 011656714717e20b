"""Coming in at a real server: by an invite, by asking, and not at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from server import Installation

from bailiwick import (
    Client,
    DenialError,
    EnrollmentError,
    FileStore,
    UsageError,
    bootstrap,
    discover,
)

Enroll = Callable[..., Client]


def test_an_agent_enrolls_once_and_is_known_again(
    installation: Installation, tmp_path: Path, name: str
) -> None:
    store = FileStore(tmp_path / "agent.key")

    def start() -> Client:
        return bootstrap(
            installation.authority,
            invite_code=code,
            name=name,
            owner="support@acme.example",
            purpose="tests",
            store=store,
        )

    code = installation.invite("tickets:read")
    with start() as client:
        assert client.get("/tickets-api/tickets/42").json()["path"] == "/tickets/42"
        first = client.agent
    # The invite is used up; the agent needs none any more.
    with start() as client:
        assert client.agent == first
        assert client.get("/tickets-api/tickets/42").status_code == 200
    with Client(installation.authority, key=tmp_path / "agent.key") as client:
        assert client.signed_fetch("/tickets-api/tickets/43?a=%20b").json()["path"].endswith("%20b")
        assert client.me()["agent"]["purpose"] == "tests"
    assert (tmp_path / "agent.key").stat().st_mode & 0o777 == 0o600


def test_a_key_is_one_agents(installation: Installation, enroll: Enroll, tmp_path: Path) -> None:
    client = enroll()
    with pytest.raises(UsageError, match="not somebody-else's"):
        bootstrap(
            installation.authority,
            invite_code=installation.invite(),
            name="somebody-else",
            owner="support@acme.example",
            purpose="tests",
            store=FileStore(tmp_path / f"{client.agent.name}.key"),
        )


def test_people_let_an_agent_in(installation: Installation, tmp_path: Path, name: str) -> None:
    project = f"ask-{name}"
    asks = {"name": project, "registration": "ask", "scopes": ["tickets:read"]}
    installation.operate("POST", "/projects", asks)
    heard = []

    def on_pending(enrolled: object) -> None:
        heard.append(enrolled)
        agent = enrolled.agent_id  # type: ignore[attr-defined]
        installation.operate("POST", f"/agents/{agent}/approve", {})

    with bootstrap(
        installation.authority,
        project_id=project,
        name=name,
        owner="support@acme.example",
        purpose="tests",
        store=FileStore(tmp_path / "agent.key"),
        on_pending=on_pending,
    ) as client:
        assert client.get("/tickets-api/tickets/1").status_code == 200
    assert [it.status for it in heard] == ["pending"]


def test_what_takes_agents_can_be_asked_for(installation: Installation, name: str) -> None:
    installation.operate("POST", "/projects", {"name": f"open-{name}", "registration": "open"})
    told = {it["name"]: it["registration"] for it in discover(installation.authority)["projects"]}
    assert told[f"open-{name}"] == "open"
    with pytest.raises(DenialError, match="credential_missing"):
        discover(installation.gateway)


def test_people_keep_an_agent_out(installation: Installation, tmp_path: Path, name: str) -> None:
    installation.operate("POST", "/projects", {"name": f"no-{name}", "registration": "ask"})

    def on_pending(enrolled: object) -> None:
        agent = enrolled.agent_id  # type: ignore[attr-defined]
        installation.operate("POST", f"/agents/{agent}/refuse", {"because": "nobody knows it"})

    with pytest.raises(EnrollmentError) as caught:
        bootstrap(
            installation.authority,
            project_id=f"no-{name}",
            name=name,
            owner="support@acme.example",
            purpose="tests",
            store=FileStore(tmp_path / "agent.key"),
            on_pending=on_pending,
        )
    assert caught.value.code == "agent_retired"
    assert "ask why" in str(caught.value)


def test_an_invite_that_cannot_be_used_says_so(
    installation: Installation, tmp_path: Path, name: str
) -> None:
    once = installation.invite("tickets:read")

    def come(code: str, named: str) -> None:
        bootstrap(
            installation.authority,
            invite_code=code,
            name=named,
            owner="support@acme.example",
            purpose="tests",
            store=FileStore(tmp_path / f"{named}.key"),
        ).close()

    come(once, name)
    for code, why in (("bwi_" + "0" * 49, None), (once, "the invite has been used up")):
        with pytest.raises(EnrollmentError) as caught:
            come(code, "late")
        assert (caught.value.code, caught.value.detail) == ("invite_unusable", why)
        assert "ask an operator for a new invite" in str(caught.value)
