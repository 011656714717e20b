/** Where an agent's identity is kept. What is kept is text with a private key in it. */

import { BailiwickError } from "./errors.js";
import { builtin } from "./primitives.js";

/** A place for one identity. Your own takes two functions: a vault, a keychain, a database. */
export interface Store {
  /** What was saved last; null where nothing was. */
  load(): Promise<string | null>;
  /** Keeps this text, and nothing of it half. */
  save(text: string): Promise<void>;
}

interface Files {
  open(path: string, flags: string, mode?: number): Promise<Handle>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
}

interface Handle {
  stat(): Promise<{ mode: number; size: number }>;
  readFile(encoding: "utf8"): Promise<string>;
  writeFile(text: string): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

interface Host {
  process?: { platform?: string; env?: Record<string, string | undefined> };
}

const MAX_BYTES = 65_536;
const host = () => (globalThis as Host).process;

/** A file that its owner alone can read, as `bailiwick key new` writes one too. */
export function fileStore(path: string): Store {
  return {
    async load() {
      const files = await fileSystem();
      let handle: Handle;
      try {
        handle = await files.open(path, "r");
      } catch (cause) {
        if ((cause as { code?: string }).code === "ENOENT") return null;
        throw unusable(`${path} cannot be read`, "check its owner and its mode", cause);
      }
      try {
        return await readPrivate(handle, path);
      } finally {
        await handle.close();
      }
    },
    async save(text) {
      const files = await fileSystem();
      const draft = `${path}.${globalThis.crypto.randomUUID()}`;
      try {
        const handle = await files.open(draft, "wx", 0o600);
        try {
          await handle.writeFile(text);
          await handle.sync();
        } finally {
          await handle.close();
        }
        await files.rename(draft, path);
      } catch (cause) {
        await files.unlink(draft).catch(() => undefined);
        throw unusable(`${path} cannot be written`, "check that its folder is yours", cause);
      }
    },
  };
}

async function readPrivate(handle: Handle, path: string): Promise<string> {
  const { mode, size } = await handle.stat();
  if (host()?.platform !== "win32" && (mode & 0o077) !== 0) {
    const octal = (mode & 0o777).toString(8);
    throw unusable(`${path} can be read by others (mode ${octal})`, `\`chmod 600 ${path}\``);
  }
  if (size > MAX_BYTES) throw unusable(`${path} is no key file: it is too large`);
  return handle.readFile("utf8");
}

/** A variable of the environment, read and never written. */
export function environmentStore(name = "BAILIWICK_AGENT"): Store {
  return {
    async load() {
      return host()?.env?.[name] ?? null;
    },
    async save() {
      throw unusable(
        `the variable ${name} cannot be kept`,
        "enroll once with a file, and put its content into the variable where the agent runs",
      );
    },
  };
}

/** As long as the process lives. */
export function memoryStore(text: string | null = null): Store {
  let kept = text;
  return {
    load: async () => kept,
    save: async (text) => {
      kept = text;
    },
  };
}

async function fileSystem(): Promise<Files> {
  const name = "node:fs/promises";
  const files = builtin<Files>(name);
  if (files) return files;
  try {
    return (await import(/* @vite-ignore */ name)) as Files;
  } catch {
    throw unusable("this runtime has no files", "give a store of your own");
  }
}

function unusable(what: string, hint?: string, cause?: unknown): BailiwickError {
  return new BailiwickError("store_unusable", what, hint, cause);
}
