// A real server, with an API behind it that says what it hears.

import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

const run = promisify(execFile);
const program = process.env.BAILIWICK_BIN;
if (!program) throw new Error("BAILIWICK_BIN has to name the built program");

/** What hangs fails, and says so; nothing is waited for. */
const WITHIN = { timeout: 120_000, killSignal: "SIGKILL" };
/** An installation lives as long as a test: in memory, where there is such a place. */
const PLACE = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

/**
 * An installation that runs; `stop` ends it and takes its files away. `origin` is where a proxy of
 * the test has both halves, where there is one.
 */
export async function start({ upstream, origin, extra = () => "" } = {}) {
  const behind = await echo(upstream);
  const folder = await mkdtemp(join(PLACE, "bailiwick-sdk-"));
  const words = ["init", join(folder, "i"), "--json"];
  const told = JSON.parse((await run(program, words, WITHIN)).stdout);
  const config = join(folder, "i", "bailiwick.toml");
  const installation = { folder, config, token: told.admin_token, behind, origin, extra };
  await configure(installation, "127.0.0.1:0", "127.0.0.1:0");
  await serve(installation);
  // From now on where it is: a restart comes back to the same addresses.
  await configure(installation, installation.listening.gateway, installation.listening.authority);
  return {
    ...installation,
    get server() {
      return installation.authority;
    },
    get gateway() {
      return installation.gateway;
    },
    api: `${installation.gateway}/acme`,
    heard: behind.heard,
    command: (...words) => command(installation, words),
    admin: (method, path, body) => admin(installation, method, path, body),
    async restart() {
      await halt(installation);
      await serve(installation);
    },
    async stop() {
      await halt(installation);
      behind.server.close();
      behind.server.closeAllConnections();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function configure({ config, behind, origin, extra }, gateway, authority) {
  const text = await readFile(new URL("server.toml", import.meta.url), "utf8");
  const known = (section, name) => (origin ? `${section}\n${name} = "${origin}"` : section);
  const filled = text
    .replace("[gateway]", known("[gateway]", "public_url"))
    .replace("[authority]", known("[authority]", "issuer"))
    .replaceAll("GATEWAY", gateway)
    .replaceAll("AUTHORITY", authority)
    .replaceAll("UPSTREAM", behind.url);
  await writeFile(config, filled + extra(behind.url));
}

async function serve(installation) {
  const { config } = installation;
  const child = spawn(program, ["serve", "--json", "--config", config], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, BAILIWICK_LOG: "warn" },
  });
  // Whatever ends the tests ends it.
  process.once("exit", () => child.kill("SIGKILL"));
  const late = AbortSignal.timeout(WITHIN.timeout);
  let complaint = "";
  child.stderr.on("data", (piece) => (complaint = (complaint + piece).slice(-8000)));
  const text = await new Promise((resolve, reject) => {
    let said = "";
    const failed = (why) => reject(new Error(`serve ${why}: ${complaint}`));
    child.once("exit", (code) => failed(`ended with ${code}`));
    late.addEventListener("abort", () => failed("does not start"));
    createInterface({ input: child.stdout }).on("line", (line) => {
      said += line;
      try {
        resolve(JSON.parse(said));
      } catch {
        // Not all of it yet.
      }
    });
  });
  child.removeAllListeners("exit");
  Object.assign(installation, text, { child });
}

async function halt({ child }) {
  if (child.exitCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  await ended;
}

/** The command line, as the operator. */
async function command({ authority, token, config }, words) {
  const env = { ...process.env, BAILIWICK_URL: authority, BAILIWICK_TOKEN: token };
  const all = [...words, "--json", "--config", config];
  const { stdout } = await run(program, all, { ...WITHIN, env });
  return stdout.trim() ? JSON.parse(stdout) : undefined;
}

/** The admin API, as the operator. */
async function admin({ authority, token }, method, path, body) {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const init = { method, headers, body: body && JSON.stringify(body) };
  const answer = await fetch(new URL(path, authority), init);
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return text ? JSON.parse(text) : undefined;
}

/** An API that says what it hears; `own` may answer first. */
async function echo(own) {
  const heard = [];
  const server = createServer((request, response) => {
    const parts = [];
    request.on("data", (part) => parts.push(part));
    request.on("end", () => {
      const body = Buffer.concat(parts).toString();
      const { method, url, headers } = request;
      heard.push({ method, url, headers, body });
      if (own?.(request, response, body)) return;
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ method, url, headers, body }));
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, heard, url: `http://127.0.0.1:${server.address().port}` };
}
