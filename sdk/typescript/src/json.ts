/**
 * JSON in which no object names a member twice (RFC 7515, section 4): two readers that disagree on
 * which one counts would disagree on what was signed.
 */

const MAX_DEPTH = 64;
const SPACE = /[ \t\n\r]*/y;
const SCALAR = /"(?:[^"\\\u0000-\u001f]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

/** The object that a text is; undefined where it is something else, or names a member twice. */
export function readObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    new Scan(text).value(0);
    return value as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

/** Goes over a text that is JSON, and throws where a member is named twice. */
class Scan {
  #at = 0;

  constructor(readonly text: string) {}

  value(depth: number): void {
    if (depth > MAX_DEPTH) throw new Error("nested too deep");
    this.#match(SPACE);
    const open = this.text[this.#at];
    if (open === "{") this.#members(depth);
    else if (open === "[") this.#elements(depth);
    else this.#match(SCALAR);
    this.#match(SPACE);
  }

  #members(depth: number): void {
    const seen = new Set<string>();
    this.#at++;
    this.#match(SPACE);
    while (this.text[this.#at] !== "}") {
      const name = JSON.parse(this.#match(SCALAR)) as string;
      if (seen.has(name)) throw new Error("a member is named twice");
      seen.add(name);
      this.#match(SPACE);
      this.#at++;
      this.value(depth + 1);
      this.#comma();
    }
    this.#at++;
  }

  #elements(depth: number): void {
    this.#at++;
    this.#match(SPACE);
    while (this.text[this.#at] !== "]") {
      this.value(depth + 1);
      this.#comma();
    }
    this.#at++;
  }

  #comma(): void {
    if (this.text[this.#at] !== ",") return;
    this.#at++;
    this.#match(SPACE);
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.text);
    if (!found) throw new Error("not JSON");
    this.#at += found[0].length;
    return found[0];
  }
}
