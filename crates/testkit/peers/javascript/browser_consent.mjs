// A person lets an agent act for them, in Chromium driven by `puppeteer-core` with JavaScript
// switched off: from the client to signing in at a provider, to the page that asks, where they take
// one thing out, and back to the client with a code. Later they see what was done, and take it back.

import { createHash, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";

import puppeteer from "puppeteer-core";

const told = JSON.parse(await text(process.stdin));
const said = {};

// Where the client waits for its answer.
const client = createServer((_, response) => response.end("<h1>Done</h1>"));
await new Promise((resolve) => client.listen(0, "127.0.0.1", resolve));
const redirect = `http://127.0.0.1:${client.address().port}/callback`;
const verifier = randomBytes(32).toString("base64url");
const state = randomBytes(16).toString("base64url");

const browser = await puppeteer.launch({
  executablePath: told.chromium,
  args: ["--no-sandbox", "--no-proxy-server", "--disable-gpu"],
});

async function heading(page) {
  return page.$eval("h1", (it) => it.textContent.trim());
}

async function words(page, selector) {
  return page.$$eval(selector, (found) => found.map((it) => it.textContent.trim()));
}

async function click(page, selector) {
  await Promise.all([page.waitForNavigation(), page.click(selector)]);
}

async function operate(method, path, body) {
  const headers = {
    authorization: `Bearer ${told.operator}`,
    "content-type": "application/json",
  };
  const url = `${told.issuer}/api/v1/${path}`;
  const answer = await fetch(url, { method, headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
  return answer.json();
}

/** An agent that may do both, as a public client; its id. */
async function register() {
  const scopes = ["tickets:read", "refunds:write"];
  const agent = await operate("POST", "agents", { name: "desk-helper", owner: "us", scopes });
  await operate("PUT", "agents/desk-helper/client", {
    redirect_uris: ["http://127.0.0.1/callback"],
    token_endpoint_auth_method: "none",
  });
  return agent.id;
}

function asked() {
  const url = new URL(`${told.issuer}/oauth/authorize`);
  url.search = new URLSearchParams({
    response_type: "code",
    client_id,
    redirect_uri: redirect,
    scope: "refunds:write tickets:read offline_access",
    prompt: "consent",
    state,
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
    code_challenge_method: "S256",
  });
  return url.href;
}

async function redeem(form) {
  const answer = await fetch(`${told.issuer}/oauth/token`, {
    method: "POST",
    body: new URLSearchParams({ client_id, ...form }),
  });
  return answer.json();
}

async function call(token, method, path) {
  const headers = { authorization: `Bearer ${token}` };
  const answer = await fetch(told.api + path, { method, headers });
  return answer.ok ? "200" : `${answer.status} ${(await answer.json()).code}`;
}

const client_id = await register();
const heard = [];
const page = await browser.newPage();
page.on("console", (message) => message.type() === "error" && heard.push(message.text()));
await page.setJavaScriptEnabled(false);

try {
  await page.goto(asked());
  said.turned_to = new URL(page.url()).pathname;
  await click(page, 'a[href*="/sign-in/with/acme"]');
  said.question = await heading(page);
  said.offered = await words(page, "label.choice code");
  await page.screenshot({ path: `${told.shots}/consent.png`, fullPage: true });
  await page.click('input[name="scope"][value="refunds:write"]');
  await page.select("#seconds", "86400");
  await click(page, 'button[value="allow"]');
  said.came_back_to = await heading(page);
  const answered = new URL(page.url());
  said.to_the_client = answered.href.startsWith(`${redirect}?`);
  said.own_answer = answered.searchParams.get("state") === state;
  said.issuer = answered.searchParams.get("iss") === told.issuer;

  const tokens = await redeem({
    grant_type: "authorization_code",
    code: answered.searchParams.get("code"),
    redirect_uri: redirect,
    code_verifier: verifier,
  });
  said.scope = tokens.scope;
  said.granted = await call(tokens.access_token, "GET", "/tickets/7");
  said.taken_out = await call(tokens.access_token, "POST", "/refunds");

  await page.goto(`${told.issuer}/me/grants`);
  said.seen = await words(page, "article h2");
  said.done = (await words(page, "article td code")).sort();
  await page.screenshot({ path: `${told.shots}/grants.png`, fullPage: true });
  await click(page, 'article a[href^="/me/grants/grt_"]');
  said.outcomes = (await words(page, "td:nth-child(4)")).sort();
  await page.screenshot({ path: `${told.shots}/grant.png`, fullPage: true });
  await click(page, "button.danger");
  said.ended = (await words(page, "td:nth-child(3)"))[0];
  said.afterwards = await call(tokens.access_token, "GET", "/tickets/7");
  const renewed = { grant_type: "refresh_token", refresh_token: tokens.refresh_token };
  said.renewed = (await redeem(renewed)).error;
  said.complaints = heard;
} finally {
  await browser.close();
  client.close();
}
console.log(JSON.stringify(said));
