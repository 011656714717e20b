// RFC 9421 with the package `http-message-sig`, which signs the `Request` of fetch.

import { createHash } from "node:crypto";

import { appendSignature, createSignature, webcrypto } from "http-message-sig";

import { told, trial } from "./trial.mjs";

const key = await crypto.subtle.importKey("jwk", told.jwk, "Ed25519", false, ["sign"]);
const signer = webcrypto.signer(key);

async function sign({ method, url, body }) {
  const request = new Request(url, { method, body });
  const components = ["@method", "@target-uri"];
  if (body) {
    const digest = createHash("sha256").update(body).digest("base64");
    request.headers.set("content-digest", `sha-256=:${digest}:`);
    components.push("content-digest");
  }
  const created = Math.floor(Date.now() / 1000);
  const expires = created + 60;
  const parameters = { created, expires, nonce: crypto.randomUUID(), keyid: told.keyid };
  const fields = await createSignature(request, { components, parameters, signer });
  return new Request(request, { headers: appendSignature(request.headers, fields) });
}

await trial(sign);
