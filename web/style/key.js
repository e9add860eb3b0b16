// Security keys: fetch a challenge, let the browser ask the key, send the answer as an ordinary form.

const token = document.querySelector("meta[name=csrf-token]").content;
const able = "credentials" in navigator && "PublicKeyCredential" in window;

for (const form of document.querySelectorAll("form[data-key]")) {
  for (const button of form.querySelectorAll("[data-needs-key]")) button.hidden = !able;
  for (const note of form.querySelectorAll("[data-no-key]")) note.hidden = able;
  if (!able) continue;
  form.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    answer(form);
  });
}
if (able) for (const line of document.querySelectorAll("[data-or]")) line.hidden = false;

async function answer(form) {
  const said = form.querySelector("[data-said]");
  said.textContent = form.dataset.waiting;
  try {
    const options = await challenge(form);
    if (options) {
      const credential = await asked(form.dataset.key, options);
      form.elements.response.value = JSON.stringify(written(credential));
      form.submit();
      return;
    }
  } catch (error) {
    const words = { NotAllowedError: form.dataset.cancelled, AbortError: form.dataset.cancelled, InvalidStateError: form.dataset.held };
    said.textContent = words[error.name] ?? form.dataset.failed;
  }
  delete form.dataset.sent;
}

/** The server's options, or nothing when it says why not. */
async function challenge(form) {
  const response = await fetch(form.dataset.options, {
    method: "POST",
    headers: { "X-CSRFToken": token, Accept: "application/json" },
  });
  const told = await response.json();
  if (response.ok) return told.options;
  if (told.page) location.assign(told.page);
  form.querySelector("[data-said]").textContent = told.text ?? form.dataset.failed;
  return null;
}

function asked(deed, options) {
  const publicKey = { ...options, challenge: bytes(options.challenge) };
  for (const list of ["allowCredentials", "excludeCredentials"]) {
    if (options[list]) publicKey[list] = options[list].map((each) => ({ ...each, id: bytes(each.id) }));
  }
  if (options.user) publicKey.user = { ...options.user, id: bytes(options.user.id) };
  return navigator.credentials[deed]({ publicKey });
}

/** What a credential says, as JSON (WebAuthn Level 3, RegistrationResponseJSON and AuthenticationResponseJSON). */
function written(credential) {
  const { response } = credential;
  const parts = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (response[name]) parts[name] = text(response[name]);
  }
  if (response.getTransports) parts.transports = response.getTransports();
  return {
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment ?? undefined,
    clientExtensionResults: credential.getClientExtensionResults(),
    response: parts,
  };
}

function bytes(base64url) {
  const plain = atob(base64url.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (sign) => sign.charCodeAt(0));
}

function text(buffer) {
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}
