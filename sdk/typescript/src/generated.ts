// Made by `cargo xtask gen` from api/denials.json and api/openapi.json; changes here are lost.

/** What is known of a denial before it happens. */
export interface DenialEntry {
  /** The HTTP status. */
  readonly status: number;
  /** What happened, in one sentence. */
  readonly title: string;
  /** How to do better, where the caller can. */
  readonly hint: string | null;
  /** Whether the same request, signed again, may succeed later. */
  readonly retryable: boolean;
}

/** Every way in which the gateway refuses a request, by its code. */
export const DENIALS = {
  request_malformed: {
    status: 400,
    title: "The request is malformed.",
    hint: null,
    retryable: false,
  },
  credential_malformed: {
    status: 400,
    title: "The credential cannot be read.",
    hint: null,
    retryable: false,
  },
  credential_conflict: {
    status: 400,
    title: "The request identifies itself in more than one way.",
    hint:
      "send one signature and at most one token",
    retryable: false,
  },
  credential_missing: {
    status: 401,
    title: "The request carries no credential.",
    hint:
      "sign the request (RFC 9421) with the agent's key; Accept-Signature says over " +
      "what",
    retryable: false,
  },
  credential_unknown: {
    status: 401,
    title: "The credential is not one that is known here.",
    hint:
      "check the key id with `bailiwick key list AGENT`; it may belong elsewhere",
    retryable: false,
  },
  credential_expired: {
    status: 401,
    title: "The key has expired.",
    hint:
      "register a new key for the agent",
    retryable: false,
  },
  credential_revoked: {
    status: 401,
    title: "The key was revoked.",
    hint:
      "register a new key for the agent",
    retryable: false,
  },
  token_invalid: {
    status: 401,
    title: "The access token does not verify.",
    hint:
      "get a new token from the issuer",
    retryable: false,
  },
  token_expired: {
    status: 401,
    title: "The access token has expired.",
    hint:
      "get a new token from the issuer",
    retryable: true,
  },
  token_audience: {
    status: 401,
    title: "The access token is for another API.",
    hint:
      "ask the issuer for a token with this API as `resource`",
    retryable: false,
  },
  token_revoked: {
    status: 401,
    title: "The access token was revoked.",
    hint:
      "get a new token, if whoever took this one back agrees",
    retryable: false,
  },
  proof_missing: {
    status: 401,
    title: "The access token is bound to a key that did not sign.",
    hint:
      "show what the token is bound to: a signature, a DPoP proof or a certificate",
    retryable: false,
  },
  proof_too_weak: {
    status: 401,
    title: "The API asks for a stronger proof.",
    hint:
      "sign the request with the agent's own key",
    retryable: false,
  },
  signature_invalid: {
    status: 401,
    title: "The signature does not verify.",
    hint:
      "sign the request exactly as it is sent, with the key that keyid names",
    retryable: false,
  },
  signature_expired: {
    status: 401,
    title: "The signature has expired.",
    hint:
      "check the clock against this answer's Date, and sign again",
    retryable: true,
  },
  signature_not_yet_valid: {
    status: 401,
    title: "The signature is dated in the future.",
    hint:
      "check the clock against this answer's Date, and sign again",
    retryable: true,
  },
  signature_window: {
    status: 401,
    title: "The signature is valid for too long, or without end.",
    hint:
      "set created to now and expires at most 60 s later",
    retryable: false,
  },
  signature_coverage: {
    status: 401,
    title: "The signature leaves out a required part.",
    hint:
      "cover every component in Accept-Signature",
    retryable: false,
  },
  nonce_missing: {
    status: 401,
    title: "The signature has no usable nonce.",
    hint:
      "add a nonce of 16 to 128 random characters",
    retryable: false,
  },
  nonce_replayed: {
    status: 401,
    title: "The signature was used before.",
    hint:
      "sign again with a new nonce",
    retryable: true,
  },
  digest_missing: {
    status: 401,
    title: "The body has no digest that can be checked.",
    hint:
      "add Content-Digest with sha-256 or sha-512 and cover it",
    retryable: false,
  },
  digest_mismatch: {
    status: 401,
    title: "The body is not the one that was signed.",
    hint:
      "compute Content-Digest over the bytes that are sent",
    retryable: false,
  },
  agent_mismatch: {
    status: 401,
    title: "The request names another agent than its proof does.",
    hint:
      "leave X-Agent-ID out, or name the agent whose key signs",
    retryable: false,
  },
  agent_pending: {
    status: 403,
    title: "The agent is not approved yet.",
    hint:
      "wait until an operator approves it; `GET /api/agents/me` tells its state",
    retryable: false,
  },
  agent_suspended: {
    status: 403,
    title: "The agent is suspended.",
    hint:
      "ask the agent's owner; an operator can resume it",
    retryable: false,
  },
  agent_retired: {
    status: 403,
    title: "The agent is retired.",
    hint: null,
    retryable: false,
  },
  network_forbidden: {
    status: 403,
    title: "The agent may not call from this address.",
    hint:
      "call from a network in the agent's list",
    retryable: false,
  },
  delegation_invalid: {
    status: 403,
    title: "What was granted does not allow this request.",
    hint:
      "stay within what was granted: `detail` says what is not; ask whoever granted it " +
      "for more",
    retryable: false,
  },
  delegation_too_deep: {
    status: 403,
    title: "The authority was passed on too often.",
    hint:
      "ask an agent nearer to the beginning, or let it act itself",
    retryable: false,
  },
  delegation_revoked: {
    status: 403,
    title: "What was granted has ended.",
    hint:
      "ask whoever granted it to grant it again",
    retryable: false,
  },
  task_closed: {
    status: 403,
    title: "The task is over.",
    hint:
      "open another task",
    retryable: false,
  },
  operation_unknown: {
    status: 403,
    title: "No operation is described for this method and path.",
    hint:
      "check method and path; an API owner has to describe an operation first",
    retryable: false,
  },
  scope_missing: {
    status: 403,
    title: "The agent lacks a scope.",
    hint:
      "ask the agent's owner for the missing scopes",
    retryable: false,
  },
  contract_violated: {
    status: 400,
    title: "The request does not fit the operation.",
    hint:
      "change what `pointer` names; the description of the API says how",
    retryable: false,
  },
  mcp_header_mismatch: {
    status: 400,
    title: "The header fields and the message do not agree.",
    hint:
      "say in the header fields what the message says, as its revision asks",
    retryable: false,
  },
  policy_denied: {
    status: 403,
    title: "The policies do not allow this request.",
    hint:
      "ask whoever runs the gateway: `bailiwick policy explain REQUEST_ID` says what " +
      "would change the answer",
    retryable: false,
  },
  policy_error: {
    status: 403,
    title: "The policies could not decide this request.",
    hint:
      "send fields as the API describes them; if they are, whoever runs the gateway " +
      "finds the failing policy by the request's id",
    retryable: false,
  },
  not_in_line: {
    status: 403,
    title: "The gateway cannot vouch for what does not pass through it.",
    hint:
      "call through the gateway itself; where `detail` speaks of a body, the proxy can " +
      "be set up to send it along",
    retryable: false,
  },
  body_too_large: {
    status: 413,
    title: "The body is too large.",
    hint: null,
    retryable: false,
  },
  rate_limited: {
    status: 429,
    title: "Too many requests.",
    hint:
      "wait for Retry-After, then sign again with a new nonce",
    retryable: true,
  },
  budget_exhausted: {
    status: 429,
    title: "The budget is used up.",
    hint:
      "open another task; nothing fills this one up again",
    retryable: false,
  },
  approval_pending: {
    status: 202,
    title: "People decide about the request first.",
    hint:
      "send the same request again, newly signed, once `approval.status` is approved; " +
      "`Prefer: wait=30` holds the answer until then",
    retryable: true,
  },
  approval_denied: {
    status: 403,
    title: "Somebody decided against the request.",
    hint:
      "`detail` says why; ask for something else",
    retryable: false,
  },
  approval_mismatch: {
    status: 403,
    title: "The request is not the one that was approved.",
    hint:
      "send what was approved, or wait until that has been used or has expired",
    retryable: false,
  },
  upstream_failed: {
    status: 502,
    title: "The API behind the gateway failed.",
    hint:
      "try again with a new signature and back off",
    retryable: true,
  },
  upstream_timeout: {
    status: 504,
    title: "The API behind the gateway took too long.",
    hint:
      "try again with a new signature and back off",
    retryable: true,
  },
  unavailable: {
    status: 503,
    title: "The gateway cannot decide right now.",
    hint:
      "the store, or what counts nonces and limits, is out of reach: back off, and try " +
      "again with a new signature",
    retryable: true,
  },
} as const satisfies Record<string, DenialEntry>;

/** The code of a denial. */
export type DenialCode = keyof typeof DENIALS;

/** What an agent sends to come in without an invite. */
export interface AccessRequest {
  /**
   * Its public key (RFC 7517): Ed25519 or P-256. The request is signed with it, `keyid`
   * being its RFC 7638 thumbprint.
   */
  jwk?: Record<string, unknown> | null;
  /** `copilot` or `autonomous`; the latter when left out. */
  kind?: string | null;
  /** The name it wants: a-z, 0-9 and `-`. */
  name: string;
  /** The person or team who answers for it. */
  owner: string;
  /** The project's id or name. */
  projectId: string;
  /** What it is for. */
  purpose: string;
  /** Instead of `jwk`: its Ethereum address. The request is signed by it (ERC-8128). */
  walletAddress?: string | null;
}

/** An agent. */
export interface Agent {
  /** Why it holds a broad scope. */
  broad_because?: string | null;
  /** When it was registered. */
  created_at: string;
  /** Its identifier; the OAuth `client_id`. */
  id: string;
  /** `copilot` or `autonomous`. */
  kind: string;
  /** How often it may call. */
  limit?: string | null;
  /** Its name, unique in the project. */
  name: string;
  /** Where it may call from; anywhere when empty. */
  networks: string[];
  /** The person or team who answers for it. */
  owner: string;
  /** Its project. */
  project: string;
  /** What it is for. */
  purpose: string;
  /** Why its request to come in was refused; its name is free again. */
  refused_because?: string | null;
  /** The most it may be granted. */
  scopes: string[];
  /** `pending`, `active`, `suspended` or `retired`. */
  state: string;
  /** The subject of its tokens: a SPIFFE ID. */
  subject: string;
  /** When it was last changed. */
  updated_at: string;
}

/** How much may be done; what is absent is not counted. */
export interface BudgetsObject {
  /** Requests. */
  calls?: number | null;
  /** `DELETE` requests. */
  deletes?: number | null;
  /** Requests that change something. */
  writes?: number | null;
}

/**
 * A signing key, sealed to the caller with HPKE (RFC 9180): base mode, DHKEM(X25519,
 * HKDF-SHA256), HKDF-SHA256, AES-128-GCM; `info` is `bailiwick derived key 1`, the
 * additional data `key_id`.
 */
export interface DerivedKey {
  /** How it signs (RFC 9421, section 3.3.3). */
  alg: string;
  /** The 32 bytes of the key, sealed, base64url. */
  ciphertext: string;
  /** The encapsulated key, base64url. */
  enc: string;
  /** When it stops being good. */
  expires_at: string;
  /** What signatures by it name in `keyid`. */
  key_id: string;
}

/** What a derived key is asked for with. */
export interface DerivedKeyRequest {
  /** An X25519 public key of the caller's, made for this (RFC 7748): 32 bytes in base64url. */
  public_key: string;
  /**
   * The task it is to be for, one of the agent's own that is open: the key then does what
   * the task may do, and ends with it. Without one it does what the agent may.
   */
  task?: string | null;
  /** How long the key is to be good, 1 to 3600 seconds; an hour when left out. */
  ttl_seconds?: number;
}

/** An API that agents of a project might call. */
export interface DiscoveredApi {
  /** Its name. */
  name: string;
  /** The scopes an agent could get there; by invite, the invite says which. */
  scopes: string[];
}

/** A project that takes agents. */
export interface DiscoveredProject {
  /** What agents of it might do. */
  apis: DiscoveredApi[];
  /** What it is. */
  description: string;
  /** Its identifier. */
  id: string;
  /** Its name. */
  name: string;
  /**
   * `invite`: with an invite. `ask`: with an invite, or an operator approves. `open`:
   * anyone.
   */
  registration: string;
}

/** Where agents can come in. */
export interface Discovery {
  /** Every project that is not closed, by name. */
  projects: DiscoveredProject[];
}

/** A grant: what one lets another do. */
export interface Grant {
  /** The agent that may act by it. */
  agent: string;
  /** Which operations, where that is narrower. */
  authorization_details?: Record<string, unknown>[] | null;
  /** How much may be done. */
  budgets: BudgetsObject;
  /** When it was given. */
  created_at: string;
  /** How many delegations lie between it and whose authority it is. */
  depth: number;
  /** When it was ended. */
  ended_at?: string | null;
  /** By whom or why. */
  ended_because?: string | null;
  /** When it ends by itself. */
  expires_at: string;
  /** Its identifier. */
  id: string;
  /** The credential that it ends with. */
  key?: string | null;
  /** The grant it was granted out of. */
  parent?: string | null;
  /** The person for whom, if for one. */
  person?: string | null;
  /** What it is for. */
  purpose: string;
  /** At which APIs. */
  resources: string[];
  /** What may be done. */
  scopes: string[];
  /** `live`, `ended` or `expired`; what it hangs on may have ended besides. */
  state: string;
  /** The task, where it is one. */
  task?: string | null;
  /** The token that it was exchanged from, and ends with. */
  token?: string | null;
}

/**
 * What there is to say (RFC 7662, section 2.2): `active` alone, or what the token's claims
 * say beside it.
 */
export interface Introspection {
  /** Whether the token is live, and the asker may know. */
  active: boolean;
  /** How much may be done by it and all that hangs with it on the same grants. */
  budgets?: string | null;
  /** The agent it was issued to. */
  client_id?: string | null;
  /** The grant that it hangs on. */
  grant?: string | null;
  /** What it allows. */
  scope?: string | null;
  /** Whose authority it carries. */
  sub?: string | null;
  /** The task that it is for. */
  task?: string | null;
}

/** How an agent is known here. */
export interface Registered {
  /** Its identifier; the OAuth `client_id`. */
  agent_id: string;
  /** Where the APIs are. */
  gateway: string;
  /** Who issues tokens. */
  issuer: string;
  /** The identifier of its key; a signature's `keyid`. */
  key_id: string;
  /** Its name. */
  name: string;
  /** `pending`, `active`, `suspended` or `retired`. */
  status: string;
  /** The subject of its tokens. */
  subject: string;
}

/** The agent that asks. */
export interface Me extends Registered {
  /** All that is known of it. */
  agent: Agent;
}

/** A refusal of the token endpoint as it is sent (RFC 6749, section 5.2). */
export interface OauthProblem {
  /** The stable code of this product, where the proof was at fault. */
  code?: string | null;
  /** The error code of OAuth. */
  error: string;
  /** What exactly was wrong. */
  error_description: string;
  /** How to do better. */
  hint?: string | null;
  /** The request, as the server's log names it. */
  request_id: string;
}

/** A refusal as it is sent (RFC 9457). */
export interface Problem {
  /** The stable code. */
  code: string;
  /** What exactly was wrong. */
  detail?: string | null;
  /** How to do better. */
  hint?: string | null;
  /** The request, as the server's log names it. */
  request_id: string;
  /** When to try again, in seconds. */
  retry_after_seconds?: number | null;
  /** Whether the same request, signed again, may succeed later. */
  retryable: boolean;
  /** The HTTP status. */
  status: number;
  /** What happened, in one sentence. */
  title: string;
  /** `urn:bailiwick:denial:<code>`. */
  type: string;
}

/** What an agent sends to register. */
export interface Registration {
  /** The invite's code, `bwi_…`. */
  inviteCode: string;
  /**
   * Its public key (RFC 7517): Ed25519 or P-256. The request is signed with it, `keyid`
   * being its RFC 7638 thumbprint.
   */
  jwk?: Record<string, unknown> | null;
  /** `copilot` or `autonomous`; the latter when left out. */
  kind?: string | null;
  /** The name it wants: a-z, 0-9 and `-`. */
  name: string;
  /** The person or team who answers for it. */
  owner: string;
  /** What it is for. */
  purpose: string;
  /** Instead of `jwk`: its Ethereum address. The request is signed by it (ERC-8128). */
  walletAddress?: string | null;
}

/** A task: a grant for one purpose. */
export interface Task extends Grant {
  /** Its identifier. */
  task_id: string;
}

/** How far a task is to reach. */
export interface TaskDraft {
  /** Which operations, each of type `operation` (RFC 9396). */
  authorization_details?: Record<string, unknown>[] | null;
  /** How much may be done in it. */
  budgets?: BudgetsObject;
  /** What it is for, in at most 500 characters. */
  purpose: string;
  /** Resource identifiers of APIs; when left out, those that use one of the scopes. */
  resources?: string[];
  /** Scopes; all that can be had when left out. */
  scopes?: string[];
  /** How long it lasts, at most a day; 900 when left out. */
  ttl_seconds?: number | null;
}

/** A task that was just opened, and the first token for it. */
export interface TaskOpened extends Task {
  /** The token; not when another agent is to do it. */
  access_token?: string | null;
  /**
   * How long it lives, in seconds. While the task is open, `client_credentials` with `task`
   * gets another.
   */
  expires_in?: number | null;
  /** What the token allows. */
  scope?: string | null;
  /** How it is sent: `Bearer`, or `DPoP` where the request came with a proof. */
  token_type?: string | null;
}

/** A task to open. */
export interface TaskRequest extends TaskDraft {
  /**
   * Another agent of the project, by name or id, which is to do it: it fetches tokens with
   * `client_credentials` and `task`.
   */
  agent?: string | null;
  /** A live token of the agent's own, to open the task below what that token may do. */
  subject_token?: string | null;
}

/** A token response (RFC 6749, section 5.1). */
export interface Token {
  /** The token: a JWT (RFC 9068). */
  access_token: string;
  /** Which operations, where that is narrower than its scopes (RFC 9396, section 7). */
  authorization_details?: Record<string, unknown>[] | null;
  /** How long it lives, in seconds. */
  expires_in: number;
  /** Who the person is (`OpenID` Connect Core, section 2), where `openid` was asked for. */
  id_token?: string | null;
  /** After an exchange: `urn:ietf:params:oauth:token-type:access_token` (RFC 8693). */
  issued_token_type?: string | null;
  /** What to renew it with, once; the answer to that has the next one. */
  refresh_token?: string | null;
  /** What it allows; with `offline_access` and `openid` where what they ask for came with it. */
  scope: string;
  /**
   * How it is sent. `Bearer`: alone, or with what it is bound to beside it: a signature of
   * its key, or its certificate. `DPoP`: with a proof for each request (RFC 9449).
   */
  token_type: string;
}
