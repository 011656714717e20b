"""A client of MCP with the package `mcp`, unchanged: it looks at what there is and uses it, in the
revision that it is told, with a session or without."""

import asyncio
import json
import sys

import httpx2
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError

told = json.load(sys.stdin)


async def attempt(made):
    """What came of it, or why nothing did."""
    try:
        return await made
    except MCPError as error:
        return error


async def call(client: Client, name: str, arguments: dict) -> str:
    came = await attempt(client.call_tool(name, arguments))
    return f"refused {came.error.code}" if isinstance(came, MCPError) else came.content[0].text


async def main() -> None:
    http = httpx2.AsyncClient(headers=told["headers"])
    transport = streamable_http_client(told["url"], http_client=http)
    async with http, Client(transport, mode=told["mode"]) as client:
        tools = await client.list_tools()
        prompts = await client.list_prompts()
        resources = await client.list_resources()
        said = {
            "tools": [it.name for it in tools.tools],
            "prompts": [it.name for it in prompts.prompts],
            "resources": len(resources.resources),
            "called": [await call(client, name, arguments) for name, arguments in told["calls"]],
        }
    print(json.dumps(said))


asyncio.run(main())
