/**
 * Transaction tokens (draft-ietf-oauth-transaction-tokens): what a gateway says to the API behind
 * it about one request, and good for that request only.
 */

import { toBase64url, utf8 } from "../encoding.js";
import { sha256 } from "../primitives.js";
import { bad, verifyJws, type Claims } from "./jws.js";
import type { VerifyingKey } from "./keys.js";
import { targetOf, type Received } from "./received.js";
import { Refusal } from "./refusal.js";

/** What one says. */
export interface Transaction {
  /** The request, as the ledger names it: `rec_…` */
  id: string;
  issuedAt: number;
  /** Whose authority is acted by. */
  subject: string;
  /** Who acts, the present agent first, where that is not the subject itself. */
  actors: string[];
  agent: { id: string; name: string; project: string; owner: string; kind: string };
  /** What the operation takes. */
  scopes: string[];
  task: string | undefined;
  purpose: string | undefined;
  api: string;
  operation: string;
  method: string;
  targetDigest: string;
  address: string;
  /** How the agent proved itself: `key`, `mac` or `bearer`. */
  proof: string;
}

/** Whose tokens are taken, and when. */
export interface Expected {
  issuer: string;
  trustDomain: string;
  now: number;
  find: (kid: string) => Promise<VerifyingKey | undefined>;
}

/** How long one is valid, in seconds. */
export const LIFETIME_SECONDS = 15;
const SKEW_SECONDS = 5;
const LATEST = 253_402_300_799;
const MAX_ACTORS = 16;
const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;
const SCOPES = /^[a-z0-9_.*-]+(:[a-z0-9_.*-]+)*( [a-z0-9_.*-]+(:[a-z0-9_.*-]+)*)*$/;

/** The token, if one of the issuer's keys signed it for this trust domain and it is valid now. */
export async function verifyTransaction(token: string, expected: Expected): Promise<Transaction> {
  const claims = await verifyJws(token, ["txntoken+jwt"], async (kid) =>
    kid === undefined ? undefined : expected.find(kid),
  );
  const read = readTransaction(claims);
  const exp = seconds(claims, "exp");
  if (claims["iss"] !== expected.issuer) throw bad("the token names another issuer");
  if (text(claims, "aud") !== expected.trustDomain) throw new Refusal("token_audience");
  if (exp !== read.issuedAt + LIFETIME_SECONDS) throw bad("the token lives for too long");
  if (read.issuedAt > expected.now + SKEW_SECONDS) throw bad("the token is dated in the future");
  if (expected.now >= exp) throw new Refusal("token_expired");
  return read;
}

/** Whether the token is of the request that it came with. */
export async function checkRequest(read: Transaction, received: Received): Promise<void> {
  const digest = toBase64url(await sha256(utf8(targetOf(received))));
  if (digest !== read.targetDigest || received.method !== read.method) {
    throw bad("the transaction token is of another request");
  }
}

function readTransaction(claims: Claims): Transaction {
  text(claims, "iss");
  text(claims, "req_wl");
  const [tctx, rctx] = [within(claims, "tctx"), within(claims, "rctx")];
  return {
    id: matching(claims, "txn", /^rec_[0-9a-z]{26}$/),
    issuedAt: seconds(claims, "iat"),
    subject: text(claims, "sub"),
    actors: "act" in claims ? actorsOf(claims["act"]) : [],
    agent: {
      id: matching(claims, "client_id", /^agt_[0-9a-z]{26}$/),
      name: matching(claims, "agent", NAME),
      project: matching(claims, "project", NAME),
      owner: text(claims, "owner"),
      kind: matching(claims, "kind", /^(copilot|autonomous)$/),
    },
    scopes: scopesOf(text(claims, "scope")),
    task: "task" in claims ? matching(claims, "task", /^tsk_[0-9a-z]{26}$/) : undefined,
    purpose: "purpose" in claims ? text(claims, "purpose") : undefined,
    api: text(tctx, "api"),
    operation: text(tctx, "operation"),
    method: text(tctx, "method"),
    targetDigest: text(tctx, "target_digest"),
    address: text(rctx, "req_ip"),
    proof: text(rctx, "authn"),
  };
}

function actorsOf(claim: unknown): string[] {
  const found: string[] = [];
  for (let actor = claim; actor !== undefined; actor = (actor as Claims)["act"]) {
    const sub = typeof actor === "object" && actor !== null ? (actor as Claims)["sub"] : undefined;
    if (typeof sub !== "string" || found.length === MAX_ACTORS) throw unreadable("act");
    found.push(sub);
  }
  return found;
}

function scopesOf(list: string): string[] {
  if (list === "") return [];
  if (!SCOPES.test(list)) throw unreadable("scope");
  return list.split(" ");
}

function text(claims: Claims, name: string): string {
  const value = claims[name];
  if (typeof value !== "string") throw unreadable(name);
  return value;
}

function matching(claims: Claims, name: string, pattern: RegExp): string {
  const value = text(claims, name);
  if (!pattern.test(value)) throw unreadable(name);
  return value;
}

function seconds(claims: Claims, name: string): number {
  const value = claims[name];
  const isWhole = typeof value === "number" && Number.isInteger(value);
  if (!isWhole || value < 0 || value > LATEST) throw unreadable(name);
  return value;
}

function within(claims: Claims, name: string): Claims {
  const value = claims[name];
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw unreadable(name);
  return value as Claims;
}

function unreadable(name: string): Refusal {
  return bad(`${name} is missing or cannot be read`);
}
