// A person decides about what an agent asks for, in Chromium driven by `puppeteer-core` with
// JavaScript switched off: they sign in, see the request exactly as it was sent, and approve it; the
// agent sends it again, and it goes through once. Then they refuse the next one.

import { text } from "node:stream/consumers";

import puppeteer from "puppeteer-core";

const told = JSON.parse(await text(process.stdin));
const said = {};

const browser = await puppeteer.launch({
  executablePath: told.chromium,
  args: ["--no-sandbox", "--no-proxy-server", "--disable-gpu"],
});

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
  const sent = body === undefined ? undefined : JSON.stringify(body);
  const answer = await fetch(`${told.issuer}/api/v1/${path}`, { method, headers, body: sent });
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
  return answer.json();
}

/** An agent with an API key that may pay out; the key. */
async function register() {
  const scopes = ["payouts:write"];
  await operate("POST", "agents", { name: "payer", owner: "us", scopes, kind: "copilot" });
  const made = await operate("POST", "agents/payer/credentials", {
    kind: "api_key",
    scopes: "payouts:write",
  });
  return made.secret;
}

const key = await register();
const BODY = JSON.stringify({ amount: 5, note: "<img src=x>", token: "t-1" });

async function pay(body = BODY) {
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  const url = `${told.api}/payouts?to=%3Cb%3E`;
  const answer = await fetch(url, { method: "POST", headers, body });
  return answer.status === 200 ? "200" : `${answer.status} ${(await answer.json()).code}`;
}

const heard = [];
const page = await browser.newPage();
await page.setJavaScriptEnabled(false);

try {
  said.first = await pay();
  await page.goto(`${told.issuer}/approvals`);
  said.turned_to = new URL(page.url()).pathname;
  await click(page, 'a[href*="/sign-in/with/acme"]');
  said.refused_to = (await words(page, "h1"))[0];
  page.on("console", (message) => message.type() === "error" && heard.push(message.text()));
  const { people } = await operate("GET", "people");
  await operate("PATCH", `people/${people[0].id}`, { role: "approver" });

  await page.goto(`${told.issuer}/approvals`);
  said.waiting = await words(page, "article h2 code");
  await page.screenshot({ path: `${told.shots}/approvals.png`, fullPage: true });
  await click(page, 'article a[href^="/approvals/apr_"]');
  said.heading = (await words(page, "h1"))[0];
  const answers = await words(page, "dd");
  const labels = await words(page, "dt");
  said.query = answers[labels.indexOf("Query")];
  said.body = (await words(page, "pre"))[0];
  said.injected = (await page.$$("dd img, dd b")).length;
  await page.screenshot({ path: `${told.shots}/approval.png`, fullPage: true });
  await page.type("#because", "order 7 is ours");
  await click(page, 'button[value="approve"]');
  said.state = (await words(page, ".tag"))[0];
  said.another_body = await pay(BODY.replace("5", "500"));
  said.retried = await pay();
  said.once_more = await pay();

  await page.goto(`${told.issuer}/approvals`);
  await click(page, 'article a[href^="/approvals/apr_"]');
  await page.type("#because", "not twice");
  await click(page, "button.danger");
  said.denied = (await words(page, ".tag"))[0];
  said.told = await pay();
  said.complaints = heard;
} finally {
  await browser.close();
}
console.log(JSON.stringify(said));
