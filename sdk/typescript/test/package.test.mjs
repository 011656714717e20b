// What is published: its size, its files, its types, and the lines of its README as they run.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { builtinModules } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";

import { build } from "esbuild";

import { start } from "./harness/server.mjs";

const run = promisify(execFile);
const HERE = fileURLToPath(new URL("..", import.meta.url));
const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const BUDGET = 15_000;

let folder;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "bailiwick-user-"));
  await mkdir(join(folder, "node_modules", "@bailiwick"), { recursive: true });
  await symlink(HERE, join(folder, "node_modules", "@bailiwick", "sdk"));
});

after(() => rm(folder, { recursive: true, force: true }));

test("the client is small, and imports nothing", async () => {
  const options = { bundle: true, minify: true, format: "esm", platform: "browser", write: false };
  for (const [entry, budget] of [["index", BUDGET], ["server/index", BUDGET]]) {
    const entryPoints = [join(HERE, "dist", `${entry}.js`)];
    const { outputFiles, metafile } = await build({ ...options, entryPoints, metafile: true });
    const size = gzipSync(outputFiles[0].contents, { level: 9 }).length;
    assert.ok(size < budget, `${entry}: ${size} bytes gzipped, at most ${budget}`);
    const imports = Object.values(metafile.inputs).flatMap((input) => input.imports);
    assert.deepEqual(imports.filter(({ external }) => external), []);
  }
});

test("it has no dependency, and no source asks for one", async () => {
  const about = JSON.parse(await readFile(join(HERE, "package.json"), "utf8"));
  assert.equal(about.dependencies, undefined);
  assert.equal(about.peerDependencies, undefined);
  for (const name of await readdir(join(HERE, "src"), { recursive: true })) {
    if (!name.endsWith(".ts")) continue;
    const text = await readFile(join(HERE, "src", name), "utf8");
    const asked = [...text.matchAll(/from "([^"]+)"/g)].map(([, path]) => path);
    assert.ok(asked.every((path) => path.startsWith(".")), `${name}: ${asked}`);
    assert.ok(!asked.some((path) => builtinModules.includes(path)));
  }
});

test("what is packed is the program, its types, its maps, its source and its README", async () => {
  const npm = await run("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], { cwd: HERE });
  const told = JSON.parse(npm.stdout);
  const { files } = Array.isArray(told) ? told[0] : Object.values(told)[0];
  const paths = files.map(({ path }) => path);
  const kinds = new Set(paths.map((path) => path.replace(/^(dist|src)\/.*?(\.[a-z.]+)$/, "$1 $2")));
  const built = ["dist .d.ts", "dist .d.ts.map", "dist .js", "dist .js.map"];
  const expected = ["LICENSE", "README.md", ...built, "package.json", "src .ts"];
  assert.deepEqual([...kinds].sort(), expected);
  const { exports } = JSON.parse(await readFile(join(HERE, "package.json"), "utf8"));
  for (const entry of Object.values(exports).flatMap((it) => Object.values(Object(it)))) {
    if (entry.length > 1) assert.ok(paths.includes(entry.slice(2)), entry);
  }
  for (const path of paths.filter((it) => it.endsWith(".js"))) {
    const text = await readFile(join(HERE, path), "utf8");
    assert.match(text, /sourceMappingURL=\S+\.js\.map/, path);
  }
});

test("files and lines are short", async () => {
  for (const part of ["src", "test", "examples", "bench"]) {
    for (const name of await readdir(join(HERE, part), { recursive: true })) {
      if (!/\.(ts|mjs)$/.test(name) || name === "generated.ts") continue;
      const lines = (await readFile(join(HERE, part, name), "utf8")).split("\n");
      assert.ok(lines.length <= 400, `${part}/${name}: ${lines.length} lines`);
      if (part === "examples") assert.ok(lines.length < 40, `${name}: ${lines.length} lines`);
      lines.forEach((line, at) => assert.ok([...line].length <= 100, `${part}/${name}:${at + 1}`));
    }
  }
});

/** The first block of a README that is TypeScript and enrolls. */
async function snippet(path) {
  const text = await readFile(path, "utf8");
  const blocks = [...text.matchAll(/```ts\n(.*?)```/gs)].map(([, block]) => block);
  return blocks.find((block) => block.includes("bootstrap("));
}

for (const [name, path] of Object.entries({ package: HERE, project: ROOT })) {
  test(`the README of the ${name} runs as it stands there`, async () => {
    const block = await snippet(join(path, "README.md"));
    const written = block.split("\n").filter((line) => line.trim() !== "");
    assert.ok(written.length <= 10, `${written.length} lines`);
    const world = await start();
    try {
      const words = ["invite", "new", "--scope", "tickets:read"];
      const { invite_code: code } = await world.command(...words);
      const file = join(folder, `${name}.json`);
      const program = block
        .replace("bwi_…", code)
        .replace("http://127.0.0.1:8701", world.server)
        .replace("http://127.0.0.1:8700", world.gateway)
        .replace("summarizer.json", file);
      await writeFile(join(folder, `${name}.mjs`), `${program}console.log(answer.status);\n`);
      const { stdout } = await run(process.execPath, [join(folder, `${name}.mjs`)]);
      assert.equal(stdout.trim(), "200");
      assert.equal(world.heard.at(-1).headers["x-agent-id"], "ticket-summarizer");
    } finally {
      await world.stop();
    }
  });
}

test("the page of the guide runs as it stands there", async () => {
  const text = await readFile(join(ROOT, "docs/src/guide/typescript.md"), "utf8");
  const blocks = [...text.matchAll(/```ts\n(.*?)```/gs)].map(([, block]) => block);
  const world = await start();
  try {
    const { invite_code: code } = await world.command("invite", "new", "--scope", "tickets:read");
    const program = blocks
      .join("")
      .replace("bwi_…", code)
      .replaceAll("http://127.0.0.1:8701", world.server)
      .replaceAll("http://127.0.0.1:8700", world.gateway)
      .replace("summarizer.json", join(folder, "guide.json"));
    await writeFile(join(folder, "guide.mts"), program);
    await types(folder, "guide.mts", "--outDir", "built");
    const { stdout } = await run(process.execPath, [join(folder, "built", "guide.mjs")]);
    assert.equal(stdout.trim(), "scope_missing [ 'tickets:write' ]");
  } finally {
    await world.stop();
  }
});

test("its types hold for whoever uses it", async () => {
  const program = `${await snippet(join(HERE, "README.md"))}
import { Denial, type Registered, type DenialCode } from "@bailiwick/sdk";
import { expressMiddleware, type RequestContext } from "@bailiwick/sdk/server";
const code: DenialCode = "scope_missing";
const told: Registered | undefined = undefined;
const status: number = answer.status;
const fetched: typeof fetch = agent.signedFetch;
expressMiddleware({ issuer: "https://a.example", trustDomain: "a.example" });
export function who(context: RequestContext, denial: Denial): string {
  return context.agent.name + denial.missingScopes.join() + code + status + told + fetched.name;
}
// @ts-expect-error a client is not made of nothing
await bootstrap({});
`;
  await writeFile(join(folder, "user.mts"), program);
  await types(folder, "user.mts", "--noEmit");
});

/** Compiles as a strict user would. */
async function types(cwd, file, ...more) {
  const options = ["--strict", "--module", "nodenext", "--target", "es2022", "--types", ""];
  const lib = ["--lib", "es2022,esnext.disposable,dom,dom.iterable"];
  const tsc = join(HERE, "node_modules", ".bin", "tsc");
  await run(tsc, [...options, ...lib, ...more, file], { cwd }).catch(({ stdout }) => {
    assert.fail(stdout);
  });
}
