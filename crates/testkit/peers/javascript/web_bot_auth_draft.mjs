// Web Bot Auth, as its current draft has it: `Signature-Agent` is a dictionary, of which the member
// named like the signature is covered. `web-bot-auth` does not sign it yet; the package that it is
// built on, `http-message-sig`, does.

import { createHash } from "node:crypto";

import { appendSignature, component, createSignature, webcrypto } from "http-message-sig";
import { generateNonce, jwkToKeyID } from "web-bot-auth";
import { helpers } from "web-bot-auth/crypto";

import { told, trial } from "./trial.mjs";

const key = await crypto.subtle.importKey("jwk", told.jwk, "Ed25519", false, ["sign"]);
const signer = webcrypto.signer(key);
const keyid = await jwkToKeyID(told.jwk, helpers.WEBCRYPTO_SHA256, helpers.BASE64URL_DECODE);

async function sign({ method, url, body }) {
  const headers = { "signature-agent": `sig1="${told.directory}"` };
  const components = ["@method", "@target-uri", component("signature-agent", { key: "sig1" })];
  if (body) {
    const digest = createHash("sha256").update(body).digest("base64");
    headers["content-digest"] = `sha-256=:${digest}:`;
    components.push("content-digest");
  }
  const request = new Request(url, { method, headers, body });
  const created = Math.floor(Date.now() / 1000);
  const expires = created + 60;
  const parameters = { created, expires, nonce: generateNonce(), keyid, tag: "web-bot-auth" };
  const options = { label: "sig1", components, parameters, signer };
  const fields = await createSignature(request, options);
  return new Request(request, { headers: appendSignature(request.headers, fields) });
}

await trial(sign);
