"""A tool of an agent in Pydantic AI: the model asks for a ticket, and the request for it is signed.

`TestModel` stands in for a model: it calls every tool once."""

import os

from pydantic_ai import Agent, RunContext
from pydantic_ai.models.test import TestModel

from bailiwick import Client, DenialError, FileStore, bootstrap

agent = Agent(TestModel(), deps_type=Client, instructions="Answer from the ticket.")


@agent.tool
def read_ticket(context: RunContext[Client], number: int) -> dict[str, object]:
    """Reads a ticket."""
    try:
        return dict(context.deps.get(f"/tickets-api/tickets/{number}").json())
    except DenialError as denial:
        # The model hears what it may do about it, and nothing of keys.
        return {"refused": denial.code, "hint": denial.hint}


if __name__ == "__main__":
    with bootstrap(
        os.environ["BAILIWICK_URL"],
        invite_code=os.environ["BAILIWICK_INVITE"],
        name=os.environ.get("AGENT_NAME", "ticket-reader"),
        owner="support@acme.example",
        purpose="answers questions about tickets",
        store=FileStore(os.environ.get("AGENT_KEY", "ticket-reader.key")),
    ) as client:
        print(agent.run_sync("What is ticket 1042 about?", deps=client).output)
