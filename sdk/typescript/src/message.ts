/** Signing a request (RFC 9421), as the gateway and the authority ask for it. */

import { toBase64, toBase64url, utf8, type Bytes } from "./encoding.js";
import { random } from "./primitives.js";

/** Whatever can sign a request. */
export interface MessageSigner {
  /** How the server knows the key. */
  readonly keyid: string;
  /** The name that ties the two fields together. */
  readonly label: string;
  /** The profile that the signature follows, where it does. */
  readonly tag?: string;
  /** What it covers of a request. */
  components(request: Unsigned): string[];
  sign(base: Bytes): Promise<Bytes> | Bytes;
}

/** A request as it is about to be sent. */
export interface Unsigned {
  method: string;
  url: URL;
  headers: Headers;
}

/** How long a signature is good, in seconds: the most that a server takes by default. */
export const LIFETIME_SECONDS = 60;
const NONCE_BYTES = 16;
/** Fields that decide what a request does: covered where they are sent. */
const COVERED = ["content-digest", "content-type", "authorization", "x-approval-id"];

/** What a signature by an agent's own key, or by one derived from it, covers. */
export function components({ url, headers }: Unsigned): string[] {
  const covered = ["@method", "@authority", "@path"];
  if (url.search) covered.push("@query");
  for (const field of COVERED) if (headers.has(field)) covered.push(field);
  return covered;
}

// Nothing is drawn before it is used: Workers forbid it while a program is loaded.
let drawn: Bytes = new Uint8Array(0);
let used = 0;

/** A nonce: 128 bits that nobody guesses. They are drawn for many nonces at a time. */
export function nonce(): string {
  if (used + NONCE_BYTES > drawn.length) {
    drawn = random(64 * NONCE_BYTES);
    used = 0;
  }
  used += NONCE_BYTES;
  return toBase64url(drawn.subarray(used - NONCE_BYTES, used));
}

/** Adds `Signature-Input` and `Signature`, made at this second. */
export async function signMessage(
  request: Unsigned,
  signer: MessageSigner,
  created: number,
): Promise<void> {
  const names = signer.components(request);
  const tag = signer.tag ? `;tag="${signer.tag}"` : "";
  const input =
    `(${names.map((name) => `"${name}"`).join(" ")});created=${created}` +
    `;expires=${created + LIFETIME_SECONDS};nonce="${nonce()}";keyid="${signer.keyid}"${tag}`;
  const signed = signer.sign(utf8(baseOf(request, names, input)));
  const signature = signed instanceof Uint8Array ? signed : await signed;
  request.headers.set("signature-input", `${signer.label}=${input}`);
  request.headers.set("signature", `${signer.label}=:${toBase64(signature)}:`);
}

/** The signature base (section 2.5). */
export function baseOf(request: Unsigned, names: string[], input: string): string {
  let base = "";
  for (const name of names) base += `"${name}": ${valueOf(request, name)}\n`;
  return `${base}"@signature-params": ${input}`;
}

function valueOf({ method, url, headers }: Unsigned, name: string): string {
  switch (name) {
    case "@method":
      return method;
    case "@scheme":
      return url.protocol.slice(0, -1);
    case "@authority":
      return url.host.toLowerCase();
    case "@path":
      return url.pathname || "/";
    case "@query":
      return url.search || "?";
    default:
      return (headers.get(name) ?? "").trim();
  }
}
