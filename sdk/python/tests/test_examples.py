"""The examples and the snippets of the guide, as they really run."""

from __future__ import annotations

import os
import re
import runpy
import secrets
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from mcp.server import MCPServer
from server import EchoServer, Installation

from bailiwick import Client, FileStore, bootstrap

HERE = Path(__file__).resolve().parents[1]
EXAMPLES = HERE / "examples"
GUIDE = HERE.parents[1] / "docs" / "src" / "guide" / "python.md"

MORE = """
[[api]]
name = "mcp"
prefix = "/mcp-api"
upstream = "{mcp}"

[[api.operation]]
method = "POST"
path = "/mcp"
scopes = ["tools:call"]

[[api.operation]]
method = "GET"
path = "/mcp"
scopes = ["tools:call"]

[[api.operation]]
method = "DELETE"
path = "/mcp"
scopes = ["tools:call"]
approval = "never"

[[api]]
name = "orders"
prefix = "/orders-api"
upstream = "{orders}"

[[api.operation]]
method = "GET"
path = "/orders/{{number}}"
scopes = ["orders:read"]
"""


def listening() -> tuple[socket.socket, str]:
    """A socket that takes connections before anything serves it."""
    bound = socket.create_server(("127.0.0.1", 0))
    return bound, f"http://127.0.0.1:{bound.getsockname()[1]}"


@contextmanager
def served(app: Any, bound: socket.socket) -> Iterator[None]:
    """Serves an application in a thread of its own."""
    server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()


def tools() -> Any:
    """A tiny MCP server."""
    server = MCPServer("tools")

    @server.tool()
    def add(one: int, other: int) -> int:
        """Adds two numbers."""
        return one + other

    return server.streamable_http_app(json_response=True, stateless_http=True)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, upstream: EchoServer) -> Iterator[Installation]:
    """An installation with an MCP server and the example's API behind it."""
    (for_tools, mcp), (for_orders, orders) = listening(), listening()
    made = Installation.made(tmp_path_factory.mktemp("shop") / "acme", upstream)
    made.more = MORE.format(mcp=mcp, orders=orders)
    made.start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BAILIWICK_URL", made.authority)
        app = runpy.run_path(str(EXAMPLES / "fastapi_service.py"))["app"]
    with served(tools(), for_tools), served(app, for_orders):
        yield made
    made.stop()


def run(shop: Installation, example: str, folder: Path, *scopes: str) -> str:
    """What an example prints."""
    environment = {
        **os.environ,
        "BAILIWICK_URL": shop.authority,
        "BAILIWICK_INVITE": shop.invite(*scopes),
        "AGENT_KEY": str(folder / "agent.key"),
        "WALLET_KEY": f"0x{secrets.token_hex(32)}",
    }
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / example)],
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_each_example_is_short_and_run() -> None:
    names = {path.name for path in EXAMPLES.glob("*.py")}
    assert names == {
        "cron_agent.py", "fastapi_service.py", "framework_tool.py", "mcp_client.py", "wallet.py",
    }  # fmt: skip
    for name in names:
        assert len((EXAMPLES / name).read_text().splitlines()) < 40


def test_the_cron_agent_counts(shop: Installation, tmp_path: Path) -> None:
    told = run(shop, "cron_agent.py", tmp_path, "tickets:read", "tickets:write")
    assert told.startswith("ticket-counter counted 3 pages in tsk_")


def test_the_tool_reads_a_ticket(shop: Installation, tmp_path: Path) -> None:
    assert "/tickets/0" in run(shop, "framework_tool.py", tmp_path, "tickets:read")


def test_the_mcp_client_calls_a_tool(shop: Installation, tmp_path: Path) -> None:
    assert run(shop, "mcp_client.py", tmp_path, "tools:call") == "['add'] 5\n"


def test_the_wallet_signs(shop: Installation, tmp_path: Path) -> None:
    assert run(shop, "wallet.py", tmp_path, "tickets:read").startswith("/tickets/42 0x")


def test_the_service_knows_who_asks(shop: Installation, tmp_path: Path) -> None:
    with bootstrap(
        shop.authority,
        invite_code=shop.invite("orders:read"),
        name="buyer",
        owner="support@acme.example",
        purpose="tests",
        store=FileStore(tmp_path / "agent.key"),
    ) as client:
        told = client.get("/orders-api/orders/7").json()
    assert (told["order"], told["agent"], told["person"]) == (7, "buyer", None)
    assert re.fullmatch("[0-9a-f]{32}", told["trace"])


# The guide and the README


def snippets(path: Path) -> list[str]:
    return re.findall(r"```python\n(.*?)```", path.read_text(), re.DOTALL)


@pytest.mark.parametrize("path", [HERE / "README.md", GUIDE], ids=lambda path: path.name)
def test_what_is_written_runs(
    shop: Installation, tmp_path: Path, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All snippets of a page, one after the other, in one process."""
    monkeypatch.chdir(tmp_path)
    heard: list[str] = []

    def say(*told: object) -> None:
        """A person stands by who approves what they are told of."""
        text = " ".join(map(str, told))
        heard.append(text)
        for approval in re.findall(r"/approvals/(apr_\w+)", text):
            shop.approve(approval)

    def add_key(name: str, jwk: dict[str, str]) -> str:
        return shop.add_key(name, jwk)

    scopes = ("tickets:read", "tickets:write", "orders:read")
    names: dict[str, Any] = {"print": say, "add_key": add_key}
    with bootstrap(
        shop.authority,
        invite_code=shop.invite(*scopes),
        name=f"other-{path.stem.lower()}",
        owner="support@acme.example",
        purpose="tests",
        store=FileStore(tmp_path / "other.key"),
    ) as other:
        assert isinstance(other, Client)
        names["token_of_another_agent"] = other.token(["tickets:read"])
        written = snippets(path)
        assert written
        try:
            for number, text in enumerate(written):
                meant = replaced(text, shop, shop.invite(*scopes), path.stem.lower())
                exec(compile(meant, f"{path.name}, snippet {number + 1}", "exec"), names)
        finally:
            names["client"].close()
    assert heard


def replaced(text: str, shop: Installation, invite: str, page: str) -> str:
    """A snippet with what is really there in place of what is written."""
    for written, meant in {
        "https://authority.acme.example": shop.authority,
        "https://gateway.acme.example": shop.gateway,
        "bwi_…": invite,
        "ticket-summarizer": f"summarizer-{page}",
    }.items():
        text = text.replace(written, meant)
    return text
