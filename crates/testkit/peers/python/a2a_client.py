"""The client of the SDK of PyPI: finds an agent by its card, and works with it.

Reads {"url", "binding", "skill", "headers"}, and writes what came of it. What is at "name" is asked
at "address", as if that were looked up.
"""

import asyncio
import json
import sys

import httpx
from a2a.client import ClientConfig, ClientFactory
from a2a.client.errors import A2AClientError
from a2a.helpers.proto_helpers import get_message_text, new_text_message
from a2a.types import (
    GetExtendedAgentCardRequest,
    GetTaskRequest,
    ListTasksRequest,
    Role,
    SendMessageRequest,
)
from a2a.utils.errors import A2AError

SKILL = "urn:bailiwick:a2a:skill"


def refused(error):
    return {"refused": type(error).__name__, "said": str(error)}


class LookedUp(httpx.AsyncHTTPTransport):
    """Finds the gateway where a test has it, whatever it is called."""

    def __init__(self, name, address):
        super().__init__()
        self.name, self.address = name, httpx.URL(address)

    async def handle_async_request(self, request):
        if request.url.host == self.name:
            host, port = self.address.host, self.address.port
            request.url = request.url.copy_with(host=host, port=port)
        return await super().handle_async_request(request)


async def attempt(work):
    try:
        return await work
    except (A2AClientError, A2AError) as error:
        return refused(error)


async def send(client, told):
    message = new_text_message("a word", role=Role.ROLE_USER)
    if told.get("skill"):
        message.metadata.update({SKILL: told["skill"]})
    events, task, said = [], None, None
    async for event in client.send_message(SendMessageRequest(message=message)):
        kind = event.WhichOneof("payload")
        events.append(kind)
        if kind == "task":
            task, status = event.task.id, event.task.status
        elif kind == "status_update":
            task, status = event.status_update.task_id, event.status_update.status
        said = get_message_text(status.message)
    return {"events": events, "task": task, "said": said}


async def main():
    told = json.load(sys.stdin)
    found = LookedUp(told.get("name"), told.get("address", ""))
    async with httpx.AsyncClient(headers=told["headers"], transport=found) as http:
        bindings = [told["binding"]]
        streaming = told.get("streaming", True)
        config = ClientConfig(
            httpx_client=http, streaming=streaming, supported_protocol_bindings=bindings
        )
        client = await ClientFactory(config).create_from_url(told["url"])
        sent = await attempt(send(client, told))
        task = sent.pop("task", None)
        found, listed, card = None, None, None
        if task:
            found = await attempt(client.get_task(GetTaskRequest(id=task)))
            found = found if isinstance(found, dict) else found.status.state
        listed = await attempt(client.list_tasks(ListTasksRequest()))
        listed = listed if isinstance(listed, dict) else len(listed.tasks)
        card = await attempt(client.get_extended_agent_card(GetExtendedAgentCardRequest()))
        card = card if isinstance(card, dict) else [skill.id for skill in card.skills]
    json.dump({"sent": sent, "found": found, "listed": listed, "card": card}, sys.stdout)


asyncio.run(main())
