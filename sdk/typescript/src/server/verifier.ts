/** Whether a request may come in, and who sent it. */

import type { Bytes } from "../encoding.js";
import { AuthorityKeys } from "./authority.js";
import { checkDigest, expectedDigest } from "./digest.js";
import { publicKey, sharedSecret, type VerifyingKey } from "./keys.js";
import {
  checkCoverage,
  checkWindow,
  findSignature,
  nonceOf,
  verifySignature,
  type Presented,
} from "./message.js";
import { authorityOf } from "./component.js";
import { memoryNonces, type NonceStore } from "./nonces.js";
import { lines, type Received } from "./received.js";
import { Refusal } from "./refusal.js";
import { checkRequest, LIFETIME_SECONDS, verifyTransaction } from "./transaction.js";
import type { Transaction } from "./transaction.js";

/** Who sent a request, and what for. */
export interface RequestContext {
  /** How that is known. */
  readonly via: "transaction" | "signature";
  readonly agent: {
    readonly id: string;
    readonly name: string;
    readonly project?: string;
    readonly owner?: string;
    readonly kind?: string;
  };
  /** The person for whom it acts, `psn_…`. */
  readonly person: string | undefined;
  /** Everybody between whose authority it is and the agent, that one first. */
  readonly chain: readonly string[];
  readonly task: string | undefined;
  readonly purpose: string | undefined;
  /** What the operation took at the gateway; nothing is said of it by a signature alone. */
  readonly scopes: readonly string[];
  readonly trace: {
    /** The request, as the ledger names it. */
    readonly requestId: string;
    readonly traceparent: string | undefined;
  };
}

/** An agent's key, as the API's owner knows it. */
export interface KnownKey {
  /** A public JWK, or for a shared secret its bytes. */
  key: Record<string, unknown> | Uint8Array;
  agent: RequestContext["agent"];
}

/** What is taken. At least one of `issuer` and `keys`. */
export interface VerifierOptions {
  /** The authority whose gateways are in front: their `Txn-Token` is verified. */
  issuer?: string;
  trustDomain?: string;
  /** Signatures of agents that call directly: the key of that name, or nothing. */
  keys?: (keyid: string) => Promise<KnownKey | undefined> | KnownKey | undefined;
  /** The hosts at which this API is called directly: a signature for another one is refused. */
  hosts?: readonly string[];
  /** `https` behind a proxy that ends TLS; what the connection is when left out. */
  scheme?: "http" | "https";
  /** What was used once; in this process when left out. */
  nonces?: NonceStore;
  windowSeconds?: number;
  skewSeconds?: number;
  /** The largest body that is read; 1 MiB when left out. */
  maxBodyBytes?: number;
  fetch?: (url: string, init?: RequestInit) => Promise<Response>;
  /** Seconds since the epoch. */
  now?: () => number;
}

const MAX_BODY = 1_048_576;
const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** Verifies requests. Whatever it cannot verify it refuses. */
export class Verifier {
  readonly maxBodyBytes: number;
  readonly #options: VerifierOptions;
  readonly #nonces: NonceStore;
  readonly #authority: AuthorityKeys | undefined;
  readonly #now: () => number;

  constructor(options: VerifierOptions) {
    check(options);
    this.#options = options;
    this.#now = options.now ?? (() => Date.now() / 1000);
    this.#nonces = options.nonces ?? memoryNonces({ now: this.#now });
    this.maxBodyBytes = options.maxBodyBytes ?? MAX_BODY;
    const fetch = options.fetch ?? ((url, init) => globalThis.fetch(url, init));
    const { issuer } = options;
    this.#authority = issuer ? new AuthorityKeys({ issuer, fetch, now: this.#now }) : undefined;
  }

  /** Whether a request's body has to be read before it can be verified. */
  needsBody(received: Received): boolean {
    return !this.#isTransaction(received);
  }

  /** Who sent it; throws a `Refusal`. */
  async verify(received: Received, body: Bytes): Promise<RequestContext> {
    try {
      if (this.#isTransaction(received)) return await this.#transaction(received);
      return await this.#signature(this.#behindProxy(received), body);
    } catch (cause) {
      if (cause instanceof Refusal) throw cause;
      throw new Refusal("unavailable", "the request could not be verified");
    }
  }

  #isTransaction(received: Received): boolean {
    return this.#authority !== undefined && lines(received, "txn-token").length > 0;
  }

  async #transaction(received: Received): Promise<RequestContext> {
    const [token = "", another] = lines(received, "txn-token");
    if (another !== undefined) throw new Refusal("credential_conflict", "more than one Txn-Token");
    const { issuer = "", trustDomain = "" } = this.#options;
    const now = Math.floor(this.#now());
    const find = async (kid: string) => this.#authority?.find(kid);
    const read = await verifyTransaction(token, { issuer, trustDomain, now, find });
    await checkRequest(read, received);
    await this.#once(`txn ${read.id}`, read.issuedAt + LIFETIME_SECONDS);
    return contextOf(read, received);
  }

  async #signature(received: Received, body: Bytes): Promise<RequestContext> {
    const { keys, hosts = [] } = this.#options;
    if (!keys) throw new Refusal("credential_missing", "no Txn-Token");
    const digest = expectedDigest(lines(received, "content-digest"));
    const presented = findSignature(received);
    if (!presented) throw new Refusal("credential_missing");
    if (!hosts.includes(authorityOf(received))) {
      throw new Refusal("request_malformed", "the request is for another host");
    }
    const hasBody = body.length > 0;
    if (hasBody && !digest) throw new Refusal("digest_missing");
    const { windowSeconds = 60, skewSeconds = 5 } = this.#options;
    checkWindow(presented, this.#now(), { windowSeconds, skewSeconds });
    checkCoverage(presented, received, hasBody);
    const nonce = nonceOf(presented);
    const known = await keys(presented.keyid);
    if (!known) throw new Refusal("credential_unknown");
    await verifySignature(presented, received, await verifyingKey(known));
    await checkDigest(digest, body);
    const until = (presented.expires ?? 0) + skewSeconds;
    await this.#once(`${known.agent.id} ${presented.keyid} ${nonce}`, until);
    return directContext(known, presented, received);
  }

  #behindProxy(received: Received): Received {
    const { scheme } = this.#options;
    return scheme ? { ...received, scheme } : received;
  }

  async #once(nonce: string, expiresAt: number): Promise<void> {
    if (!(await this.#nonces.use(nonce, expiresAt))) throw new Refusal("nonce_replayed");
  }
}

function check({ issuer, trustDomain, keys, hosts }: VerifierOptions): void {
  if (!issuer && !keys) throw new TypeError("a verifier needs `issuer`, or `keys`, or both");
  if (issuer && !trustDomain) throw new TypeError("`issuer` needs `trustDomain` beside it");
  if (keys && !hosts?.length) {
    throw new TypeError("`keys` needs `hosts` beside it: a signature names the host it is for");
  }
}

async function verifyingKey({ key }: KnownKey): Promise<VerifyingKey> {
  if (key instanceof Uint8Array) return sharedSecret(new Uint8Array(key));
  return publicKey(key);
}

function contextOf(read: Transaction, received: Received): RequestContext {
  const isOther = read.actors.length > 0;
  return {
    via: "transaction",
    agent: read.agent,
    person: read.subject.startsWith("psn_") ? read.subject : undefined,
    chain: isOther ? [read.subject, ...[...read.actors].reverse()] : [],
    task: read.task,
    purpose: read.purpose,
    scopes: read.scopes,
    trace: { requestId: read.id, traceparent: traceparentOf(received) },
  };
}

function directContext(
  known: KnownKey,
  presented: Presented,
  received: Received,
): RequestContext {
  return {
    via: "signature",
    agent: known.agent,
    person: undefined,
    chain: [],
    task: undefined,
    purpose: undefined,
    scopes: [],
    trace: { requestId: presented.nonce ?? "", traceparent: traceparentOf(received) },
  };
}

/** The place in a trace (W3C Trace Context); one that is malformed is none. */
function traceparentOf(received: Received): string | undefined {
  const [given, another] = lines(received, "traceparent");
  return given !== undefined && another === undefined && TRACEPARENT.test(given)
    ? given
    : undefined;
}
