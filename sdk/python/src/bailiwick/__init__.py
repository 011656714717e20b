"""Identity for AI agents: enroll once, sign every request, verify at the API.

Start reading at `bootstrap` and `Client`; what a request goes through is in `request`. At the API,
start at `Verifier`; middleware is in `bailiwick.asgi`, `bailiwick.fastapi` and `bailiwick.django`.
"""

from ._generated import DENIALS, Denial, DenialCode
from .async_client import AsyncClient, AsyncDelegate, AsyncTask, bootstrap_async
from .auth import BailiwickAuth, raise_for_denial
from .client import Client, Delegate, Task, bootstrap
from .clock import Clock
from .context import Agent, Context, Trace
from .credentials import AccessToken
from .discover import discover
from .errors import (
    AnswerError,
    Approval,
    BailiwickError,
    ClockError,
    DenialError,
    EnrollmentError,
    KeyUnusableError,
    RedirectError,
    TokenError,
    UnreachableError,
    UsageError,
)
from .flow import Retry
from .keys import PublicKey, SigningKey, generate_key
from .nonces import AsyncRedisNonces, MemoryNonces, RedisNonces
from .session import Enrolled
from .stores import EnvironmentStore, FileStore, KeyStore, MemoryStore
from .verifier import AgentKey, Verifier
from .wallet import Wallet

__all__ = [
    "DENIALS",
    "AccessToken",
    "Agent",
    "AgentKey",
    "AnswerError",
    "Approval",
    "AsyncClient",
    "AsyncDelegate",
    "AsyncRedisNonces",
    "AsyncTask",
    "BailiwickAuth",
    "BailiwickError",
    "Client",
    "Clock",
    "ClockError",
    "Context",
    "Delegate",
    "Denial",
    "DenialCode",
    "DenialError",
    "Enrolled",
    "EnrollmentError",
    "EnvironmentStore",
    "FileStore",
    "KeyStore",
    "KeyUnusableError",
    "MemoryNonces",
    "MemoryStore",
    "PublicKey",
    "RedirectError",
    "RedisNonces",
    "Retry",
    "SigningKey",
    "Task",
    "TokenError",
    "Trace",
    "UnreachableError",
    "UsageError",
    "Verifier",
    "Wallet",
    "bootstrap",
    "bootstrap_async",
    "discover",
    "generate_key",
    "raise_for_denial",
]
