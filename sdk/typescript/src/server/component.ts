/** The components that a signature covers (RFC 9421, section 2), and their values. */

import { toBase64, utf8 } from "../encoding.js";
import { encodedParameter } from "./query.js";
import { lines, type Received } from "./received.js";
import { Refusal } from "./refusal.js";
import {
  lastMembers,
  readDictionary,
  readList,
  writeDictionary,
  writeMember,
  writeParameters,
  type Item,
} from "./structured.js";

/** One covered component. */
export interface Component {
  name: string;
  /** As it is written in the base. */
  identifier: string;
  strict: boolean;
  bytes: boolean;
  member: string | undefined;
  parameter: string | undefined;
}

const DERIVED = [
  "@method",
  "@target-uri",
  "@authority",
  "@scheme",
  "@request-target",
  "@path",
  "@query",
];
const FIELD_NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;
const MAX_STRUCTURED = 16 * 1024;
/** Fields that are known to have a structure. */
const DICTIONARIES = [
  "accept-signature",
  "content-digest",
  "priority",
  "repr-digest",
  "want-content-digest",
  "want-repr-digest",
];
const LISTS = ["cache-status", "client-cert-chain", "proxy-status"];

/** Reads one; refuses what is not supported. */
export function readComponent({ bare, parameters }: Item): Component {
  if (bare.type !== "string") throw malformed("a component is not named by a string");
  const identifier = bare.text + writeParameters(parameters);
  const component: Component = {
    name: bare.value,
    identifier,
    strict: false,
    bytes: false,
    member: undefined,
    parameter: undefined,
  };
  for (const [name, value] of parameters) {
    if (name === "sf" && value.value === true) component.strict = true;
    else if (name === "bs" && value.value === true) component.bytes = true;
    else if (name === "key" && value.type === "string") component.member = value.value;
    else if (name === "name" && value.type === "string") component.parameter = value.value;
    else throw malformed("a component's parameter is not supported");
  }
  check(component);
  return component;
}

function check(component: Component): void {
  const { name, strict, bytes, member, parameter } = component;
  const ofField = strict || bytes || member !== undefined;
  if (name.startsWith("@")) {
    if (ofField) throw malformed("a derived component has a parameter of a field");
    if ((name === "@query-param") !== (parameter !== undefined)) {
      throw malformed("only @query-param takes a name");
    }
    if (parameter === undefined && !DERIVED.includes(name)) {
      throw malformed("a derived component is not one of a request");
    }
    return;
  }
  if (!FIELD_NAME.test(name)) throw malformed("a component's name is not a field name");
  if (parameter !== undefined || (bytes && ofField && (strict || member !== undefined))) {
    throw malformed("a field's parameters exclude one another");
  }
  const isStructured = DICTIONARIES.includes(name) || LISTS.includes(name);
  if (strict && member === undefined && !isStructured) {
    throw malformed("sf on a field that is not known to be structured");
  }
}

/** Whether its value has to be taken out of, or written anew from, a larger one. */
export function isPart({ strict, member, parameter }: Component): boolean {
  return strict || member !== undefined || parameter !== undefined;
}

/** Whether it is the component with that name and no parameters. */
export function isPlain(component: Component, name: string): boolean {
  return component.name === name && !isPart(component) && !component.bytes;
}

/** Its value in this request; one that is not there makes the signature invalid. */
export function valueOf(component: Component, received: Received): string {
  const value = component.name.startsWith("@")
    ? derived(component, received)
    : field(component, received);
  // A line break would let one value speak for the next component.
  if (value.includes("\n")) throw invalid();
  return value;
}

function derived({ name, parameter }: Component, received: Received): string {
  const { method, scheme, path, query } = received;
  const target = (path || "/") + (query === null ? "" : `?${query}`);
  switch (name) {
    case "@method":
      return method;
    case "@scheme":
      return scheme.toLowerCase();
    case "@authority":
      return authorityOf(received);
    case "@target-uri":
      return `${scheme.toLowerCase()}://${authorityOf(received)}${target}`;
    case "@request-target":
      return target;
    case "@path":
      return path || "/";
    case "@query":
      return `?${query ?? ""}`;
    default: {
      const value = encodedParameter(query ?? "", parameter ?? "");
      if (value === undefined) throw invalid();
      return value;
    }
  }
}

/** Lower case, without the port that the scheme implies (section 2.2.3). */
export function authorityOf({ scheme, authority }: Received): string {
  const port = /:(\d*)$/.exec(authority)?.[1];
  const implied = scheme.toLowerCase() === "https" ? "443" : "80";
  const isImplied = port === "" || (port !== undefined && port === implied);
  const bare = isImplied ? authority.slice(0, authority.lastIndexOf(":")) : authority;
  return bare.toLowerCase();
}

function field(component: Component, received: Received): string {
  const found = lines(received, component.name);
  if (found.length === 0) throw invalid();
  const trimmed = found.map((line) => line.replace(/^[ \t\r\n\f]+|[ \t\r\n\f]+$/g, ""));
  if (component.bytes) {
    return trimmed.map((line) => `:${toBase64(latin1(line))}:`).join(", ");
  }
  const joined = trimmed.join(", ");
  if (!isPart(component)) return joined;
  if (joined.length > MAX_STRUCTURED) throw invalid();
  try {
    return structured(component, joined);
  } catch {
    throw invalid();
  }
}

function structured({ name, member }: Component, joined: string): string {
  if (member === undefined) {
    if (LISTS.includes(name)) {
      const list = readList(joined);
      if (list.length === 0) throw invalid();
      return list.map(writeMember).join(", ");
    }
    const dictionary = readDictionary(joined);
    if (dictionary.length === 0) throw invalid();
    return writeDictionary(dictionary);
  }
  const found = lastMembers(readDictionary(joined)).get(member);
  if (!found) throw invalid();
  return writeMember(found);
}

/** The bytes of a field as it was received. */
function latin1(line: string): Uint8Array {
  const isLatin = [...line].every((character) => character.charCodeAt(0) < 256);
  return isLatin ? Uint8Array.from(line, (character) => character.charCodeAt(0)) : utf8(line);
}

export function malformed(detail: string): Refusal {
  return new Refusal("credential_malformed", detail);
}

export function invalid(): Refusal {
  return new Refusal("signature_invalid");
}
