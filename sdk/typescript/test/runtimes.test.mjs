// The same tour in Deno, in Workers and in a browser, with the package as it is built.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { json, text } from "node:stream/consumers";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

import { casesOf } from "./harness/cases.mjs";
import { front } from "./harness/front.mjs";
import { start } from "./harness/server.mjs";
import { RUNS } from "./harness/vectors.mjs";

const HERE = fileURLToPath(new URL("..", import.meta.url));
const HARNESS = fileURLToPath(new URL("harness", import.meta.url));
const TYPES = { html: "text/html", js: "text/javascript", mjs: "text/javascript" };

/** The program that a package has for this machine. */
function programOf(scope, path) {
  const [name] = readdirSync(join(HERE, "node_modules", scope));
  return join(HERE, "node_modules", scope, name, path);
}

let folder;
let world;
let site;
let invite;
let cases;
/** What the browser is told, and whoever waits for its report. */
let page;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "bailiwick-runtimes-"));
  site = await front(pages);
  world = await start({ origin: site.origin });
  Object.assign(site.behind, world.listening);
  const words = ["--scope", "tickets:read", "--scope", "tickets:write", "--uses", "9"];
  invite = (await world.command("invite", "new", ...words)).invite_code;
  cases = (await Promise.all(Object.keys(RUNS).map(casesOf))).flat();
});

after(async () => {
  await world?.stop();
  site?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** The program of a test, its errors kept; it goes with the test. */
function run(context, program, args, options) {
  const child = spawn(program, args, { detached: true, ...options });
  child.complaint = text(child.stderr);
  child.once("error", (failure) => assert.fail(failure));
  // A browser is many processes, and a group of them.
  const runs = () => child.exitCode === null && child.signalCode === null;
  const end = () => runs() && process.kill(-child.pid, "SIGKILL");
  process.once("exit", end);
  context.after(async () => {
    const ended = runs() && once(child, "exit");
    end();
    await ended;
  });
  return child;
}

const RUNTIMES = {
  async deno(told, context) {
    // The network, and nothing else of the machine.
    const allowed = `--allow-net=${new URL(site.origin).host}`;
    const options = ["--no-prompt", "--no-remote", "--node-modules-dir=manual", allowed];
    const env = { DENO_DIR: join(folder, "deno"), DENO_NO_UPDATE_CHECK: "1", HOME: folder };
    const script = join(HARNESS, "deno.mjs");
    const program = programOf("@deno", "deno");
    const child = run(context, program, ["run", ...options, script], { env });
    child.stdin.end(JSON.stringify(told));
    const said = await text(child.stdout);
    return said ? JSON.parse(said) : { failure: await child.complaint };
  },

  async workers(told, context) {
    const outfile = join(folder, "worker.mjs");
    const options = { bundle: true, format: "esm", conditions: ["workerd"], target: "es2022" };
    await build({ ...options, entryPoints: [join(HARNESS, "worker.mjs")], outfile });
    await copyFile(join(HARNESS, "worker.capnp"), join(folder, "worker.capnp"));
    const program = programOf("@cloudflare", "bin/workerd");
    const args = ["serve", "--control-fd=3", join(folder, "worker.capnp")];
    const child = run(context, program, args, { stdio: ["ignore", "inherit", "pipe", "pipe"] });
    const said = await once(createInterface({ input: child.stdio[3] }), "line").catch(() => []);
    if (!said[0]) return { failure: await child.complaint };
    const { port } = JSON.parse(said[0]);
    const asked = { method: "POST", body: JSON.stringify(told) };
    return (await fetch(`http://127.0.0.1:${port}/`, asked)).json();
  },

  async browser(told, context) {
    const profile = join(folder, "profile");
    await mkdir(profile);
    const quiet = ["--headless", "--no-sandbox", "--no-proxy-server", "--disable-gpu"];
    const url = `${site.origin}/package/test/harness/page.html`;
    const args = [...quiet, `--user-data-dir=${profile}`, url];
    const reported = new Promise((resolve) => (page = { told, resolve }));
    const child = run(context, "chromium", args, { stdio: ["ignore", "ignore", "pipe"] });
    const gone = once(child, "exit").then(async () => ({ failure: await child.complaint }));
    return Promise.race([reported, gone]);
  },
};

/** What the browser asks for that is neither the authority's nor an API's. */
function pages(request, response) {
  if (request.url === "/told") {
    response.end(JSON.stringify(page.told));
  } else if (request.url === "/report") {
    void json(request).then((report) => page.resolve(report));
    response.end();
  } else if (request.url.startsWith("/package/")) {
    const [path] = request.url.slice("/package/".length).split("?");
    const type = TYPES[path.split(".").at(-1)];
    response.setHeader("content-type", `${type}; charset=utf-8`);
    readFile(join(HERE, path)).then((bytes) => response.end(bytes), () => response.destroy());
  } else return false;
  return true;
}

for (const [name, take] of Object.entries(RUNTIMES)) {
  test(`an agent enrolls and calls in ${name}, and no call is taken twice`, async (context) => {
    const { origin } = site;
    const api = `${origin}/busy`;
    const told = { server: origin, inviteCode: invite, name: `in-${name}`, api, cases };
    const report = await take({ ...told, trustDomain: "acme.example" }, context);
    const call = [200, `in-${name}`, "nonce_replayed"];
    assert.deepEqual(report, {
      algorithm: "ed25519",
      calls: { signature: call, derived: call, token: call, dpop: call },
      different: [],
    });
    assert.ok(cases.length > 100, `${cases.length} cases`);
  });
}
