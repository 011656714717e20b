// People at the pages of the authority, in Chromium driven by `puppeteer-core`: coming in with a
// link and a passkey of a virtual authenticator, signing out and in again; and signing in at a
// provider with JavaScript switched off.

import { text } from "node:stream/consumers";

import puppeteer from "puppeteer-core";

const told = JSON.parse(await text(process.stdin));
const said = {};

const browser = await puppeteer.launch({
  executablePath: told.chromium,
  args: ["--no-sandbox", "--no-proxy-server", "--disable-gpu"],
});

/** What the browser complains about that a page of ours must not cause. */
function listen(page, heard) {
  page.on("console", (message) => message.type() === "error" && heard.push(message.text()));
  page.on("pageerror", (error) => heard.push(String(error)));
}

async function heading(page) {
  return page.$eval("h1", (it) => it.textContent.trim());
}

async function click(page, selector) {
  await Promise.all([page.waitForNavigation(), page.click(selector)]);
}

async function shoot(page, name) {
  await page.setViewport({ width: 1100, height: 760 });
  await page.screenshot({ path: `${told.shots}/${name}.png` });
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "dark" }]);
  await page.setViewport({ width: 390, height: 760 });
  await page.screenshot({ path: `${told.shots}/${name}-dark.png` });
  await page.emulateMediaFeatures([]);
  await page.setViewport({ width: 1100, height: 760 });
}

async function byPasskey() {
  const heard = [];
  const page = await browser.newPage();
  listen(page, heard);
  const devtools = await page.createCDPSession();
  await devtools.send("WebAuthn.enable");
  await devtools.send("WebAuthn.addVirtualAuthenticator", { options: {
    protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true,
    isUserVerified: true, automaticPresenceSimulation: true,
  } });
  await page.goto(told.welcome);
  await page.type("#name", "Ada <i>Lovelace</i>");
  await shoot(page, "welcome");
  await click(page, "#passkey button");
  said.came_in_as = await heading(page);
  await shoot(page, "me");
  said.complaints = heard.splice(0);

  await page.evaluate(() => {
    const script = document.createElement("script");
    script.textContent = "window.injected = true";
    document.body.append(script);
    const image = document.createElement("img");
    image.setAttribute("onerror", "window.injected = true");
    image.src = "/none";
    document.body.append(image);
  });
  said.injected = await page.evaluate(() => window.injected === true);
  said.stopped = heard.some((it) => it.includes("Content Security Policy"));

  await click(page, ".visitor button");
  said.signed_out_to = new URL(page.url()).pathname;
  await page.goto(`${told.issuer}/me`);
  said.turned_to = new URL(page.url()).pathname;
  await shoot(page, "sign-in");
  await click(page, 'a[href*="/sign-in/passkey"]');
  await shoot(page, "sign-in-passkey");
  await click(page, "#passkey button");
  said.signed_in_as = await heading(page);
  await page.goto(told.welcome);
  said.link_again = await heading(page);
  await shoot(page, "refused");
  await page.close();
}

async function byProvider() {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  await page.setJavaScriptEnabled(false);
  await page.goto(`${told.issuer}/sign-in?return_to=/me`);
  await click(page, 'a[href*="/sign-in/with/acme"]');
  said.from_provider = await heading(page);
  await shoot(page, "me-provider");
  await click(page, ".visitor button");
  said.provider_signed_out_to = new URL(page.url()).pathname;
  await context.close();
}

try {
  await byPasskey();
  await byProvider();
} finally {
  await browser.close();
}
console.log(JSON.stringify(said));
