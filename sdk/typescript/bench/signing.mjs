// What signing a request costs the client, in microseconds of one core: `npm run bench`.

import { cpus, loadavg } from "node:os";

import { generateKey } from "../dist/index.js";
import { signMessage } from "../dist/message.js";
import { contentDigest, random } from "../dist/primitives.js";
import { derivedSigner, ownSigner } from "../dist/signers.js";

const ROUNDS = 20_000;
const BATCHES = 10;
const body = random(1024);

/** One request with a body of 1 KiB: its digest, its fields, its signature. */
async function sign(signer) {
  const headers = new Headers({ "content-type": "application/json" });
  headers.set("content-digest", await contentDigest(body));
  const url = new URL("https://gateway.acme.example/acme/tickets/7?state=open");
  await signMessage({ method: "POST", url, headers }, signer, 1_795_262_400);
}

/** The least and the middle of the batches: what else runs here only ever adds. */
async function measure(name, signer, target) {
  for (let round = 0; round < 2_000; round++) await sign(signer);
  const means = [];
  for (let batch = 0; batch < BATCHES; batch++) {
    // Processor time: what other programs take of the machine is not counted.
    const begun = process.cpuUsage();
    for (let round = 0; round < ROUNDS / BATCHES; round++) await sign(signer);
    const { user, system } = process.cpuUsage(begun);
    means.push((user + system) / (ROUNDS / BATCHES));
  }
  means.sort((one, other) => one - other);
  const [least, middle] = [means[0], means[BATCHES / 2]].map((it) => Number(it.toFixed(1)));
  return { name, least_us: least, median_us: middle, target_us: target };
}

const results = [
  await measure("ed25519", ownSigner(await generateKey(), "key_01jd8m3q5r7t9v1x3z5b7d9f1h"), 100),
  await measure("derived key", await derivedSigner(random(32), "drv_01jd8m3q5r7t9v1x3z5b7d"), 20),
];

if (process.argv.includes("--json")) {
  const machine = { node: process.version, cpu: cpus()[0]?.model, load: loadavg()[0] };
  console.log(JSON.stringify({ machine, results }));
} else {
  console.log(`node ${process.version}, load ${loadavg()[0]?.toFixed(2)}; one signed request`);
  for (const { name, least_us: least, median_us: median, target_us: target } of results) {
    console.log(`${name.padEnd(12)} ${least} µs least, ${median} µs median (target ${target})`);
  }
}
