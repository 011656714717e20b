// ERC-8128, as its current draft has it. No published client signs it yet: the signature is made
// with the packages `http-message-sig` (RFC 9421) and `viem` (the account).

import { createHash } from "node:crypto";

import { appendSignature, createSignature } from "http-message-sig";
import { privateKeyToAccount } from "viem/accounts";

import { told, trial } from "./trial.mjs";

const bytes = (hex) => Buffer.from(hex.slice(2), "hex");
const account = privateKeyToAccount(told.private_key);
const signer = {
  algorithm: "eip191",
  sign: async (raw) => bytes(await account.signMessage({ message: { raw } })),
};
const keyid = `eip155:1:${account.address.toLowerCase()}`;

async function sign({ method, url, body }) {
  const request = new Request(url, { method, body });
  const components = ["@scheme", "@authority", "@method", "@path", "@query"];
  if (body) {
    const digest = createHash("sha256").update(body).digest("base64");
    request.headers.set("content-digest", `sha-256=:${digest}:`);
    components.push("content-digest", "content-type");
  }
  const created = Math.floor(Date.now() / 1000);
  const expires = created + 60;
  const parameters = { created, expires, nonce: crypto.randomUUID(), keyid, tag: "erc8128" };
  const fields = await createSignature(request, { components, parameters, signer });
  return new Request(request, { headers: appendSignature(request.headers, fields) });
}

await trial(sign);
