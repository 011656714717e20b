"""A cron agent: once an hour it counts the open tickets and files a summary, as one task."""

import os
import sys

from bailiwick import BailiwickError, FileStore, bootstrap


def main() -> None:
    with bootstrap(
        os.environ["BAILIWICK_URL"],
        invite_code=os.environ["BAILIWICK_INVITE"],
        name=os.environ.get("AGENT_NAME", "ticket-counter"),
        owner="support@acme.example",
        purpose="counts open tickets every hour",
        store=FileStore(os.environ.get("AGENT_KEY", "ticket-counter.key")),
        credential="derived",
    ) as client:
        # Whatever goes wrong in here, the task and its authority end with the block.
        scopes = ["tickets:read", "tickets:write"]
        with client.task("the hourly summary", scopes, budgets={"calls": 20}) as task:
            pages = [task.get(f"/tickets-api/tickets/{page}").json() for page in (1, 2, 3)]
            summary = {"title": "Open tickets", "count": len(pages)}
            task.post("/tickets-api/tickets", json=summary).raise_for_status()
        print(f"{client.agent.name} counted {len(pages)} pages in {task.id}")


if __name__ == "__main__":
    try:
        main()
    except BailiwickError as error:
        sys.exit(f"ticket-counter: {error}")
