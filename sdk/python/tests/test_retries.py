"""What is tried again, and what is not."""

from __future__ import annotations

from typing import Any

import pytest
from scripted import Scripted, denial

from bailiwick import Client, DenialError, UnreachableError, generate_key


@pytest.mark.parametrize("method", ["GET", "OPTIONS", "PUT", "DELETE"])
def test_what_is_safe_is_tried_again_newly_signed(
    server: Scripted, client: Client, method: str
) -> None:
    server.script = [denial("upstream_failed", 502, retryable=True)] * 2 + [(200, {})]
    assert client.request(method, "/x").status_code == 200
    assert len({fields["signature-input"] for _, fields in server.seen}) == 3


def test_what_is_not_safe_is_not(server: Scripted, client: Client) -> None:
    for code, status in (("upstream_failed", 502), ("nonce_replayed", 401)):
        for method in ("POST", "PATCH"):
            server.script = [denial(code, status, retryable=True)]
            with pytest.raises(DenialError, match=code):
                client.request(method, "/x", json={})
    server.script = [denial("scope_missing", 403, retryable=False)]
    with pytest.raises(DenialError, match="scope_missing"):
        client.get("/x")
    server.script = [denial("upstream_failed", 502, retryable=True), (200, {})]
    assert client.post("/x", headers={"Idempotency-Key": "1"}).status_code == 200


def test_what_was_refused_beforehand_is_tried_again_whatever_it_is(
    server: Scripted, client: Client
) -> None:
    server.fields = {"Retry-After": "0"}
    busy = [denial("rate_limited", 429, retryable=True), denial("unavailable", 503, retryable=True)]
    server.script = [*busy, (200, {})]
    assert client.post("/x", json={}).status_code == 200


def test_retry_after_is_honored(server: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    paused: list[float] = []
    monkeypatch.setattr("bailiwick.drive.time.sleep", paused.append)
    server.fields = {"Retry-After": "7"}
    server.script = [denial("unavailable", 503, retryable=True), (200, {})]
    with Client(server.url, key=generate_key()) as client:
        client.get("/x")
        server.fields = {"Retry-After": "31"}
        server.script = [denial("rate_limited", 429, retryable=True)]
        with pytest.raises(DenialError) as caught:
            client.get("/x")
    assert (paused, caught.value.retry_after) == ([7.0], 31.0)


def test_no_time_passes_backwards(server: Scripted, client: Client) -> None:
    for seconds in (-5, True, "7", 10**12, None):
        told = denial("unavailable", 503, retryable=True, retry_after_seconds=seconds)
        server.script = [told, (200, {})]
        assert client.get("/x").status_code == 200


def test_tries_end(server: Scripted, client: Client) -> None:
    server.script = [denial("unavailable", 503, retryable=True)] * 9
    with pytest.raises(DenialError, match="unavailable"):
        client.get("/x")
    assert len(server.seen) == 4


def test_the_apis_own_answers_are_its_own(server: Scripted, client: Client) -> None:
    for status in (202, 404, 429, 503):
        server.script = [(status, {"type": "about:blank", "code": "rate_limited"})]
        assert client.get("/x").status_code == status


def test_a_broken_connection_sends_the_same_bytes_once_more(
    server: Scripted, client: Client
) -> None:
    server.script = [(0, {}), (200, {})]
    assert client.post("/x", json={}).status_code == 200
    first, second = (fields["signature-input"] for _, fields in server.seen)
    assert first == second
    server.script = [(0, {}), denial("nonce_replayed", 401, retryable=True)]
    with pytest.raises(UnreachableError, match="nothing was done twice"):
        client.post("/x", json={})
    server.script = [(0, {}), (0, {})]
    with pytest.raises(UnreachableError):
        client.post("/x", json={})


def test_approvals_that_run_out_are_not_asked_for_anew(server: Scripted) -> None:
    def pending(number: int) -> tuple[int, dict[str, Any]]:
        told = {"id": f"apr_{number}", "status": "pending", "url": "u", "expires_at": "e"}
        return denial("approval_pending", 202, retryable=True, approval=told)

    asked: list[object] = []
    server.fields = {"Retry-After": "0"}
    server.script = [pending(1), pending(1), pending(2)]
    with (
        Client(server.url, key=generate_key(), on_approval=asked.append) as client,
        pytest.raises(DenialError, match="approval_pending"),
    ):
        client.post("/x", json={})
    assert len(asked) == 1
    assert [fields.get("x-approval-id") for _, fields in server.seen] == [None, "apr_1", "apr_1"]
    assert [fields.get("prefer") for _, fields in server.seen] == [None, "wait=30", "wait=30"]
