/** Structured fields (RFC 9651), read and strictly written. */

import { fromUtf8, toBase64, utf8 } from "../encoding.js";

/** A bare item: its type, what it is, and how it is strictly written. */
export type Bare =
  | { type: "string" | "token" | "display"; value: string; text: string }
  | { type: "integer" | "decimal" | "date"; value: number; text: string }
  | { type: "bytes"; value: Uint8Array; text: string }
  | { type: "boolean"; value: boolean; text: string };

/** Parameters as they stand there: a name may be there twice. */
export type Parameters = [name: string, value: Bare][];

export interface Item {
  bare: Bare;
  parameters: Parameters;
}

export interface InnerList {
  items: Item[];
  parameters: Parameters;
}

export type Member = Item | InnerList;

const TRUE: Bare = { type: "boolean", value: true, text: "?1" };
const KEY = /[a-z*][a-z0-9_.*-]*/y;
const TOKEN = /[A-Za-z*][A-Za-z0-9!#$%&'*+.^_`|~:/-]*/y;
const STRING = /"((?:[ !#-[\]-~]|\\["\\])*)"/y;
const NUMBER = /-?(?:\d{1,12}\.\d{1,3}|\d{1,15})(?![\d.])/y;
const BYTES = /:([A-Za-z0-9+/]*)(={0,2}):/y;
const BOOLEAN = /\?([01])/y;
const DATE = /@(-?\d{1,15})(?![\d.])/y;
const DISPLAY = /%"((?:[ !#-$&-~]|%[0-9a-f]{2})*)"/y;
const SPACES = / */y;
const BLANK = /[ \t]*/y;

/** What is not a structured field. */
export class NotStructured extends Error {}

/** Reads a text from its start. */
class Reader {
  #at = 0;

  constructor(readonly text: string) {}

  get ended(): boolean {
    return this.#at >= this.text.length;
  }

  match(pattern: RegExp): RegExpExecArray {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.text);
    if (!found) throw new NotStructured(`at ${this.#at}`);
    this.#at += found[0].length;
    return found;
  }

  take(character: string): boolean {
    if (this.text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  peek(): string {
    return this.text[this.#at] ?? "";
  }
}

/** Reads a dictionary; `meet` is told of each member's key when it is come to. */
export function readDictionary(
  text: string,
  meet: (key: string) => void = () => undefined,
): [key: string, member: Member][] {
  const found: [string, Member][] = [];
  list(text, (reader) => {
    const key = reader.match(KEY)[0];
    meet(key);
    const member = reader.take("=")
      ? readMember(reader)
      : { bare: TRUE, parameters: readParameters(reader) };
    found.push([key, member]);
  });
  return found;
}

/** Reads a list. */
export function readList(text: string): Member[] {
  const found: Member[] = [];
  list(text, (reader) => found.push(readMember(reader)));
  return found;
}

/** What stands between commas (section 4.2.1). */
function list(text: string, read: (reader: Reader) => void): void {
  const reader = new Reader(text);
  reader.match(SPACES);
  while (!reader.ended) {
    read(reader);
    reader.match(BLANK);
    if (reader.ended) return;
    if (!reader.take(",")) {
      // Only spaces, and no tabs, may end a field; those were read already.
      throw new NotStructured("members without a comma");
    }
    reader.match(BLANK);
    if (reader.ended) throw new NotStructured("a comma at the end");
  }
}

function readMember(reader: Reader): Member {
  return reader.peek() === "(" ? readInnerList(reader) : readItem(reader);
}

function readInnerList(reader: Reader): InnerList {
  reader.take("(");
  const items: Item[] = [];
  for (;;) {
    reader.match(SPACES);
    if (reader.take(")")) return { items, parameters: readParameters(reader) };
    items.push(readItem(reader));
    if (reader.peek() !== " " && reader.peek() !== ")") throw new NotStructured("inner list");
  }
}

function readItem(reader: Reader): Item {
  return { bare: readBare(reader), parameters: readParameters(reader) };
}

function readParameters(reader: Reader): Parameters {
  const found: Parameters = [];
  while (reader.take(";")) {
    reader.match(SPACES);
    const name = reader.match(KEY)[0];
    found.push([name, reader.take("=") ? readBare(reader) : TRUE]);
  }
  return found;
}

function readBare(reader: Reader): Bare {
  switch (reader.peek()) {
    case '"': {
      const value = reader.match(STRING)[1]?.replace(/\\(.)/g, "$1") ?? "";
      return { type: "string", value, text: `"${value.replace(/["\\]/g, "\\$&")}"` };
    }
    case ":":
      return readBytes(reader);
    case "?": {
      const value = reader.match(BOOLEAN)[1] === "1";
      return { type: "boolean", value, text: value ? "?1" : "?0" };
    }
    case "@": {
      const value = Number(reader.match(DATE)[1]) + 0;
      return { type: "date", value, text: `@${whole(value)}` };
    }
    case "%":
      return readDisplay(reader);
    default:
      return /[-\d]/.test(reader.peek()) ? readNumber(reader) : readToken(reader);
  }
}

function readNumber(reader: Reader): Bare {
  const text = reader.match(NUMBER)[0];
  const value = Number(text);
  if (!text.includes(".")) return { type: "integer", value, text: whole(value) };
  const short = value.toFixed(3).replace(/0{1,2}$/, "").replace(/^-(0\.0)$/, "$1");
  return { type: "decimal", value, text: short };
}

function readToken(reader: Reader): Bare {
  const value = reader.match(TOKEN)[0];
  return { type: "token", value, text: value };
}

function readBytes(reader: Reader): Bare {
  const [, body = "", padding = ""] = reader.match(BYTES);
  const isWhole = (body.length + padding.length) % 4 === 0;
  if (body.length % 4 === 1 || (padding !== "" && !isWhole)) throw new NotStructured("base64");
  const value = Uint8Array.from(atob(body), (character) => character.charCodeAt(0));
  return { type: "bytes", value, text: `:${toBase64(value)}:` };
}

function readDisplay(reader: Reader): Bare {
  const encoded = reader.match(DISPLAY)[1] ?? "";
  const bytes: number[] = [];
  for (const [piece] of encoded.matchAll(/%..|./g)) {
    bytes.push(piece.length === 3 ? Number.parseInt(piece.slice(1), 16) : piece.charCodeAt(0));
  }
  try {
    const value = fromUtf8(Uint8Array.from(bytes));
    return { type: "display", value, text: `%"${escaped(value)}"` };
  } catch {
    throw new NotStructured("a display string that is not UTF-8");
  }
}

function escaped(value: string): string {
  let text = "";
  for (const byte of utf8(value)) {
    const isPlain = byte >= 0x20 && byte < 0x7f && byte !== 0x25 && byte !== 0x22;
    text += isPlain ? String.fromCharCode(byte) : `%${byte.toString(16).padStart(2, "0")}`;
  }
  return text;
}

function whole(value: number): string {
  return String(value === 0 ? 0 : value);
}

/** Parameters, strictly written. */
export function writeParameters(parameters: Parameters): string {
  let text = "";
  for (const [name, value] of parameters) {
    text += value.type === "boolean" && value.value ? `;${name}` : `;${name}=${value.text}`;
  }
  return text;
}

/** A member, strictly written. Of two parameters of one name the last is meant. */
export function writeMember(member: Member): string {
  const parameters = writeParameters(lastOnes(member.parameters));
  if ("bare" in member) return member.bare.text + parameters;
  const items = member.items.map(writeMember);
  return `(${items.join(" ")})${parameters}`;
}

/** A dictionary, strictly written. */
export function writeDictionary(members: [string, Member][]): string {
  const written = [...lastMembers(members)].map(([key, member]) => {
    const isTrue = "bare" in member && member.bare.type === "boolean" && member.bare.value;
    if (isTrue) return key + writeParameters(lastOnes(member.parameters));
    return `${key}=${writeMember(member)}`;
  });
  return written.join(", ");
}

/** A dictionary in which the last member of each name is meant, at the place of the first. */
export function lastMembers(members: [string, Member][]): Map<string, Member> {
  return new Map(members);
}

function lastOnes(parameters: Parameters): Parameters {
  return [...new Map(parameters)];
}
