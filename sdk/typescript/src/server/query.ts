/** One parameter of a query, in its encoded form (RFC 9421, section 2.2.8). */

import { utf8 } from "../encoding.js";

/** Its value; undefined where it is not there, or there more than once. */
export function encodedParameter(query: string, name: string): string | undefined {
  let found: string | undefined;
  for (const pair of query.split("&")) {
    if (pair === "") continue;
    const mark = pair.indexOf("=");
    const key = mark < 0 ? pair : pair.slice(0, mark);
    if (encoded(key) !== name) continue;
    if (found !== undefined) return undefined;
    found = mark < 0 ? "" : pair.slice(mark + 1);
  }
  return found === undefined ? undefined : encoded(found);
}

/** Decoded as a form and encoded again: one text for every spelling of a value. */
function encoded(text: string): string {
  const bytes = utf8(text);
  let out = "";
  for (let at = 0; at < bytes.length; at++) {
    let byte = bytes[at] ?? 0;
    if (byte === 0x2b) byte = 0x20;
    else if (byte === 0x25) {
      const digits = String.fromCharCode(bytes[at + 1] ?? 0, bytes[at + 2] ?? 0);
      if (/^[0-9a-fA-F]{2}$/.test(digits)) {
        byte = Number.parseInt(digits, 16);
        at += 2;
      }
    }
    const character = String.fromCharCode(byte);
    const isPlain = /[A-Za-z0-9*._-]/.test(character);
    out += isPlain ? character : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return out;
}
