"""An API in FastAPI, behind the gateway, that verifies who asks and records for whom.

Run it with `uvicorn fastapi_service:app`."""

import os
from typing import Annotated

from fastapi import Depends, FastAPI

from bailiwick import Context, Verifier
from bailiwick.fastapi import Verified

verifier = Verifier(
    issuer=os.environ["BAILIWICK_URL"],
    trust_domain=os.environ.get("BAILIWICK_TRUST_DOMAIN", "acme.example"),
)
Reader = Annotated[Context, Depends(Verified(verifier, "orders:read"))]

app = FastAPI()


@app.get("/orders/{number}")
def read_order(number: int, asked: Reader) -> dict[str, object]:
    return {
        "order": number,
        "agent": asked.agent.name,
        "person": asked.person,
        "task": asked.task,
        "trace": asked.trace.trace_id if asked.trace else None,
    }
