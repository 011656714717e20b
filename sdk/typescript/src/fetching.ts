/** `fetch`, signed. */

import { describe, readAll, readBody } from "./body.js";
import type { Core } from "./core.js";
import type { Credential } from "./credentials.js";
import { BailiwickError, Denial } from "./errors.js";
import { readObject } from "./json.js";
import { unreachable } from "./link.js";
import type { Outgoing } from "./outgoing.js";
import { mayRepeat, waitFor, type Attempt } from "./patience.js";
import { follow } from "./redirect.js";
import { Waiting } from "./waiting.js";

/** What `fetch` takes. */
export type SignedFetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

const URN = "urn:bailiwick:denial:";
const MAX_PROBLEM = 65_536;
const NORMALIZED = /^(delete|get|head|options|post|put)$/i;
/** What only this package writes. */
const OWN = ["signature", "signature-input", "dpop"];

/** Sends a request as this agent, each time newly signed. */
export async function signedFetch(
  core: Core,
  credential: Credential,
  input: string | URL | Request,
  init: RequestInit = {},
): Promise<Response> {
  let outgoing: Outgoing = await read(core, input, init);
  for (let hops = 0; ; hops++) {
    const answer = await deliver(core, credential, outgoing);
    const next = follow(outgoing, answer, hops);
    if (next === undefined) return answer;
    await answer.body?.cancel();
    outgoing = next;
  }
}

async function read(
  core: Core,
  input: string | URL | Request,
  init: RequestInit,
): Promise<Outgoing> {
  const given = input instanceof Request ? input : undefined;
  const url = new URL(given ? given.url : (input as string | URL));
  url.hash = "";
  // An empty query is sent by some runtimes and not by others.
  if (url.search === "") url.search = "";
  const { method, headers, body, signal, redirect, ...rest } = init;
  const fields = new Headers(headers ?? given?.headers);
  for (const name of OWN) fields.delete(name);
  const limit = core.settings.maxBodyBytes;
  const read = await readBody(body === undefined ? given?.body : body, fields, limit);
  await describe(read, fields);
  const verb = methodOf(method ?? given?.method ?? "GET");
  if ((verb === "GET" || verb === "HEAD") && (read.bytes ?? read.stream)) {
    throw new TypeError(`a request with the method ${verb} has no body`);
  }
  return {
    method: verb,
    url,
    headers: fields,
    body: read,
    signal: signal === undefined ? (given?.signal ?? null) : signal,
    redirect: redirect ?? given?.redirect ?? "follow",
    rest,
  };
}

function methodOf(method: string): string {
  return NORMALIZED.test(method) ? method.toUpperCase() : method;
}

/** Sends until there is an answer that is no refusal, or one that another try does not help. */
async function deliver(
  core: Core,
  credential: Credential,
  outgoing: Outgoing,
): Promise<Response> {
  const waiting = new Waiting(core.link.patience);
  const attempt: Attempt = { waiting, renewed: new Set(), approval: undefined, approved: 0 };
  for (;;) {
    outgoing.signal?.throwIfAborted();
    const request = {
      method: outgoing.method,
      url: outgoing.url,
      headers: new Headers(outgoing.headers),
    };
    if (attempt.approval) {
      request.headers.set("x-approval-id", attempt.approval);
      request.headers.set("prefer", "wait=30");
    }
    const { signer } = core;
    const unproven = await credential.prove(request).then(() => undefined, asError);
    if (unproven) {
      if (!(unproven instanceof Denial) || outgoing.body.stream) throw unproven;
      // Refused to a key that was changed meanwhile, perhaps by another process.
      if (core.signer === signer && !(await core.renewKey(unproven))) throw unproven;
      continue;
    }
    const answer = await send(core, outgoing, request.headers).catch((cause: unknown) => cause);
    if (!(answer instanceof Response)) {
      outgoing.signal?.throwIfAborted();
      const wait = mayRepeat(outgoing) ? waiting.next(undefined) : undefined;
      if (wait === undefined) throw unreachable(outgoing.url.origin, answer);
      await core.link.clock.sleep(wait, outgoing.signal);
      continue;
    }
    // Nobody else's word counts as the gateway's.
    const isGateway = core.settings.origins.has(outgoing.url.origin);
    if (isGateway) credential.heard?.(answer.headers);
    const denial = isGateway ? await denialOf(answer) : undefined;
    if (!denial) return answer;
    if (!(await waitFor(denial, { core, credential, outgoing, request, signer, attempt }))) {
      throw denial;
    }
  }
}

const asError = (cause: unknown) => cause as Error;

async function send(core: Core, outgoing: Outgoing, headers: Headers): Promise<Response> {
  const { method, url, body, signal, rest } = outgoing;
  const init: RequestInit & { duplex?: "half" } = { ...rest, method, headers, signal };
  init.redirect = "manual";
  if (body.stream) {
    if (body.stream.locked) throw spent();
    init.body = body.stream;
    init.duplex = "half";
  } else if (body.bytes) {
    init.body = body.bytes;
  }
  return core.link.send(url.href, init);
}

/** The gateway's refusal, if the answer is one. What it reads of others it gives back whole. */
async function denialOf(answer: Response): Promise<Denial | undefined> {
  const type = answer.headers.get("content-type") ?? "";
  const isProblem = type.toLowerCase().startsWith("application/problem+json");
  if (!isProblem || !answer.body) return undefined;
  const copy = answer.clone();
  const text = await readAll(copy.body as ReadableStream<Uint8Array>, MAX_PROBLEM)
    .then((bytes) => new TextDecoder().decode(bytes))
    .catch(() => "");
  const problem = readObject(text);
  if (!problem || problem["type"] !== `${URN}${String(problem["code"])}`) return undefined;
  await answer.body.cancel();
  return new Denial(problem, answer, text);
}

function spent(): BailiwickError {
  return new BailiwickError(
    "body_too_large",
    "the body is a stream that was sent already, and the request has to be sent again",
    "give bytes, a Blob or a FormData, which can be",
  );
}
