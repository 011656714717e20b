/** A request before anything of this package's is in it. */

import { none, type Body } from "./body.js";

/** A request while it is on its way. */
export interface Outgoing {
  method: string;
  url: URL;
  /** The caller's own fields; each sending adds its own to a copy. */
  headers: Headers;
  body: Body;
  signal: AbortSignal | null;
  redirect: RequestRedirect;
  /** What else the runtime's `fetch` takes. */
  rest: RequestInit;
}

/** A request without a body, as a redirect makes one. */
export function withoutBody(outgoing: Outgoing): Outgoing {
  const headers = new Headers(outgoing.headers);
  for (const name of [...headers.keys()]) {
    if (name.startsWith("content-")) headers.delete(name);
  }
  return { ...outgoing, method: "GET", headers, body: none() };
}
