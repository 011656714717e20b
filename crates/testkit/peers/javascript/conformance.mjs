// The public conformance suite of MCP, `@modelcontextprotocol/conformance`, unchanged, against a
// server: the scenarios that a revision requires, and what of each passed and failed.
import { spawn } from "node:child_process";
import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

const { url, revision } = await json(process.stdin);
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const suite = here("../node_modules/@modelcontextprotocol/conformance/dist/index.js");
const results = await mkdtemp(join(tmpdir(), "conformance-"));
const options = ["server", "--url", url, "--requirements", revision, "-o", results];
const child = spawn(process.execPath, ["--import", here("older_node.mjs"), suite, ...options], {
  stdio: "ignore",
});
await new Promise((resolve) => child.on("exit", resolve));

const scenarios = {};
for (const folder of await readdir(results)) {
  const [, name] = folder.match(/^server-(.*)-\d{4}-\d\d-\d\dT/) ?? [];
  if (name === undefined) continue;
  // The suite itself gives up on some where a server has nothing of what they are about.
  const given = await readFile(join(results, folder, "checks.json"), "utf8").catch(() => undefined);
  const checks = JSON.parse(given ?? '[{ "id": "suite", "status": "FAILURE" }]');
  const of = (status) =>
    checks
      .filter((check) => check.status === status)
      .map(({ id, name, description }) => `${id}: ${name}: ${description}`);
  scenarios[name] = { passed: of("SUCCESS"), failed: of("FAILURE") };
}
await rm(results, { recursive: true });
console.log(JSON.stringify(scenarios));
