"""The whole way of an agent at a real server: it comes in, calls, and is cut off."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from server import EchoServer, Installation

from bailiwick import (
    AccessToken,
    Client,
    DenialError,
    SigningKey,
    TokenError,
    UsageError,
    Verifier,
)
from bailiwick.components import Request

Enroll = Callable[..., Client]


def refused(call: Callable[[], object]) -> DenialError:
    """The refusal of a call."""
    with pytest.raises(DenialError) as caught:
        call()
    return caught.value


def test_what_was_sent_once_is_refused_again(enroll: Enroll) -> None:
    client = enroll()
    answer = client.post("/tickets-api/tickets", json={"title": "printer on fire"})
    again = httpx.Request(
        "POST", answer.request.url, headers=answer.request.headers, content=answer.request.content
    )
    with httpx.Client() as plain:
        replayed = plain.send(again)
    assert (replayed.status_code, replayed.json()["code"]) == (401, "nonce_replayed")


def test_bodies_of_all_kinds_are_signed(enroll: Enroll) -> None:
    client = enroll()
    url = "/tickets-api/tickets"
    assert client.post(url, content=iter([b"one ", b"two"])).json()["body"] == "one two"
    assert "filename" in client.post(url, files={"file": ("a.txt", b"text")}).json()["body"]
    assert client.post(url, data={"a": "b c"}).json()["body"] == "a=b+c"
    assert client.post(url).json()["body"] == ""
    with client.stream("GET", "/tickets-api/tickets/1") as response:
        assert b"".join(response.iter_bytes()).startswith(b"{")


@pytest.mark.parametrize("form", ["derived", "token", "dpop"])
def test_each_proof_is_got_and_accepted(enroll: Enroll, form: str) -> None:
    client = enroll(credential=form)
    assert client.get("/tickets-api/tickets/1").status_code == 200
    assert client.post("/tickets-api/tickets", json={"n": 2}).status_code == 200
    # The second request went by what the first had got.
    assert len(client._session.held) == 1


def test_a_refusal_says_what_is_missing(enroll: Enroll) -> None:
    denial = refused(lambda: enroll("tickets:read").get("/tickets-api/secrets"))
    assert (denial.code, denial.status) == ("scope_missing", 403)
    assert denial.missing_scopes == ("secrets:read",)
    assert denial.hint == "ask the agent's owner for the missing scopes"
    assert not denial.retryable
    assert denial.request_id is not None
    weak = refused(lambda: enroll(credential="derived").get("/strict-api/tickets/1"))
    assert weak.code == "proof_too_weak"


@pytest.mark.parametrize("form", ["signature", "derived", "dpop"])
def test_a_task_closes_what_it_opens(enroll: Enroll, form: str) -> None:
    client = enroll(credential=form)
    with client.task("look at ticket 1", ["tickets:read"], budgets={"calls": 2}) as task:
        told = task.get("/tickets-api/tickets/1").json()["headers"]
        assert told["x-agent-task"] == task.id
        assert told["x-agent-scopes"] == "tickets:read"
        wider = refused(lambda: task.post("/tickets-api/tickets", json={}))
        assert wider.code == "scope_missing"
        assert task.get("/tickets-api/tickets/1").status_code == 200
        spent = refused(lambda: task.get("/tickets-api/tickets/1"))
        assert spent.code == "budget_exhausted"
    assert refused(lambda: task.get("/tickets-api/tickets/1")).code in ENDED
    assert client.get("/tickets-api/tickets/1").status_code == 200


ENDED = ("task_closed", "delegation_revoked", "invalid_grant", "invalid_request", "not_found")


def test_a_task_that_is_not_open_calls_nothing(enroll: Enroll) -> None:
    task = enroll().task("never opened")
    with pytest.raises(Exception, match="the task is not open"):
        task.get("/tickets-api/tickets/1")
    with pytest.raises(Exception, match="the task is not open"):
        task.auth()


def test_one_agent_acts_for_another(enroll: Enroll) -> None:
    first, second = enroll(), enroll()
    handed = first.token(["tickets:read"], may_act=second.agent.name)
    assert handed.value not in f"{handed!r} {handed}"
    delegate = second.on_behalf_of(handed, scopes=["tickets:read"])
    told = delegate.get("/tickets-api/tickets/1").json()["headers"]
    assert told["x-agent-id"] == second.agent.name
    assert told["x-agent-on-behalf-of"] == first.agent.subject
    assert isinstance(delegate.token(), AccessToken)
    first.revoke_token(handed)
    assert refused(lambda: delegate.get("/tickets-api/tickets/1")).code == "delegation_revoked"


def test_more_than_was_granted_is_not_exchanged(enroll: Enroll) -> None:
    first, second = enroll("tickets:read"), enroll()
    delegate = second.on_behalf_of(first.token(), scopes=["tickets:write"])
    with pytest.raises(TokenError) as caught:
        delegate.post("/tickets-api/tickets", json={})
    assert caught.value.code == "invalid_scope"


def test_people_approve_and_the_request_goes_through_once(
    installation: Installation, enroll: Enroll, upstream: EchoServer
) -> None:
    asked = []

    def on_approval(approval: object) -> None:
        asked.append(approval)
        installation.approve(approval.id)  # type: ignore[attr-defined]

    client = enroll(on_approval=on_approval)
    before = upstream.received.count("/refunds")
    answer = client.post("/tickets-api/refunds", json={"order": 7})
    assert answer.json()["body"] == '{"order":7}'
    assert upstream.received.count("/refunds") == before + 1
    assert [it.status for it in asked] == ["pending"]


def test_people_refuse(installation: Installation, enroll: Enroll) -> None:
    client = enroll(on_approval=lambda approval: installation.deny(approval.id))
    denial = refused(lambda: client.post("/tickets-api/refunds", json={"order": 8}))
    assert denial.code == "approval_denied"
    assert "not without a ticket" in str(denial)


def test_nobody_waits_who_did_not_ask_to(enroll: Enroll) -> None:
    denial = refused(lambda: enroll().post("/tickets-api/refunds", json={"order": 9}))
    assert denial.code == "approval_pending"
    assert denial.approval is not None
    assert denial.approval.status == "pending"
    assert denial.approval.url.endswith(denial.approval.id)
    never = enroll(on_approval=lambda _: False)
    code = refused(lambda: never.post("/tickets-api/refunds", json={"order": 9})).code
    assert code == "approval_pending"


def test_a_key_is_rotated_without_a_failed_request(
    installation: Installation, enroll: Enroll, tmp_path: Path
) -> None:
    client = enroll()
    before = client.agent
    beside = Client(installation.authority, key=tmp_path / f"{before.name}.key")
    assert beside.get("/tickets-api/tickets/1").status_code == 200
    after = client.rotate_key(lambda jwk: installation.add_key(before.agent_id, jwk))
    assert (after.agent_id, after.key_id != before.key_id) == (before.agent_id, True)
    installation.revoke_key(before.key_id)
    assert client.get("/tickets-api/tickets/1").status_code == 200
    # A process that was started before finds the new key where the old one was.
    assert beside.get("/tickets-api/tickets/1").status_code == 200
    beside.close()


def test_an_agent_changes_its_key_by_itself_and_the_old_one_goes(
    installation: Installation, enroll: Enroll, tmp_path: Path
) -> None:
    client = enroll(credential="dpop")
    first = client.agent
    path = tmp_path / f"{first.name}.key"
    old = SigningKey.from_jwk(path.read_text())
    for _ in range(2):
        before = client.agent
        assert client.get("/tickets-api/tickets/1").status_code == 200
        after = client.rotate_key()
        assert (after.agent_id, after.key_id != before.key_id) == (before.agent_id, True)
        assert client.get("/tickets-api/tickets/1").status_code == 200
    with Client(installation.authority, key=old) as left:
        code = refused(lambda: left.get("/tickets-api/tickets/1")).code
        assert code == "credential_revoked"
    with Client(installation.authority, key=path) as kept:
        assert kept.get("/tickets-api/tickets/1").status_code == 200
        # What was registered with the first key ends with it, however long the line is.
        installation.revoke_key(first.key_id)
        code = refused(lambda: kept.get("/tickets-api/tickets/1")).code
        assert code == "credential_revoked"


def test_a_key_that_cannot_be_kept_is_not_changed_to_and_is_revoked(
    installation: Installation, enroll: Enroll, tmp_path: Path
) -> None:
    client = enroll()
    path = tmp_path / f"{client.agent.name}.key"
    path.unlink()
    path.mkdir()
    with pytest.raises(Exception, match=path.name):
        client.rotate_key()
    assert installation.key_states(client.agent.agent_id) == ["active", "revoked"]
    assert client.get("/tickets-api/tickets/1").status_code == 200


def test_a_key_that_is_over_is_replaced_when_told(
    installation: Installation, enroll: Enroll
) -> None:
    agents: list[str] = []
    client = enroll(
        on_rotation=lambda jwk: installation.add_key(agents[0], jwk), credential="token"
    )
    agents.append(client.agent.agent_id)
    assert client.get("/tickets-api/tickets/1").status_code == 200
    installation.revoke_key(client.agent.key_id)
    assert client.get("/tickets-api/tickets/1").status_code == 200


def test_somebody_elses_key_is_not_taken(installation: Installation, enroll: Enroll) -> None:
    first, other = enroll(), enroll()
    with pytest.raises(Exception, match="registered for"):
        first.rotate_key(lambda jwk: installation.add_key(other.agent.agent_id, jwk))
    assert first.get("/tickets-api/tickets/1").status_code == 200


@pytest.mark.parametrize("form", ["signature", "derived", "token", "dpop"])
def test_what_is_ended_is_refused_on_the_next_request(
    installation: Installation, enroll: Enroll, form: str
) -> None:
    client = enroll(credential=form)
    assert client.get("/tickets-api/tickets/1").status_code == 200
    agent = client.agent.agent_id
    installation.operate("POST", f"/agents/{agent}/suspend", {})
    assert refused(lambda: client.get("/tickets-api/tickets/1")).code == "agent_suspended"
    installation.operate("POST", f"/agents/{agent}/resume", {})
    assert client.get("/tickets-api/tickets/1").status_code == 200
    installation.revoke_key(client.agent.key_id)
    assert refused(lambda: client.get("/tickets-api/tickets/1")).code == "credential_revoked"


def test_a_restart_of_the_server_is_not_noticed(installation: Installation, enroll: Enroll) -> None:
    clients = [enroll(credential=form) for form in ("signature", "derived", "token", "dpop")]
    for client in clients:
        assert client.get("/tickets-api/tickets/1").status_code == 200
    installation.stop()
    installation.start()
    for client in clients:
        assert client.get("/tickets-api/tickets/1").status_code == 200


def test_only_tokens_are_narrower_than_the_agent(enroll: Enroll) -> None:
    client = enroll(scopes=["tickets:read"], audience=["tickets"])
    told = client.get("/tickets-api/tickets/1").json()["headers"]
    assert told["x-agent-scopes"] == "tickets:read"
    assert refused(lambda: client.post("/tickets-api/tickets", json={})).code == "scope_missing"
    with pytest.raises(UsageError, match="cannot be narrowed"):
        enroll(scopes=["tickets:read"], credential="derived")


def test_what_has_to_wait_too_long_is_not_waited_for(enroll: Enroll) -> None:
    client = enroll()
    assert client.get("/tickets-api/often").status_code == 200
    denial = refused(lambda: client.get("/tickets-api/often"))
    assert denial.code == "rate_limited"
    assert denial.retry_after is not None
    assert denial.retry_after > 30


def test_redirects_stay_within_the_origin(enroll: Enroll, upstream: EchoServer) -> None:
    client = enroll()
    upstream.location = "/tickets-api/tickets/1"
    assert client.get("/tickets-api/redirect").json()["path"] == "/tickets/1"
    upstream.location = "http://elsewhere.example/"
    with pytest.raises(Exception, match="another origin"):
        client.get("/tickets-api/redirect")
    assert client.request("GET", "/tickets-api/redirect", follow_redirects=False).is_redirect


def test_many_threads_buy_one_key(enroll: Enroll) -> None:
    client = enroll(credential="derived")
    bought: list[str] = []
    original = client._driver._call

    def counted(command: Any) -> Any:
        bought.append(command.url)
        return original(command)

    client._driver._call = counted  # type: ignore[method-assign]
    with ThreadPoolExecutor(8) as threads:
        answers = [threads.submit(client.get, "/tickets-api/tickets/1") for _ in range(8)]
    assert {it.result().status_code for it in answers} == {200}
    assert len([url for url in bought if url.endswith("/oauth/derived-key")]) == 1


def test_nothing_is_signed_for_strangers(enroll: Enroll, upstream: EchoServer) -> None:
    before = len(upstream.received)
    for form in ("signature", "token"):
        with pytest.raises(UsageError, match="neither the gateway nor"):
            enroll(credential=form).get(f"{upstream.url}/tickets/1")
    strangers = {"host": enroll().agent.gateway.removeprefix("http://")}
    with pytest.raises(UsageError, match="neither the gateway nor"):
        enroll().get(f"{upstream.url}/tickets/1", headers=strangers)
    assert len(upstream.received) == before


def test_the_api_verifies_what_the_gateway_tells_it(
    installation: Installation, enroll: Enroll
) -> None:
    client = enroll()
    told = client.get("/tickets-api/tickets/1?a=1").json()
    request = Request("GET", "http", "x", "/tickets/1", "a=1", list(told["headers"].items()))
    with httpx.Client() as http:
        verifier = Verifier(issuer=installation.authority, trust_domain="acme.example", http=http)
        context = verifier.verify(request)
        elsewhere = Request("GET", "http", "x", "/tickets/2", "a=1", request.headers)
        assert refused(lambda: verifier.verify(elsewhere)).code == "token_invalid"
    assert context.agent.name == client.agent.name
    assert context.agent.id == client.agent.agent_id
    assert context.scopes == ("tickets:read",)
    assert context.request_id == told["headers"]["x-request-id"]
    assert context.trace is not None
