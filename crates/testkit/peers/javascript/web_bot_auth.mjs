// Web Bot Auth with the package `web-bot-auth`, which names the directory in the older form:
// `Signature-Agent` is one string, covered whole.

import { createHash } from "node:crypto";

import { signatureHeaders } from "web-bot-auth";
import { signerFromJWK } from "web-bot-auth/crypto";

import { told, trial } from "./trial.mjs";

const signer = await signerFromJWK(told.jwk);

async function sign({ method, url, body }) {
  const headers = { "signature-agent": `"${told.directory}"` };
  // The package covers @authority and signature-agent unless it is told to cover more.
  const components = ["@method", "@authority", "@path", "signature-agent"];
  if (new URL(url).search) components.push("@query");
  if (body) {
    const digest = createHash("sha256").update(body).digest("base64");
    headers["content-digest"] = `sha-256=:${digest}:`;
    components.push("content-digest");
  }
  const request = new Request(url, { method, headers, body });
  const created = new Date();
  const expires = new Date(created.getTime() + 60_000);
  const signed = await signatureHeaders(request, signer, { created, expires, components });
  return new Request(request, { headers: { ...headers, ...signed } });
}

await trial(sign);
