"""Made by `cargo xtask gen` from api/denials.json and api/openapi.json.

Changes here are lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Literal, TypedDict

__all__ = [
    "AccessRequest",
    "Agent",
    "BudgetsObject",
    "DENIALS",
    "Denial",
    "DenialCode",
    "DerivedKey",
    "DerivedKeyRequest",
    "DiscoveredApi",
    "DiscoveredProject",
    "Discovery",
    "Grant",
    "Introspection",
    "Me",
    "OauthProblem",
    "Problem",
    "Registered",
    "Registration",
    "Task",
    "TaskDraft",
    "TaskOpened",
    "TaskRequest",
    "Token",
]

DenialCode = Literal[
    "request_malformed",
    "credential_malformed",
    "credential_conflict",
    "credential_missing",
    "credential_unknown",
    "credential_expired",
    "credential_revoked",
    "token_invalid",
    "token_expired",
    "token_audience",
    "token_revoked",
    "proof_missing",
    "proof_too_weak",
    "signature_invalid",
    "signature_expired",
    "signature_not_yet_valid",
    "signature_window",
    "signature_coverage",
    "nonce_missing",
    "nonce_replayed",
    "digest_missing",
    "digest_mismatch",
    "agent_mismatch",
    "agent_pending",
    "agent_suspended",
    "agent_retired",
    "network_forbidden",
    "delegation_invalid",
    "delegation_too_deep",
    "delegation_revoked",
    "task_closed",
    "operation_unknown",
    "scope_missing",
    "contract_violated",
    "mcp_header_mismatch",
    "policy_denied",
    "policy_error",
    "not_in_line",
    "body_too_large",
    "rate_limited",
    "budget_exhausted",
    "approval_pending",
    "approval_denied",
    "approval_mismatch",
    "upstream_failed",
    "upstream_timeout",
    "unavailable",
]
"""The code of a denial."""


@dataclass(frozen=True)
class Denial:
    """What is known of a denial before it happens."""

    status: int
    """The HTTP status."""
    title: str
    """What happened, in one sentence."""
    hint: str | None
    """How to do better, where the caller can."""
    retryable: bool
    """Whether the same request, signed again, may succeed later."""


DENIALS: Final[Mapping[str, Denial]] = MappingProxyType(
    {
        "request_malformed": Denial(
            status=400,
            title="The request is malformed.",
            hint=None,
            retryable=False,
        ),
        "credential_malformed": Denial(
            status=400,
            title="The credential cannot be read.",
            hint=None,
            retryable=False,
        ),
        "credential_conflict": Denial(
            status=400,
            title="The request identifies itself in more than one way.",
            hint="send one signature and at most one token",
            retryable=False,
        ),
        "credential_missing": Denial(
            status=401,
            title="The request carries no credential.",
            hint=(
                "sign the request (RFC 9421) with the agent's key; "
                "Accept-Signature says over what"
            ),
            retryable=False,
        ),
        "credential_unknown": Denial(
            status=401,
            title="The credential is not one that is known here.",
            hint=(
                "check the key id with `bailiwick key list AGENT`; it may "
                "belong elsewhere"
            ),
            retryable=False,
        ),
        "credential_expired": Denial(
            status=401,
            title="The key has expired.",
            hint="register a new key for the agent",
            retryable=False,
        ),
        "credential_revoked": Denial(
            status=401,
            title="The key was revoked.",
            hint="register a new key for the agent",
            retryable=False,
        ),
        "token_invalid": Denial(
            status=401,
            title="The access token does not verify.",
            hint="get a new token from the issuer",
            retryable=False,
        ),
        "token_expired": Denial(
            status=401,
            title="The access token has expired.",
            hint="get a new token from the issuer",
            retryable=True,
        ),
        "token_audience": Denial(
            status=401,
            title="The access token is for another API.",
            hint="ask the issuer for a token with this API as `resource`",
            retryable=False,
        ),
        "token_revoked": Denial(
            status=401,
            title="The access token was revoked.",
            hint="get a new token, if whoever took this one back agrees",
            retryable=False,
        ),
        "proof_missing": Denial(
            status=401,
            title="The access token is bound to a key that did not sign.",
            hint=(
                "show what the token is bound to: a signature, a DPoP proof "
                "or a certificate"
            ),
            retryable=False,
        ),
        "proof_too_weak": Denial(
            status=401,
            title="The API asks for a stronger proof.",
            hint="sign the request with the agent's own key",
            retryable=False,
        ),
        "signature_invalid": Denial(
            status=401,
            title="The signature does not verify.",
            hint=(
                "sign the request exactly as it is sent, with the key that "
                "keyid names"
            ),
            retryable=False,
        ),
        "signature_expired": Denial(
            status=401,
            title="The signature has expired.",
            hint="check the clock against this answer's Date, and sign again",
            retryable=True,
        ),
        "signature_not_yet_valid": Denial(
            status=401,
            title="The signature is dated in the future.",
            hint="check the clock against this answer's Date, and sign again",
            retryable=True,
        ),
        "signature_window": Denial(
            status=401,
            title="The signature is valid for too long, or without end.",
            hint="set created to now and expires at most 60 s later",
            retryable=False,
        ),
        "signature_coverage": Denial(
            status=401,
            title="The signature leaves out a required part.",
            hint="cover every component in Accept-Signature",
            retryable=False,
        ),
        "nonce_missing": Denial(
            status=401,
            title="The signature has no usable nonce.",
            hint="add a nonce of 16 to 128 random characters",
            retryable=False,
        ),
        "nonce_replayed": Denial(
            status=401,
            title="The signature was used before.",
            hint="sign again with a new nonce",
            retryable=True,
        ),
        "digest_missing": Denial(
            status=401,
            title="The body has no digest that can be checked.",
            hint="add Content-Digest with sha-256 or sha-512 and cover it",
            retryable=False,
        ),
        "digest_mismatch": Denial(
            status=401,
            title="The body is not the one that was signed.",
            hint="compute Content-Digest over the bytes that are sent",
            retryable=False,
        ),
        "agent_mismatch": Denial(
            status=401,
            title="The request names another agent than its proof does.",
            hint="leave X-Agent-ID out, or name the agent whose key signs",
            retryable=False,
        ),
        "agent_pending": Denial(
            status=403,
            title="The agent is not approved yet.",
            hint=(
                "wait until an operator approves it; `GET /api/agents/me` "
                "tells its state"
            ),
            retryable=False,
        ),
        "agent_suspended": Denial(
            status=403,
            title="The agent is suspended.",
            hint="ask the agent's owner; an operator can resume it",
            retryable=False,
        ),
        "agent_retired": Denial(
            status=403,
            title="The agent is retired.",
            hint=None,
            retryable=False,
        ),
        "network_forbidden": Denial(
            status=403,
            title="The agent may not call from this address.",
            hint="call from a network in the agent's list",
            retryable=False,
        ),
        "delegation_invalid": Denial(
            status=403,
            title="What was granted does not allow this request.",
            hint=(
                "stay within what was granted: `detail` says what is not; ask "
                "whoever granted it for more"
            ),
            retryable=False,
        ),
        "delegation_too_deep": Denial(
            status=403,
            title="The authority was passed on too often.",
            hint="ask an agent nearer to the beginning, or let it act itself",
            retryable=False,
        ),
        "delegation_revoked": Denial(
            status=403,
            title="What was granted has ended.",
            hint="ask whoever granted it to grant it again",
            retryable=False,
        ),
        "task_closed": Denial(
            status=403,
            title="The task is over.",
            hint="open another task",
            retryable=False,
        ),
        "operation_unknown": Denial(
            status=403,
            title="No operation is described for this method and path.",
            hint=(
                "check method and path; an API owner has to describe an "
                "operation first"
            ),
            retryable=False,
        ),
        "scope_missing": Denial(
            status=403,
            title="The agent lacks a scope.",
            hint="ask the agent's owner for the missing scopes",
            retryable=False,
        ),
        "contract_violated": Denial(
            status=400,
            title="The request does not fit the operation.",
            hint=(
                "change what `pointer` names; the description of the API says "
                "how"
            ),
            retryable=False,
        ),
        "mcp_header_mismatch": Denial(
            status=400,
            title="The header fields and the message do not agree.",
            hint=(
                "say in the header fields what the message says, as its "
                "revision asks"
            ),
            retryable=False,
        ),
        "policy_denied": Denial(
            status=403,
            title="The policies do not allow this request.",
            hint=(
                "ask whoever runs the gateway: `bailiwick policy explain "
                "REQUEST_ID` says what would change the answer"
            ),
            retryable=False,
        ),
        "policy_error": Denial(
            status=403,
            title="The policies could not decide this request.",
            hint=(
                "send fields as the API describes them; if they are, whoever "
                "runs the gateway finds the failing policy by the request's "
                "id"
            ),
            retryable=False,
        ),
        "not_in_line": Denial(
            status=403,
            title="The gateway cannot vouch for what does not pass through it.",
            hint=(
                "call through the gateway itself; where `detail` speaks of a "
                "body, the proxy can be set up to send it along"
            ),
            retryable=False,
        ),
        "body_too_large": Denial(
            status=413,
            title="The body is too large.",
            hint=None,
            retryable=False,
        ),
        "rate_limited": Denial(
            status=429,
            title="Too many requests.",
            hint="wait for Retry-After, then sign again with a new nonce",
            retryable=True,
        ),
        "budget_exhausted": Denial(
            status=429,
            title="The budget is used up.",
            hint="open another task; nothing fills this one up again",
            retryable=False,
        ),
        "approval_pending": Denial(
            status=202,
            title="People decide about the request first.",
            hint=(
                "send the same request again, newly signed, once "
                "`approval.status` is approved; `Prefer: wait=30` holds the "
                "answer until then"
            ),
            retryable=True,
        ),
        "approval_denied": Denial(
            status=403,
            title="Somebody decided against the request.",
            hint="`detail` says why; ask for something else",
            retryable=False,
        ),
        "approval_mismatch": Denial(
            status=403,
            title="The request is not the one that was approved.",
            hint=(
                "send what was approved, or wait until that has been used or "
                "has expired"
            ),
            retryable=False,
        ),
        "upstream_failed": Denial(
            status=502,
            title="The API behind the gateway failed.",
            hint="try again with a new signature and back off",
            retryable=True,
        ),
        "upstream_timeout": Denial(
            status=504,
            title="The API behind the gateway took too long.",
            hint="try again with a new signature and back off",
            retryable=True,
        ),
        "unavailable": Denial(
            status=503,
            title="The gateway cannot decide right now.",
            hint=(
                "the store, or what counts nonces and limits, is out of "
                "reach: back off, and try again with a new signature"
            ),
            retryable=True,
        ),
    }
)
"""Every way in which the gateway refuses a request, by its code."""


class _AccessRequestRequired(TypedDict):
    """What it always has."""

    name: str
    """The name it wants: a-z, 0-9 and `-`."""
    owner: str
    """The person or team who answers for it."""
    projectId: str
    """The project's id or name."""
    purpose: str
    """What it is for."""


class AccessRequest(_AccessRequestRequired, total=False):
    """What an agent sends to come in without an invite."""

    jwk: dict[str, Any] | None
    """Its public key (RFC 7517): Ed25519 or P-256. The request is signed with
    it, `keyid` being its RFC 7638 thumbprint.
    """
    kind: str | None
    """`copilot` or `autonomous`; the latter when left out."""
    walletAddress: str | None
    """Instead of `jwk`: its Ethereum address. The request is signed by it
    (ERC-8128).
    """


class _AgentRequired(TypedDict):
    """What it always has."""

    created_at: str
    """When it was registered."""
    id: str
    """Its identifier; the OAuth `client_id`."""
    kind: str
    """`copilot` or `autonomous`."""
    name: str
    """Its name, unique in the project."""
    networks: list[str]
    """Where it may call from; anywhere when empty."""
    owner: str
    """The person or team who answers for it."""
    project: str
    """Its project."""
    purpose: str
    """What it is for."""
    scopes: list[str]
    """The most it may be granted."""
    state: str
    """`pending`, `active`, `suspended` or `retired`."""
    subject: str
    """The subject of its tokens: a SPIFFE ID."""
    updated_at: str
    """When it was last changed."""


class Agent(_AgentRequired, total=False):
    """An agent."""

    broad_because: str | None
    """Why it holds a broad scope."""
    limit: str | None
    """How often it may call."""
    refused_because: str | None
    """Why its request to come in was refused; its name is free again."""


class BudgetsObject(TypedDict, total=False):
    """How much may be done; what is absent is not counted."""

    calls: int | None
    """Requests."""
    deletes: int | None
    """`DELETE` requests."""
    writes: int | None
    """Requests that change something."""


class DerivedKey(TypedDict):
    """A signing key, sealed to the caller with HPKE (RFC 9180): base mode,
    DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-128-GCM; `info` is `bailiwick
    derived key 1`, the additional data `key_id`.
    """

    alg: str
    """How it signs (RFC 9421, section 3.3.3)."""
    ciphertext: str
    """The 32 bytes of the key, sealed, base64url."""
    enc: str
    """The encapsulated key, base64url."""
    expires_at: str
    """When it stops being good."""
    key_id: str
    """What signatures by it name in `keyid`."""


class _DerivedKeyRequestRequired(TypedDict):
    """What it always has."""

    public_key: str
    """An X25519 public key of the caller's, made for this (RFC 7748): 32 bytes
    in base64url.
    """


class DerivedKeyRequest(_DerivedKeyRequestRequired, total=False):
    """What a derived key is asked for with."""

    task: str | None
    """The task it is to be for, one of the agent's own that is open: the key
    then does what the task may do, and ends with it. Without one it does what
    the agent may.
    """
    ttl_seconds: int
    """How long the key is to be good, 1 to 3600 seconds; an hour when left out."""


class DiscoveredApi(TypedDict):
    """An API that agents of a project might call."""

    name: str
    """Its name."""
    scopes: list[str]
    """The scopes an agent could get there; by invite, the invite says which."""


class DiscoveredProject(TypedDict):
    """A project that takes agents."""

    apis: list[DiscoveredApi]
    """What agents of it might do."""
    description: str
    """What it is."""
    id: str
    """Its identifier."""
    name: str
    """Its name."""
    registration: str
    """`invite`: with an invite. `ask`: with an invite, or an operator approves.
    `open`: anyone.
    """


class Discovery(TypedDict):
    """Where agents can come in."""

    projects: list[DiscoveredProject]
    """Every project that is not closed, by name."""


class _GrantRequired(TypedDict):
    """What it always has."""

    agent: str
    """The agent that may act by it."""
    budgets: BudgetsObject
    """How much may be done."""
    created_at: str
    """When it was given."""
    depth: int
    """How many delegations lie between it and whose authority it is."""
    expires_at: str
    """When it ends by itself."""
    id: str
    """Its identifier."""
    purpose: str
    """What it is for."""
    resources: list[str]
    """At which APIs."""
    scopes: list[str]
    """What may be done."""
    state: str
    """`live`, `ended` or `expired`; what it hangs on may have ended besides."""


class Grant(_GrantRequired, total=False):
    """A grant: what one lets another do."""

    authorization_details: list[dict[str, Any]] | None
    """Which operations, where that is narrower."""
    ended_at: str | None
    """When it was ended."""
    ended_because: str | None
    """By whom or why."""
    key: str | None
    """The credential that it ends with."""
    parent: str | None
    """The grant it was granted out of."""
    person: str | None
    """The person for whom, if for one."""
    task: str | None
    """The task, where it is one."""
    token: str | None
    """The token that it was exchanged from, and ends with."""


class _IntrospectionRequired(TypedDict):
    """What it always has."""

    active: bool
    """Whether the token is live, and the asker may know."""


class Introspection(_IntrospectionRequired, total=False):
    """What there is to say (RFC 7662, section 2.2): `active` alone, or what the
    token's claims say beside it.
    """

    budgets: str | None
    """How much may be done by it and all that hangs with it on the same grants."""
    client_id: str | None
    """The agent it was issued to."""
    grant: str | None
    """The grant that it hangs on."""
    scope: str | None
    """What it allows."""
    sub: str | None
    """Whose authority it carries."""
    task: str | None
    """The task that it is for."""


class Registered(TypedDict):
    """How an agent is known here."""

    agent_id: str
    """Its identifier; the OAuth `client_id`."""
    gateway: str
    """Where the APIs are."""
    issuer: str
    """Who issues tokens."""
    key_id: str
    """The identifier of its key; a signature's `keyid`."""
    name: str
    """Its name."""
    status: str
    """`pending`, `active`, `suspended` or `retired`."""
    subject: str
    """The subject of its tokens."""


class Me(Registered):
    """The agent that asks."""

    agent: Agent
    """All that is known of it."""


class _OauthProblemRequired(TypedDict):
    """What it always has."""

    error: str
    """The error code of OAuth."""
    error_description: str
    """What exactly was wrong."""
    request_id: str
    """The request, as the server's log names it."""


class OauthProblem(_OauthProblemRequired, total=False):
    """A refusal of the token endpoint as it is sent (RFC 6749, section 5.2)."""

    code: str | None
    """The stable code of this product, where the proof was at fault."""
    hint: str | None
    """How to do better."""


class _ProblemRequired(TypedDict):
    """What it always has."""

    code: str
    """The stable code."""
    request_id: str
    """The request, as the server's log names it."""
    retryable: bool
    """Whether the same request, signed again, may succeed later."""
    status: int
    """The HTTP status."""
    title: str
    """What happened, in one sentence."""
    type: str
    """`urn:bailiwick:denial:<code>`."""


class Problem(_ProblemRequired, total=False):
    """A refusal as it is sent (RFC 9457)."""

    detail: str | None
    """What exactly was wrong."""
    hint: str | None
    """How to do better."""
    retry_after_seconds: int | None
    """When to try again, in seconds."""


class _RegistrationRequired(TypedDict):
    """What it always has."""

    inviteCode: str
    """The invite's code, `bwi_…`."""
    name: str
    """The name it wants: a-z, 0-9 and `-`."""
    owner: str
    """The person or team who answers for it."""
    purpose: str
    """What it is for."""


class Registration(_RegistrationRequired, total=False):
    """What an agent sends to register."""

    jwk: dict[str, Any] | None
    """Its public key (RFC 7517): Ed25519 or P-256. The request is signed with
    it, `keyid` being its RFC 7638 thumbprint.
    """
    kind: str | None
    """`copilot` or `autonomous`; the latter when left out."""
    walletAddress: str | None
    """Instead of `jwk`: its Ethereum address. The request is signed by it
    (ERC-8128).
    """


class Task(Grant):
    """A task: a grant for one purpose."""

    task_id: str
    """Its identifier."""


class _TaskDraftRequired(TypedDict):
    """What it always has."""

    purpose: str
    """What it is for, in at most 500 characters."""


class TaskDraft(_TaskDraftRequired, total=False):
    """How far a task is to reach."""

    authorization_details: list[dict[str, Any]] | None
    """Which operations, each of type `operation` (RFC 9396)."""
    budgets: BudgetsObject
    """How much may be done in it."""
    resources: list[str]
    """Resource identifiers of APIs; when left out, those that use one of the
    scopes.
    """
    scopes: list[str]
    """Scopes; all that can be had when left out."""
    ttl_seconds: int | None
    """How long it lasts, at most a day; 900 when left out."""


class TaskOpened(Task, total=False):
    """A task that was just opened, and the first token for it."""

    access_token: str | None
    """The token; not when another agent is to do it."""
    expires_in: int | None
    """How long it lives, in seconds. While the task is open,
    `client_credentials` with `task` gets another.
    """
    scope: str | None
    """What the token allows."""
    token_type: str | None
    """How it is sent: `Bearer`, or `DPoP` where the request came with a proof."""


class TaskRequest(TaskDraft, total=False):
    """A task to open."""

    agent: str | None
    """Another agent of the project, by name or id, which is to do it: it fetches
    tokens with `client_credentials` and `task`.
    """
    subject_token: str | None
    """A live token of the agent's own, to open the task below what that token
    may do.
    """


class _TokenRequired(TypedDict):
    """What it always has."""

    access_token: str
    """The token: a JWT (RFC 9068)."""
    expires_in: int
    """How long it lives, in seconds."""
    scope: str
    """What it allows; with `offline_access` and `openid` where what they ask for
    came with it.
    """
    token_type: str
    """How it is sent. `Bearer`: alone, or with what it is bound to beside it: a
    signature of its key, or its certificate. `DPoP`: with a proof for each
    request (RFC 9449).
    """


class Token(_TokenRequired, total=False):
    """A token response (RFC 6749, section 5.1)."""

    authorization_details: list[dict[str, Any]] | None
    """Which operations, where that is narrower than its scopes (RFC 9396,
    section 7).
    """
    id_token: str | None
    """Who the person is (`OpenID` Connect Core, section 2), where `openid` was
    asked for.
    """
    issued_token_type: str | None
    """After an exchange: `urn:ietf:params:oauth:token-type:access_token` (RFC
    8693).
    """
    refresh_token: str | None
    """What to renew it with, once; the answer to that has the next one."""
