// Agents that come in at a server of the tests.

import assert from "node:assert/strict";

import { bootstrap } from "../../dist/index.js";

/** A function that makes a new agent at this server, with whatever `bootstrap` takes. */
export async function enrolling({ server, command }) {
  const scopes = ["tickets:read", "tickets:write", "refunds:write"];
  const words = scopes.flatMap((scope) => ["--scope", scope]);
  const invited = await command("invite", "new", ...words, "--uses", "100");
  let count = 0;
  return (options = {}) => {
    // No two of these look alike, which the authority would refuse.
    const name = `agent-${"abcdefghkmprstuwxyz"[Math.floor(count / 8)]}${(count++ % 8) + 2}`;
    const who = { name, owner: "support", purpose: "answers tickets" };
    return bootstrap({ server, inviteCode: invited.invite_code, ...who, ...options });
  };
}

/** What a promise is refused with. */
export async function refusal(promise) {
  return promise.then(
    (answer) => assert.fail(`let through: ${answer.status}`),
    (refused) => refused,
  );
}
