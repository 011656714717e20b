/** What can go wrong: each says what, and what to do. */

import type { DenialCode } from "./generated.js";

/** What this side finds out by itself. */
export type LocalCode =
  | "answer_unreadable"
  | "body_too_large"
  | "clock_off"
  | "configuration"
  | "key_unusable"
  | "redirect_refused"
  | "server_unreachable"
  | "store_unusable"
  | "token_elsewhere";

/** A code; those of other versions of the product are texts too. */
export type Code = DenialCode | LocalCode | (string & {});

/** Anything this package throws by itself. Never has a key in it. */
export class BailiwickError extends Error {
  /** What programs go by; it never changes its meaning. */
  readonly code: Code;
  /** What to do. */
  readonly hint: string | undefined;

  constructor(code: Code, message: string, hint?: string, cause?: unknown) {
    super(hint ? `${message}; ${hint}` : message, cause === undefined ? undefined : { cause });
    this.name = "BailiwickError";
    this.code = code;
    this.hint = hint;
  }
}

/** A request that waits for people. */
export interface PendingApproval {
  /** `apr_…` */
  readonly id: string;
  /** `pending`, or `approved` where it only has to be sent again. */
  readonly status: string;
  /** Where people see it and decide. */
  readonly url: string;
  /** Until when. */
  readonly expires_at: string;
}

/** A refusal of the gateway or the authority. */
export class Denial extends BailiwickError {
  /** The HTTP status. */
  readonly status: number;
  /** What exactly was wrong, where more is known than the message says. */
  readonly detail: string | undefined;
  /** The request, as the ledger and the server's log name it. */
  readonly requestId: string | undefined;
  /** Whether the same request, signed again, may succeed later. */
  readonly retryable: boolean;
  /** The scopes that the agent would need besides. */
  readonly missingScopes: readonly string[];
  /** When to try again. */
  readonly retryAfterSeconds: number | undefined;
  /** The approval that it waits for. */
  readonly approval: PendingApproval | undefined;
  /** All that the server said. */
  readonly problem: Readonly<Record<string, unknown>>;
  readonly #response: { text: string; init: ResponseInit };

  constructor(problem: Record<string, unknown>, response: Response, text: string) {
    const say = (name: string) =>
      typeof problem[name] === "string" ? (problem[name] as string) : undefined;
    const code = say("code") ?? say("error") ?? "answer_unreadable";
    const detail = say("detail") ?? say("error_description");
    const title = say("title")?.replace(/\.$/, "") ?? `refused with ${code}`;
    const message = detail && detail !== title ? `${title}: ${detail}` : title;
    super(code, `${code}: ${message}`, say("hint"));
    this.name = "Denial";
    this.status = response.status;
    this.detail = detail;
    this.requestId = say("request_id");
    this.retryable = problem["retryable"] === true;
    const missing = problem["missing_scopes"];
    this.missingScopes = Array.isArray(missing) ? missing.map(String) : [];
    this.retryAfterSeconds = retryAfter(response.headers) ?? seconds(problem);
    const approval = problem["approval"];
    this.approval =
      typeof approval === "object" && approval !== null
        ? (approval as PendingApproval)
        : undefined;
    this.problem = problem;
    const { status, statusText, headers } = response;
    this.#response = { text, init: { status, statusText, headers } };
  }

  /** The answer as it came. */
  get response(): Response {
    return new Response(this.#response.text, this.#response.init);
  }
}

function seconds(problem: Record<string, unknown>): number | undefined {
  const given = problem["retry_after_seconds"];
  return typeof given === "number" && given >= 0 ? given : undefined;
}

/** `Retry-After` in seconds (RFC 9110, section 10.2.3). */
export function retryAfter(headers: Headers): number | undefined {
  const given = headers.get("retry-after");
  if (given === null) return undefined;
  if (/^\d{1,9}$/.test(given)) return Number(given);
  const [at, now] = [Date.parse(given), Date.parse(headers.get("date") ?? "")];
  return Number.isNaN(at) || Number.isNaN(now) ? undefined : Math.max(0, (at - now) / 1000);
}
