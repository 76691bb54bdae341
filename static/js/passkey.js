// Passkeys: asks the device for a touch and sends what it signed with the form around the button.
//
// <button type="button" data-passkey="get" data-passkey-url="/profile/passkey/<hash>/">  a decision: fetched when pressed
// <button type="button" data-passkey="create" data-passkey-data="js_data">              signing in, adding a passkey
//   The answer goes into the form's field `passkey` or `credential`; a refusal by the device is said in [data-passkey-said].
(() => {
  "use strict";
  const CANCELLED = "No passkey was used. Try again, or use your code instead.";
  const KNOWN = "This device has a passkey here already.";

  function bytes(text) {
    return Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));
  }

  function text(buffer) {
    const signs = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join("");
    return btoa(signs).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  }

  function readable(options) {
    const read = { ...options, challenge: bytes(options.challenge) };
    if (options.user) read.user = { ...options.user, id: bytes(options.user.id) };
    ["allowCredentials", "excludeCredentials"].filter((name) => options[name]).forEach((name) => {
      read[name] = options[name].map((known) => ({ ...known, id: bytes(known.id) }));
    });
    return read;
  }

  function writable(credential) {
    const response = {};
    ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"].forEach((name) => {
      if (credential.response[name]) response[name] = text(credential.response[name]);
    });
    if (credential.response.getTransports) response.transports = credential.response.getTransports();
    const extensions = credential.getClientExtensionResults();
    return { id: credential.id, rawId: text(credential.rawId), type: credential.type, response, clientExtensionResults: extensions };
  }

  async function asked(button) {
    const { passkeyUrl, passkeyData } = button.dataset;
    if (!passkeyUrl) return JSON.parse(document.getElementById(passkeyData).textContent);
    const answer = await fetch(passkeyUrl, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(`The page answered ${answer.status}.`);
    return answer.json();
  }

  async function touch(button, form) {
    const data = await asked(button);
    const { publicKey } = data.creation_options || data.request_options;
    const credential = writable(await navigator.credentials[button.dataset.passkey]({ publicKey: readable(publicKey) }));
    const field = form.querySelector('[name="passkey"], [name="credential"]');
    field.value = JSON.stringify(data.nonce ? { nonce: data.nonce, credential } : credential);
    form.requestSubmit();
  }

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-passkey]");
    if (!button) return;
    const form = button.closest("form");
    const said = form.querySelector("[data-passkey-said]");
    button.disabled = true;
    said.textContent = "";
    try {
      await touch(button, form);
    } catch (error) {
      said.textContent = error.name === "InvalidStateError" ? KNOWN : CANCELLED;
    }
    button.disabled = false;
  });

  if (!window.PublicKeyCredential) {
    document.querySelectorAll("[data-passkey]").forEach((button) => { button.hidden = true; });
  }
})();
