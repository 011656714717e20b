"""What goes wrong says what it is and what to do about it."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from scripted import ME, Scripted, denial
from server import serving

from bailiwick import (
    Client,
    Clock,
    ClockError,
    DenialError,
    EnrollmentError,
    EnvironmentStore,
    FileStore,
    KeyUnusableError,
    MemoryStore,
    Retry,
    UnreachableError,
    UsageError,
    Wallet,
    bootstrap,
    generate_key,
)
from bailiwick.stores import save_key

# Keys


def wrong(text: str | None, tmp_path: Path) -> str:
    path = tmp_path / "agent.key"
    if text is not None:
        path.touch(0o600)
        path.write_text(text)
    with pytest.raises(KeyUnusableError) as caught:
        Client("http://127.0.0.1:1", key=path)
    return str(caught.value)


def test_a_wrong_key_file_says_what_is_wrong(tmp_path: Path) -> None:
    public = generate_key().public
    assert public is not None
    folder = tmp_path / "folder"
    folder.mkdir()
    assert "there is no file" in wrong(None, tmp_path)
    assert "`bailiwick key new FILE`" in wrong(json.dumps(public.jwk), tmp_path)
    assert "PEM is not read" in wrong("-----BEGIN PRIVATE KEY-----\nAAAA\n", tmp_path)
    assert "not one JSON object" in wrong("", tmp_path)
    assert "not one JSON object" in wrong('{"kty": "OKP", "kty": "OKP"}', tmp_path)
    assert "`kty` is missing" in wrong("{}", tmp_path)
    assert "kind that is not used" in wrong('{"kty": "RSA", "n": "AA"}', tmp_path)
    assert "larger than 4 KiB" in wrong(json.dumps({"kty": "a" * 5000}), tmp_path)
    mixed = generate_key().private_jwk() | {"x": public.jwk["x"]}
    assert "not its private part's own" in wrong(json.dumps(mixed), tmp_path)
    secp = {"kty": "EC", "crv": "secp256k1", "x": "AA", "y": "AA", "d": "AA"}
    assert "pass `wallet=" in wrong(json.dumps(secp), tmp_path)
    with pytest.raises(KeyUnusableError, match="cannot be read"):
        Client("http://127.0.0.1:1", key=folder)


def test_a_key_that_others_can_read_is_not_used(tmp_path: Path) -> None:
    path = tmp_path / "agent.key"
    save_key(FileStore(path), generate_key())
    path.chmod(0o640)
    with pytest.raises(KeyUnusableError, match="chmod 600"):
        Client("http://127.0.0.1:1", key=path)


def test_a_store_without_a_key_or_without_room_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(KeyUnusableError, match="holds no key"):
        Client("http://127.0.0.1:1", store=MemoryStore())
    (tmp_path / "file").touch()
    with pytest.raises(KeyUnusableError, match="cannot be written"):
        FileStore(tmp_path / "file" / "agent.key").save("{}")
    monkeypatch.setenv("AGENT_KEY", json.dumps(generate_key().private_jwk()))
    Client("http://127.0.0.1:1", store=EnvironmentStore("AGENT_KEY")).close()
    with pytest.raises(UsageError, match=r"\$AGENT_KEY by this process"):
        EnvironmentStore("AGENT_KEY").save("{}")


def test_calls_that_make_no_sense_are_refused() -> None:
    key = generate_key()
    with pytest.raises(UsageError, match="exactly one"):
        Client("http://127.0.0.1:1")
    with pytest.raises(UsageError, match="exactly one"):
        Client("http://127.0.0.1:1", key=key, store=MemoryStore())
    with pytest.raises(UsageError, match="is not an origin"):
        Client("authority.example", key=key)
    with pytest.raises(UsageError, match="there is no option"):
        Client("http://a.example", key=key, prof="dpop")  # type: ignore[call-arg]
    with pytest.raises(UsageError, match="there is no credential"):
        Client("http://a.example", key=key, credential="none")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="is a list"):
        Client("http://a.example", key=key, scopes="tickets:read")
    with pytest.raises(KeyUnusableError, match="address"):
        Wallet("0x12", lambda _: b"")
    for invite, project in ((None, None), ("a", "b")):
        with pytest.raises(UsageError, match="`invite_code` or a `project_id`"):
            enrolling("http://127.0.0.1:1", invite_code=invite, project_id=project)
    with pytest.raises(UsageError, match="not an agent's name"):
        enrolling("http://127.0.0.1:1", name="../agent")
    with Client("http://a.example", key=key, gateway="http://g.example") as client:
        with pytest.raises(UsageError, match="one slash"):
            client.get("tickets")
        for register in (None, lambda _: None):
            with pytest.raises(UsageError, match="lost with this process"):
                client.rotate_key(register)
        with pytest.raises(UsageError, match="and not both"):
            client.on_behalf_of()


# Enrollment


def enrolling(server: str, **told: Any) -> Client:
    given = {"name": "agent", "owner": "support", "purpose": "tests", "store": MemoryStore()}
    return bootstrap(server, **{**given, **told})


def test_a_refused_enrollment_says_why(server: Scripted) -> None:
    refusals = {
        "invite_unusable": (403, "ask an operator for a new invite"),
        "identity_taken": (409, "choose another name and make a new key pair"),
        "invite_needed": (403, "ask an operator for an invite, and register with it"),
    }
    for code, (status, hint) in refusals.items():
        server.script = [denial(code, status, hint=hint)]
        with pytest.raises(EnrollmentError) as caught:
            enrolling(server.url, invite_code="bwi_expired")
        assert caught.value.code == code
        assert str(caught.value).endswith(hint)
        assert "bwi_expired" not in str(caught.value)


def test_an_enrollment_that_nobody_decides_ends(server: Scripted) -> None:
    server.script = [(202, {**ME, "status": "pending", "gateway": server.url})]
    with pytest.raises(EnrollmentError, match="start again later"):
        enrolling(server.url, project_id="support", wait_seconds=0)


def test_what_is_no_authority_is_told_apart(server: Scripted) -> None:
    for status, body in ((200, {}), (404, {"message": "not here"}), (302, {})):
        server.script = [(status, body)]
        with pytest.raises(Exception, match=r"did not say who|is that a Bailiwick authority"):
            enrolling(server.url, invite_code="bwi_x")


def test_an_unreachable_server_is_named() -> None:
    with serving(Scripted()) as gone:
        url = gone.url
    with (
        Client(url, key=generate_key(), retry=Retry(2, 0.001)) as client,
        pytest.raises(UnreachableError) as caught,
    ):
        client.get("/x")
    assert url in str(caught.value)
    assert "check that it runs there" in str(caught.value)


# Clocks


@pytest.mark.parametrize("ahead", [-250, 250])
def test_the_servers_clock_is_learned(server: Scripted, client: Client, ahead: int) -> None:
    server.ahead_seconds = ahead  # type: ignore[attr-defined]
    server.script = [(200, {})]
    client.get("/x")
    assert created(server.seen[0]) == pytest.approx(time.time() + ahead, abs=3)


def test_a_refused_time_is_put_right_at_once(server: Scripted) -> None:
    server.script = [denial("signature_expired", 401, retryable=True), (200, {})]
    clock = Clock(lambda: time.time() - 200)
    with Client(server.url, key=generate_key(), gateway=server.url, clock=clock) as client:
        assert client.post("/x", json={}).status_code == 200
    assert created(server.seen[0]) == pytest.approx(time.time() - 200, abs=3)
    assert created(server.seen[1]) == pytest.approx(time.time(), abs=3)


def test_a_clock_that_is_far_off_is_said(server: Scripted) -> None:
    clock = Clock(lambda: time.time() - 3 * 86_400)
    with (
        Client(server.url, key=generate_key(), clock=clock) as client,
        pytest.raises(ClockError, match=r"25\d\d\d\d s behind the server's.*set the clock"),
    ):
        client.get("/x")


def test_the_apis_clock_is_its_own(server: Scripted, client: Client) -> None:
    server.script = [(200, {})] * 2
    client.get("/x")
    server.ahead_seconds = 7200  # type: ignore[attr-defined]
    client.get("/x")
    assert client._session.clock.offset_seconds == 0.0


def test_an_api_cannot_have_a_key_replaced(server: Scripted) -> None:
    asked: list[object] = []
    server.script = [denial("credential_revoked", 401)]
    with (
        Client(
            server.url, key=generate_key(), on_rotation=asked.append, gateway=server.url
        ) as client,
        pytest.raises(DenialError, match="credential_revoked"),
    ):
        client.get("/x")
    assert asked == []


def test_a_time_that_stays_refused_is_said(server: Scripted, client: Client) -> None:
    server.script = [denial("signature_window", 401)]
    with pytest.raises(ClockError, match=r"signature_window.*set the clock"):
        client.get("/x")


def created(seen: tuple[str, dict[str, str]]) -> int:
    return int(seen[1]["signature-input"].partition(";created=")[2].partition(";")[0])
