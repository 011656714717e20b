"use strict";
// Asks the browser for a passkey, writes its answer into the form, and sends the form. Everything
// that is asked is written on the form by the server.
(() => {
  const form = document.getElementById("passkey");
  const button = form.querySelector("button[type=submit]");
  const said = document.getElementById("said");

  const bytes = (text) =>
    Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
  const text = (buffer) =>
    btoa(Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join(""))
      .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  const put = (name, buffer) => { form.elements[name].value = text(buffer); };

  async function register(asked) {
    const name = form.elements.name ? form.elements.name.value.trim() : asked.name;
    const made = await navigator.credentials.create({ publicKey: {
      challenge: bytes(asked.challenge),
      rp: { id: asked.party, name: asked.domain },
      user: { id: bytes(asked.user), name: name, displayName: name },
      pubKeyCredParams: [-7, -8, -257].map((alg) => ({ type: "public-key", alg })),
      excludeCredentials: asked.known.split(" ").filter(Boolean)
        .map((id) => ({ type: "public-key", id: bytes(id) })),
      authenticatorSelection: { residentKey: "required", userVerification: "required" },
      attestation: "none",
      timeout: 240000,
    } });
    put("client_data", made.response.clientDataJSON);
    put("attestation", made.response.attestationObject);
  }

  async function use(asked) {
    const used = await navigator.credentials.get({ publicKey: {
      challenge: bytes(asked.challenge),
      rpId: asked.party,
      userVerification: "required",
      timeout: 240000,
    } });
    put("credential", used.rawId);
    put("client_data", used.response.clientDataJSON);
    put("authenticator_data", used.response.authenticatorData);
    put("signature", used.response.signature);
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    said.textContent = "Follow what your browser asks …";
    try {
      await (form.dataset.ceremony === "register" ? register : use)(form.dataset);
      form.submit();
    } catch (error) {
      said.textContent = error.name === "InvalidStateError"
        ? "This device has a passkey for here already."
        : "That did not work, or was canceled. Load the page again to try once more.";
      button.disabled = false;
    }
  });

  if (window.PublicKeyCredential) {
    button.disabled = false;
    said.textContent = "";
  } else {
    said.textContent = "This browser has no passkeys.";
  }
})();
