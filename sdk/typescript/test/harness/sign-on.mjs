// A company's sign-on: a stand-in for one, with a key, the two documents by which it is found, and
// tokens about Ada that say what a test wants.

import { webcrypto } from "node:crypto";
import { createServer } from "node:http";

const { subtle } = webcrypto;
const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** What its tokens are for. */
export const AUDIENCE = "support-app";

/** Starts one; `stop` ends it. */
export async function signOn() {
  const es256 = { name: "ECDSA", namedCurve: "P-256" };
  const pair = await subtle.generateKey(es256, false, ["sign", "verify"]);
  const { kty, crv, x, y } = await subtle.exportKey("jwk", pair.publicKey);
  let url;
  const server = createServer((request, response) => {
    const told = {
      "/.well-known/openid-configuration": { issuer: url, jwks_uri: `${url}/keys` },
      "/keys": { keys: [{ kty, crv, x, y, kid: "1" }] },
    }[request.url];
    response.writeHead(told ? 200 : 404, { "content-type": "application/json" });
    response.end(JSON.stringify(told ?? {}));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${server.address().port}`;

  /** A token with these claims besides or instead; undefined takes one away. */
  async function sign(typ, change) {
    const iat = Math.floor(Date.now() / 1000);
    const about = { sub: "ada", name: "Ada", scope: "tickets:read" };
    const claims = { iss: url, aud: AUDIENCE, ...about, iat, exp: iat + 300, ...change };
    const signed = `${encode({ alg: "ES256", kid: "1", typ })}.${encode(claims)}`;
    const how = { name: "ECDSA", hash: "SHA-256" };
    const signature = await subtle.sign(how, pair.privateKey, Buffer.from(signed));
    return `${signed}.${Buffer.from(signature).toString("base64url")}`;
  }

  return {
    url,
    /** An access token about her (RFC 9068). */
    says: (change) => sign("at+jwt", change),
    /** An assertion about her (RFC 7523). */
    asserts: (change) => sign("JWT", change),
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}
