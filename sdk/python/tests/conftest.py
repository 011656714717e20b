"""One installation for all tests that need a server."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from scripted import Scripted
from server import EchoServer, Installation, serving

from bailiwick import Client, FileStore, Retry, bootstrap, generate_key

SCOPES = ("tickets:read", "tickets:write")
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def upstream() -> Iterator[EchoServer]:
    with serving(EchoServer()) as server:
        yield server


@pytest.fixture(scope="session")
def installation(
    tmp_path_factory: pytest.TempPathFactory, upstream: EchoServer
) -> Iterator[Installation]:
    made = Installation.made(tmp_path_factory.mktemp("server") / "acme", upstream)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def name() -> str:
    """A name that no agent has."""
    return f"agent-{next(_numbers)}x{next(_numbers)}"


@pytest.fixture
def enroll(installation: Installation, tmp_path: Path) -> Iterator[Callable[..., Client]]:
    """Enrolls an agent of a fresh name."""
    clients: list[Client] = []

    def enrolled(*scopes: str, **options: Any) -> Client:
        agent = f"agent-{next(_numbers)}x{next(_numbers)}"
        client = bootstrap(
            installation.authority,
            invite_code=installation.invite(*(scopes or SCOPES)),
            name=agent,
            owner="support@acme.example",
            purpose="tests",
            **{"store": FileStore(tmp_path / f"{agent}.key"), **options},
        )
        clients.append(client)
        return client

    yield enrolled
    for client in clients:
        client.close()


@pytest.fixture
def server() -> Iterator[Scripted]:
    with serving(Scripted()) as scripted:
        assert isinstance(scripted, Scripted)
        yield scripted


@pytest.fixture
def client(server: Scripted) -> Iterator[Client]:
    with Client(server.url, key=generate_key(), retry=Retry(first_seconds=0.001)) as made:
        yield made
