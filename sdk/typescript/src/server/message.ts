/** The signature of a request (RFC 9421), from its fields to its verdict. */

import { utf8, type Bytes } from "../encoding.js";
import { invalid, isPart, isPlain, malformed, readComponent, valueOf } from "./component.js";
import type { Component } from "./component.js";
import type { VerifyingKey } from "./keys.js";
import { lines, type Received } from "./received.js";
import { Refusal } from "./refusal.js";
import { NotStructured, readDictionary, writeParameters, type Member } from "./structured.js";

/** How long a signature may be valid, and how far clocks may differ. */
export interface Window {
  windowSeconds: number;
  skewSeconds: number;
}

/** The one signature of a request, read and bounded but not yet verified. */
export interface Presented {
  keyid: string;
  created: number | undefined;
  expires: number | undefined;
  nonce: string | undefined;
  alg: string | undefined;
  components: Component[];
  /** The value of `@signature-params`. */
  text: string;
  signature: Bytes;
}

const MAX_FIELD = 16 * 1024;
const MAX_COMPONENTS = 32;
const MAX_PARTS = 8;
const MAX_PARAMETERS = 16;
const MAX_SIGNATURE = 1024;
const MAX_KEYID = 256;

/** Reads the signature fields; undefined where there are none. */
export function findSignature(received: Received): Presented | undefined {
  const input = one(lines(received, "signature-input"));
  const signature = one(lines(received, "signature"));
  if (input === undefined && signature === undefined) return undefined;
  if (input === undefined || signature === undefined) {
    throw malformed("Signature and Signature-Input come together");
  }
  const [label, member] = only(input, "Signature-Input");
  const presented = readInput(member);
  const [signed, bytes] = only(signature, "Signature");
  if (!("bare" in bytes) || bytes.bare.type !== "bytes" || bytes.parameters.length > 0) {
    throw malformed("Signature cannot be read");
  }
  if (bytes.bare.value.length > MAX_SIGNATURE) throw malformed("the signature is too large");
  if (label !== signed) throw malformed("the signature fields have different labels");
  if (presented.keyid === undefined) throw malformed("the signature names no keyid");
  const { keyid } = presented;
  return { ...presented, keyid, signature: new Uint8Array(bytes.bare.value) };
}

function one(found: string[]): string | undefined {
  if (found.length > 1) {
    throw new Refusal("credential_conflict", "more than one line of a signature field");
  }
  if ((found[0]?.length ?? 0) > MAX_FIELD) throw malformed("a signature field is too large");
  return found[0];
}

function only(text: string, field: string): [string, Member] {
  let met = 0;
  try {
    const found = readDictionary(text, () => {
      if (++met > 1) throw new Refusal("credential_conflict", "more than one signature");
    });
    if (found[0]) return found[0];
  } catch (cause) {
    if (!(cause instanceof NotStructured)) throw cause;
    throw malformed(`${field} cannot be read`);
  }
  throw malformed(`${field} is empty`);
}

function readInput(
  member: Member,
): Omit<Presented, "signature" | "keyid"> & { keyid: string | undefined } {
  if (!("items" in member)) throw malformed("Signature-Input is not a list of components");
  const { items, parameters } = member;
  if (items.length > MAX_COMPONENTS) throw malformed("more than 32 components");
  const names = [parameters, ...items.map((item) => item.parameters)];
  for (const list of names) {
    if (list.length > MAX_PARAMETERS) throw malformed("more than 16 parameters");
    const distinct = new Set(list.map(([name]) => name));
    if (distinct.size !== list.length) throw malformed("a parameter is named twice");
  }
  const components = items.map(readComponent);
  if (components.filter(isPart).length > MAX_PARTS) throw malformed("more than 8 parts");
  const distinct = new Set(components.map(meant));
  if (distinct.size !== components.length) throw malformed("a component is covered twice");
  const given = new Map(parameters);
  const text = (name: string) => {
    const value = given.get(name);
    if (value === undefined) return undefined;
    if (value.type !== "string") throw malformed(`${name} is not a string`);
    return value.value;
  };
  const instant = (name: string) => {
    const value = given.get(name);
    if (value === undefined) return undefined;
    if (value.type !== "integer") throw malformed(`${name} is not an integer`);
    return value.value;
  };
  const keyid = text("keyid");
  if (keyid !== undefined && (keyid === "" || keyid.length > MAX_KEYID)) {
    throw malformed("keyid is empty or longer than 256 characters");
  }
  text("tag");
  const list = components.map(({ identifier }) => identifier).join(" ");
  return {
    keyid,
    created: instant("created"),
    expires: instant("expires"),
    nonce: text("nonce"),
    alg: text("alg"),
    components,
    text: `(${list})${writeParameters(parameters)}`,
  };
}

/** The same text for two components that stand for the same. */
function meant({ name, strict, bytes, member, parameter }: Component): string {
  // `key` writes strictly by itself, so that `sf` beside it changes nothing.
  return JSON.stringify([name, strict && member === undefined, bytes, member, parameter]);
}

/** Holds `created` and `expires` against the present; both are required. */
export function checkWindow(presented: Presented, now: number, window: Window): void {
  const { created, expires } = presented;
  if (created === undefined || expires === undefined) throw new Refusal("signature_window");
  if (expires <= created || expires - created > window.windowSeconds) {
    throw new Refusal("signature_window");
  }
  if (now < created - window.skewSeconds) throw new Refusal("signature_not_yet_valid");
  if (now > expires + window.skewSeconds) throw new Refusal("signature_expired");
}

/** Whether everything that decides what the request does is covered. */
export function checkCoverage(presented: Presented, received: Received, hasBody: boolean): void {
  const covers = (name: string) => presented.components.some((it) => isPlain(it, name));
  const whole = covers("@target-uri");
  const required: [boolean, string][] = [
    [true, "@method"],
    [!whole, "@authority"],
    [!whole, "@path"],
    [!whole && received.query !== null, "@query"],
    [hasBody, "content-digest"],
    [lines(received, "authorization").length > 0, "authorization"],
  ];
  const missing = required.find(([isAsked, name]) => isAsked && !covers(name));
  if (missing) throw new Refusal("signature_coverage", missing[1]);
}

/** The nonce: 16 to 128 characters. */
export function nonceOf({ nonce }: Presented): string {
  if (nonce === undefined || nonce.length < 16 || nonce.length > 128) {
    throw new Refusal("nonce_missing");
  }
  return nonce;
}

/** The signature base (section 2.5). */
export function baseOf(presented: Presented, received: Received): string {
  const values = presented.components.map(
    (component) => `${component.identifier}: ${valueOf(component, received)}\n`,
  );
  return `${values.join("")}"@signature-params": ${presented.text}`;
}

/** Whether the signature is that key's over this request. The key says by which algorithm. */
export async function verifySignature(
  presented: Presented,
  received: Received,
  key: VerifyingKey,
): Promise<void> {
  if (presented.alg !== undefined && presented.alg !== key.algorithm) throw invalid();
  const base = utf8(baseOf(presented, received));
  if (!(await key.verify(presented.signature, base))) throw invalid();
}
