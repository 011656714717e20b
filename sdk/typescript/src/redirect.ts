/** Redirects: followed on the same origin, newly signed; never to another one by itself. */

import { BailiwickError } from "./errors.js";
import { withoutBody, type Outgoing } from "./outgoing.js";

const STATUSES = [301, 302, 303, 307, 308];
const MOST = 20;

/** The request that an answer asks for; undefined where it is the answer. */
export function follow(outgoing: Outgoing, answer: Response, hops: number): Outgoing | undefined {
  if (answer.type === "opaqueredirect" && outgoing.redirect !== "manual") {
    throw refused("the server redirects, and a browser does not say where to");
  }
  const location = answer.headers.get("location");
  if (!STATUSES.includes(answer.status) || location === null) return undefined;
  if (outgoing.redirect === "manual") return undefined;
  if (outgoing.redirect === "error") throw refused("the server redirects, and `redirect` is error");
  const url = targetOf(location, outgoing.url);
  if (url.origin !== outgoing.url.origin) {
    throw refused(`the server redirects from ${outgoing.url.origin} to ${url.origin}`);
  }
  if (hops >= MOST) throw refused(`the server redirects more than ${MOST} times`);
  url.hash = "";
  const { status } = answer;
  const isGet = outgoing.method === "GET" || outgoing.method === "HEAD";
  const becomesGet = status === 303 ? !isGet : status < 303 && outgoing.method === "POST";
  if (becomesGet) return { ...withoutBody(outgoing), url };
  if (outgoing.body.stream) throw refused("the body is a stream, and cannot be sent again");
  return { ...outgoing, url };
}

function targetOf(location: string, from: URL): URL {
  try {
    return new URL(location, from);
  } catch {
    throw refused("the server redirects to something that is no address");
  }
}

function refused(what: string): BailiwickError {
  return new BailiwickError(
    "redirect_refused",
    what,
    "fetch with `redirect: \"manual\"` and decide by `Location` whether to go there",
  );
}
