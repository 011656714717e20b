"""An MCP client over HTTP whose every message is signed: `mcp` with the agent as `auth`."""

import asyncio
import os

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from bailiwick import FileStore, bootstrap
from bailiwick.httpx2_auth import httpx2_auth


async def main() -> None:
    with bootstrap(
        os.environ["BAILIWICK_URL"],
        invite_code=os.environ["BAILIWICK_INVITE"],
        name=os.environ.get("AGENT_NAME", "tool-user"),
        owner="support@acme.example",
        purpose="calls tools",
        store=FileStore(os.environ.get("AGENT_KEY", "tool-user.key")),
    ) as agent:
        url = f"{agent.agent.gateway}/mcp-api/mcp"
        async with (
            httpx2.AsyncClient(auth=httpx2_auth(agent), timeout=30) as http,
            Client(streamable_http_client(url, http_client=http)) as client,
        ):
            tools = (await client.list_tools()).tools
            result = await client.call_tool("add", {"one": 2, "other": 3})
            print([tool.name for tool in tools], result.content[0].text)


if __name__ == "__main__":
    asyncio.run(main())
