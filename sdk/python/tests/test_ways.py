"""Other ways to the same: the event loop, `httpx`, `httpx2`, `requests`, and a wallet."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import anyio
import httpx
import httpx2
import pytest
import requests
from eth_account import Account
from eth_account.messages import encode_defunct
from server import EchoServer, Installation

from bailiwick import (
    AsyncClient,
    Client,
    DenialError,
    FileStore,
    RedirectError,
    UsageError,
    Wallet,
    bootstrap,
    bootstrap_async,
    raise_for_denial,
)
from bailiwick.httpx2_auth import httpx2_auth
from bailiwick.requests_adapter import BailiwickAdapter

Enroll = Callable[..., Client]
PATH = "/tickets-api/tickets"


def test_all_of_it_on_the_event_loop(installation: Installation, tmp_path: Path, name: str) -> None:
    async def approve(approval: object) -> None:
        def decide() -> None:
            installation.approve(approval.id)  # type: ignore[attr-defined]

        await anyio.to_thread.run_sync(decide)

    async def live() -> None:
        async with await bootstrap_async(
            installation.authority,
            invite_code=installation.invite("tickets:read", "tickets:write"),
            name=name,
            owner="support@acme.example",
            purpose="tests",
            store=FileStore(tmp_path / "agent.key"),
            on_approval=approve,
            credential="derived",
        ) as client:
            await on_the_loop(installation, client)

    anyio.run(live)


async def on_the_loop(installation: Installation, client: AsyncClient) -> None:
    agent = await client.agent()
    answers: list[httpx.Response] = []

    async def call() -> None:
        answers.append(await client.get(f"{PATH}/1"))

    async with anyio.create_task_group() as group:
        for _ in range(8):
            group.start_soon(call)
    assert [it.status_code for it in answers] == [200] * 8
    async with client.task("a purpose", ["tickets:read"]) as task:
        told = (await task.get(f"{PATH}/1")).json()["headers"]
        assert told["x-agent-task"] == task.id
    token = await client.token(["tickets:read"])
    await client.revoke_token(token)
    async with client.stream("GET", f"{PATH}/1") as response:
        assert (await response.aread()).startswith(b"{")
    assert (await client.post("/tickets-api/refunds", json={"order": 1})).status_code == 200

    def register(jwk: dict[str, str]) -> str:
        return installation.add_key(agent.agent_id, jwk)

    assert (await client.rotate_key(register)).key_id != agent.key_id
    installation.revoke_key(agent.key_id)
    assert (await client.get(f"{PATH}/1")).status_code == 200
    with pytest.raises(DenialError, match="scope_missing"):
        await client.get("/tickets-api/secrets")


def test_a_coroutine_does_not_pass_for_an_answer(
    enroll: Enroll,
) -> None:
    async def approve(approval: object) -> None:
        raise AssertionError

    with pytest.raises(UsageError, match="coroutine"):
        enroll(on_approval=approve).post("/tickets-api/refunds", json={})


@pytest.mark.parametrize("form", ["signature", "derived", "token", "dpop"])
def test_a_client_of_httpx_signs(installation: Installation, enroll: Enroll, form: str) -> None:
    agent = enroll(credential=form, on_approval=lambda it: installation.approve(it.id))
    with httpx.Client(base_url=installation.gateway, auth=agent.auth()) as http:
        assert http.post(PATH, json={"a": 1}).json()["body"] == '{"a":1}'
        assert http.post("/tickets-api/refunds", json={"a": 1}).status_code == 200
        denied = http.get("/tickets-api/secrets")
        assert denied.status_code == 403
        with pytest.raises(DenialError, match="secrets:read"):
            raise_for_denial(denied)

    async def live() -> None:
        async with httpx.AsyncClient(base_url=installation.gateway, auth=agent.auth()) as http:
            assert (await http.post(PATH, json={"a": 1})).status_code == 200
            assert (await http.get("/tickets-api/secrets")).status_code == 403

    anyio.run(live)


def test_a_client_of_httpx2_signs(installation: Installation, enroll: Enroll) -> None:
    agent = enroll(credential="dpop")
    with httpx2.Client(base_url=installation.gateway, auth=httpx2_auth(agent)) as http:
        assert http.post(PATH, json={"a": 1}).json()["body"] == '{"a":1}'
        with pytest.raises(DenialError, match="secrets:read"):
            raise_for_denial(http.get("/tickets-api/secrets"))

    async def live() -> None:
        auth = httpx2_auth(agent)
        async with httpx2.AsyncClient(base_url=installation.gateway, auth=auth) as http:
            assert (await http.post(PATH, json={"a": 1})).status_code == 200

    anyio.run(live)


def test_a_task_signs_for_httpx(installation: Installation, enroll: Enroll) -> None:
    with (
        enroll().task("a purpose", ["tickets:read"]) as task,
        httpx.Client(base_url=installation.gateway, auth=task.auth()) as http,
    ):
        assert http.get(f"{PATH}/1").json()["headers"]["x-agent-task"] == task.id


def test_httpx_is_not_led_elsewhere(
    installation: Installation, enroll: Enroll, upstream: EchoServer
) -> None:
    auth = enroll().auth()
    upstream.location = f"{upstream.url}/elsewhere"
    with httpx.Client(base_url=installation.gateway, auth=auth, follow_redirects=True) as http:
        with pytest.raises(RedirectError):
            http.get("/tickets-api/redirect")
        with pytest.raises(UsageError):
            http.get(f"{upstream.url}/x")


@pytest.mark.parametrize("form", ["signature", "derived", "token", "dpop"])
def test_a_session_of_requests_signs(installation: Installation, enroll: Enroll, form: str) -> None:
    agent = enroll(credential=form, on_approval=lambda it: installation.approve(it.id))
    with requests.Session() as session:
        session.mount(installation.gateway, BailiwickAdapter(agent))
        url = installation.gateway + PATH
        assert session.post(url, json={"a": 1}, timeout=30).json()["body"] == '{"a": 1}'
        refunds = f"{installation.gateway}/tickets-api/refunds"
        assert session.post(refunds, data=b"x", timeout=30).status_code == 200
        denied = session.get(f"{installation.gateway}/tickets-api/secrets", timeout=30)
        assert denied.status_code == 403
        with pytest.raises(DenialError, match="secrets:read"):
            raise_for_denial(denied)


def test_requests_is_not_led_elsewhere(
    installation: Installation, enroll: Enroll, upstream: EchoServer
) -> None:
    with requests.Session() as session:
        session.mount(installation.gateway, BailiwickAdapter(enroll()))
        upstream.location = "/tickets-api/tickets/1"
        url = f"{installation.gateway}/tickets-api/redirect"
        assert session.get(url, timeout=30).json()["path"] == "/tickets/1"
        before = len(upstream.received)
        upstream.location = f"{upstream.url}/elsewhere"
        with pytest.raises(RedirectError):
            session.get(url, timeout=30)
        assert upstream.received[before:] == ["/redirect"]
        with pytest.raises(UsageError, match="not known yet"):
            session.post(url, data=iter([b"a"]), timeout=30)


@pytest.mark.parametrize("draft", [True, False])
def test_a_wallet_signs(installation: Installation, name: str, draft: bool) -> None:
    account = Account.create()

    def sign(message: bytes) -> bytes:
        return bytes(account.sign_message(encode_defunct(message)).signature)

    def start() -> Client:
        return bootstrap(
            installation.authority,
            invite_code=code,
            name=f"wallet-{name}",
            owner="support@acme.example",
            purpose="tests",
            wallet=Wallet(account.address, sign, draft=draft),
        )

    code = installation.invite("tickets:read", "tickets:write")
    with start() as client:
        assert client.post(PATH, json={"a": 1}).status_code == 200
        assert client.get(f"{PATH}/1?a=b").status_code == 200
        with client.task("a purpose", ["tickets:read"]) as task:
            assert task.get(f"{PATH}/1").status_code == 200
    with start() as client:
        assert client.agent.name == f"wallet-{name}"
    with Client(
        installation.authority, wallet=Wallet(account.address, sign), credential="derived"
    ) as it:
        assert it.get(f"{PATH}/1").status_code == 200
    with pytest.raises(UsageError, match="dpop"):
        Client(installation.authority, wallet=Wallet(account.address, sign), credential="token")
