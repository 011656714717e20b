// What every client is put through: each request is sent once, sent again as it is, and sent
// with a change after it was signed. The verdicts are printed as JSON.

import { text } from "node:stream/consumers";

/** What the test tells: keys, and the requests to make in `cases`. */
export const told = JSON.parse(await text(process.stdin));

/** Puts a client, which makes a signed `Request` of a case, through the trial. */
export async function trial(sign) {
  const verdicts = [];
  for (const asked of told.cases) {
    const request = await sign(asked);
    const once = await verdict(request.clone());
    const again = await verdict(request);
    const changed = await verdict(change(await sign(asked)));
    verdicts.push({ once, again, changed });
  }
  console.log(JSON.stringify(verdicts));
}

/** Sends a request; the status of the answer, and the code of a refusal. */
export async function verdict(request) {
  const response = await fetch(request);
  const body = await response.text();
  return response.ok ? `${response.status}` : `${response.status} ${JSON.parse(body).code}`;
}

/** The request with another body, or at another path where it has none. */
function change(request) {
  const { method, headers } = request;
  if (request.body) return new Request(request.url, { method, headers, body: '{"changed":true}' });
  const url = new URL(request.url);
  url.pathname += "0";
  return new Request(url, { method, headers });
}
