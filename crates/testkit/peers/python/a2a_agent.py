"""An agent of A2A on the SDK of PyPI, with two skills, spoken with by JSON-RPC and over HTTP.

Prints where it is, and serves until it is ended.
"""

import asyncio
import json
import socket

import uvicorn
from a2a.helpers.proto_helpers import new_task_from_user_message, new_text_message
from a2a.server.agent_execution import AgentExecutor
from a2a.server.request_handlers import DefaultRequestHandler
from a2a.server.routes import (
    create_agent_card_routes,
    create_jsonrpc_routes,
    create_rest_routes,
)
from a2a.server.tasks import InMemoryTaskStore, TaskUpdater
from a2a.types import AgentCard
from google.protobuf.json_format import ParseDict
from starlette.applications import Starlette

SKILL = "urn:bailiwick:a2a:skill"


class Echo(AgentExecutor):
    """Says back what it was told, and for which skill."""

    async def execute(self, context, event_queue):
        message = context.message
        task = context.current_task or new_task_from_user_message(message)
        if context.current_task is None:
            await event_queue.enqueue_event(task)
        skill = dict(message.metadata).get(SKILL, "none")
        told = f"{skill}: {message.parts[0].text}"
        updater = TaskUpdater(event_queue, task.id, task.context_id)
        await updater.start_work()
        await updater.complete(new_text_message(told))

    async def cancel(self, context, event_queue):
        updater = TaskUpdater(event_queue, context.task_id, context.context_id)
        await updater.cancel()


def card(url):
    def skill(name):
        said = {"name": name, "description": f"It does {name}.", "tags": ["text"]}
        return {"id": name, **said}

    def interface(binding, path):
        return {"url": f"{url}{path}", "protocolBinding": binding, "protocolVersion": "1.0"}

    told = {
        "name": "Echo",
        "description": "It says back what it is told.",
        "version": "1",
        "supportedInterfaces": [interface("JSONRPC", "/rpc"), interface("HTTP+JSON", "/http")],
        "capabilities": {"streaming": True, "extendedAgentCard": True},
        "defaultInputModes": ["text/plain"],
        "defaultOutputModes": ["text/plain"],
        "skills": [skill("echo"), skill("shout")],
    }
    return ParseDict(told, AgentCard())


async def main():
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    told = card(url)
    handler = DefaultRequestHandler(
        agent_executor=Echo(),
        task_store=InMemoryTaskStore(),
        agent_card=told,
        extended_agent_card=told,
    )
    routes = [
        *create_agent_card_routes(told),
        *create_jsonrpc_routes(handler, "/rpc"),
        *create_rest_routes(handler, path_prefix="/http"),
    ]
    config = uvicorn.Config(Starlette(routes=routes), log_level="error")
    print(json.dumps(url), flush=True)
    await uvicorn.Server(config).serve(sockets=[listener])


asyncio.run(main())
