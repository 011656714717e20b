// What an agent does in any runtime: nothing of Node.js is in here, and nothing is installed.

import { bootstrap, generateKey } from "@bailiwick/sdk";
import { createVerifier } from "@bailiwick/sdk/server";

import { verdictOf } from "./vectors.mjs";

/** Enrolls, calls, sends the same bytes again, and runs `cases`; says how each came out. */
export async function tour({ server, inviteCode, name, api, trustDomain, cases }) {
  const sent = [];
  const send = (input, init) => {
    sent.push([input, { ...init, headers: new Headers(init.headers) }]);
    return fetch(input, init);
  };
  const key = await generateKey();
  const who = { name, owner: "support", purpose: "runs anywhere" };
  const agent = await bootstrap({ server, inviteCode, ...who, key, fetch: send });
  const verify = createVerifier({ issuer: server, trustDomain });
  const calls = {};
  for (const credential of ["signature", "derived", "token", "dpop"]) {
    const headers = { "content-type": "application/json" };
    const post = { method: "POST", body: '{"title":"printer on fire"}', headers };
    const answer = await agent.using({ credential }).signedFetch(`${api}/tickets`, post);
    const { url, headers: heard } = await answer.json();
    const replayed = await (await fetch(...sent.at(-1))).json();
    // What the API verifies, were it this runtime that it runs in.
    const init = { method: "POST", headers: { "txn-token": heard["txn-token"] } };
    const context = await verify(new Request(`http://api.test${url}`, init));
    calls[credential] = [answer.status, context.agent.name, replayed.code];
  }
  return { algorithm: key.algorithm, calls, different: await differences(cases) };
}

/** The cases that come out otherwise than they say. */
async function differences(cases) {
  const different = [];
  for (const { topic, name, expect, given } of cases) {
    const verdict = await verdictOf(topic, given);
    if (verdict !== expect) different.push(`${topic}/${name}: ${expect} expected, ${verdict}`);
  }
  return different;
}
