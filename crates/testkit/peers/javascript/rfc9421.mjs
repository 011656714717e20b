// RFC 9421 with the package `http-message-signatures`.

import { createHash, createPrivateKey } from "node:crypto";

import { createSigner, httpbis } from "http-message-signatures";

import { told, trial } from "./trial.mjs";

const { algorithm, keyid, jwk } = told;
const key = jwk.k ? Buffer.from(jwk.k, "base64url") : createPrivateKey({ key: jwk, format: "jwk" });

const signer = createSigner(key, algorithm, keyid);

async function sign({ method, url, body }) {
  const fields = ["@method", "@authority", "@path"];
  const headers = {};
  if (new URL(url).search) fields.push("@query");
  if (body) {
    const digest = createHash("sha256").update(body).digest("base64");
    headers["content-type"] = "application/json";
    headers["content-digest"] = `sha-256=:${digest}:`;
    fields.push("content-digest");
  }
  const params = ["created", "expires", "nonce", "keyid", "alg"];
  const expires = new Date(Date.now() + 60_000);
  const paramValues = { nonce: crypto.randomUUID(), expires };
  const config = { key: signer, fields, params, paramValues };
  const signed = await httpbis.signMessage(config, { method, url, headers });
  return new Request(url, { method, headers: signed.headers, body });
}

await trial(sign);
