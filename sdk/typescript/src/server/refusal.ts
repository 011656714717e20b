/** How a request is refused. */

import { DENIALS, type DenialCode, type Problem } from "../generated.js";

/** Why a request does not get in. Adapters answer with it; nothing of it is secret. */
export class Refusal extends Error {
  readonly code: DenialCode;
  readonly status: number;
  /** What exactly was wrong, where more is known. */
  readonly detail: string | undefined;

  constructor(code: DenialCode, detail?: string) {
    super(`${code}: ${detail ?? DENIALS[code].title}`);
    this.name = "Refusal";
    this.code = code;
    this.status = DENIALS[code].status;
    this.detail = detail;
  }

  /** The body of the answer (RFC 9457), of the shape of the gateway's. */
  problem(requestId: string): Problem {
    const { title, hint, retryable, status } = DENIALS[this.code];
    const type = `urn:bailiwick:denial:${this.code}`;
    const known = { type, title, status, code: this.code, request_id: requestId, retryable };
    return { ...known, ...(hint ? { hint } : {}), ...(this.detail ? { detail: this.detail } : {}) };
  }

  /** The fields of the answer. */
  headers(): Record<string, string> {
    const type = { "content-type": "application/problem+json", "cache-control": "no-store" };
    return this.status === 401 ? { ...type, "www-authenticate": "Signature" } : type;
  }

  toResponse(requestId: string): Response {
    const init = { status: this.status, headers: this.headers() };
    return new Response(JSON.stringify(this.problem(requestId)), init);
  }
}
