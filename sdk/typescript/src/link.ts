/** Asking the authority, each time signed. */

import { readAll } from "./body.js";
import type { Clock, ServerTime } from "./clock.js";
import { utf8 } from "./encoding.js";
import { BailiwickError, Denial } from "./errors.js";
import { readObject } from "./json.js";
import { nonce, signMessage, type MessageSigner } from "./message.js";
import { contentDigest } from "./primitives.js";
import { dpopProof, type DpopKey } from "./signers.js";
import { Waiting, type Patience } from "./waiting.js";

const MAX_ANSWER = 1_048_576;
const TIMEOUT_MS = 30_000;

/** The function that sends. */
export type Fetch = (input: string, init?: RequestInit) => Promise<Response>;

/** What is asked. */
export interface Question {
  method: "GET" | "POST" | "DELETE";
  path: string;
  json?: object;
  form?: URLSearchParams;
  /** The key that a token is to be bound to. */
  dpop?: DpopKey | undefined;
  /** Who asks; nobody where all may. */
  signer?: MessageSigner | undefined;
  signal?: AbortSignal | null | undefined;
  /** Whether asking twice is as good as asking once. */
  repeatable: boolean;
}

/** One authority, and how it is reached. */
export class Link {
  #dpopNonce: string | undefined;

  constructor(
    readonly server: string,
    readonly time: ServerTime,
    readonly clock: Clock,
    readonly send: Fetch,
    readonly patience: Patience,
  ) {}

  /** Asks, and reads the answer; throws a `Denial` where it is refused. */
  async ask<T>(question: Question): Promise<T> {
    const tried = new Set<string>();
    const waiting = new Waiting(this.patience);
    for (;;) {
      const sentAt = this.clock.now();
      const answer = await this.#send(question).catch((cause: unknown) => cause as Error);
      if (answer instanceof Error) {
        const isSilent = answer instanceof BailiwickError && answer.code === "server_unreachable";
        const wait = isSilent && question.repeatable ? waiting.next(undefined) : undefined;
        if (wait === undefined) throw answer;
        await this.clock.sleep(wait, question.signal);
        continue;
      }
      this.time.learn(answer.headers, sentAt);
      const read = await this.#read(answer);
      if (!(read instanceof Denial)) return read as T;
      if (!(await this.#mayAskAgain(read, { question, answer, sentAt, tried, waiting }))) {
        throw read;
      }
    }
  }

  async #mayAskAgain(
    denial: Denial,
    at: {
      question: Question;
      answer: Response;
      sentAt: number;
      tried: Set<string>;
      waiting: Waiting;
    },
  ): Promise<boolean> {
    const isFirst = !at.tried.has(denial.code);
    at.tried.add(denial.code);
    switch (denial.code) {
      case "signature_expired":
      case "signature_not_yet_valid":
        this.time.check(at.answer.headers, at.sentAt);
        return isFirst;
      case "use_dpop_nonce":
        this.#dpopNonce = at.answer.headers.get("dpop-nonce") ?? undefined;
        return isFirst && this.#dpopNonce !== undefined;
      case "unavailable":
      case "rate_limited": {
        const isWorthIt = at.question.repeatable || denial.code === "rate_limited";
        const wait = isWorthIt ? at.waiting.next(denial.retryAfterSeconds) : undefined;
        if (wait === undefined) return false;
        await this.clock.sleep(wait, at.question.signal);
        return true;
      }
      default:
        return false;
    }
  }

  async #send(question: Question): Promise<Response> {
    const url = new URL(question.path, this.server);
    const headers = new Headers({ accept: "application/json" });
    const body = bodyOf(question);
    if (body !== undefined) {
      const type = question.form ? "application/x-www-form-urlencoded" : "application/json";
      headers.set("content-type", type);
      headers.set("content-digest", await contentDigest(utf8(body)));
    }
    if (question.dpop) headers.set("dpop", await this.#proof(question.dpop, url));
    const request = { method: question.method, url, headers };
    if (question.signer) await signMessage(request, question.signer, this.time.seconds());
    const signal = within(TIMEOUT_MS, question.signal);
    const init: RequestInit = { method: question.method, headers, redirect: "manual", signal };
    if (body !== undefined) init.body = body;
    try {
      return await this.send(url.href, init);
    } catch (cause) {
      question.signal?.throwIfAborted();
      throw unreachable(url.origin, cause);
    }
  }

  #proof(key: DpopKey, url: URL): Promise<string> {
    const claims = { htm: "POST", htu: url.origin + url.pathname, iat: this.time.seconds() };
    const fresh = this.#dpopNonce === undefined ? {} : { nonce: this.#dpopNonce };
    return dpopProof(key, { ...claims, jti: nonce(), ...fresh });
  }

  async #read(answer: Response): Promise<unknown> {
    const renewed = answer.headers.get("dpop-nonce");
    if (renewed) this.#dpopNonce = renewed;
    const bytes = answer.body ? await readAll(answer.body, MAX_ANSWER) : new Uint8Array(0);
    if (answer.ok && bytes.length === 0) return undefined;
    const text = new TextDecoder().decode(bytes);
    const read = readObject(text);
    if (answer.ok && read) return read;
    // A gateway names requests by their records.
    const isGateway = String(read?.["request_id"]).startsWith("rec_");
    if (read && !isGateway && ("code" in read || "error" in read)) {
      return new Denial(read, answer, text);
    }
    throw new BailiwickError(
      "answer_unreadable",
      `${this.server} answered ${answer.status}, and not as an authority does`,
      "give the authority's address (its issuer), not the gateway's",
    );
  }
}

function bodyOf(question: Question): string | undefined {
  if (question.form) return question.form.toString();
  return question.json && JSON.stringify(question.json);
}

/** Whoever asks may give up, and so does the time. */
function within(milliseconds: number, signal?: AbortSignal | null): AbortSignal {
  const timeout = AbortSignal.timeout(milliseconds);
  if (!signal) return timeout;
  return typeof AbortSignal.any === "function" ? AbortSignal.any([signal, timeout]) : signal;
}

/** A server that does not answer. */
export function unreachable(origin: string, cause: unknown): BailiwickError {
  return new BailiwickError(
    "server_unreachable",
    `${origin} does not answer`,
    "check the address, and that `bailiwick serve` runs there",
    cause,
  );
}
