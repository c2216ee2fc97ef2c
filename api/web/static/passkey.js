// Passkeys: the one thing here that only a browser can do. Without this script the buttons stay hidden.
(() => {
  if (!window.PublicKeyCredential?.parseCreationOptionsFromJSON || !isSecureContext) return;
  const ask = async (path, body) => {
    const answer = await fetch("/api/v1" + path, { method: "POST", credentials: "same-origin", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body ?? {}) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(JSON.parse(text).detail ?? answer.status);
    return text ? JSON.parse(text) : {};
  };
  const ways = {
    add: async (button) => {
      const { id, options } = await ask("/me/passkeys/challenges");
      const made = await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options.publicKey) });
      const name = button.form.elements.name.value || button.dataset.fallback;
      await ask("/me/passkeys", { challenge: id, name, answer: made.toJSON() });
      location.href = "/security#passkeys";
      location.reload();
    },
    use: async (button) => {
      const { id, options } = await ask("/session/challenges");
      const got = await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options.publicKey) });
      await ask("/session/passkey", { challenge: id, answer: got.toJSON() });
      const next = new URL(button.form.elements.next?.value || "/", location.origin);
      location.href = next.origin === location.origin ? next : "/";
    },
  };
  for (const button of document.querySelectorAll("button[data-passkey]")) {
    const part = button.closest("[data-passkeys]") ?? button;
    part.hidden = false;
    button.addEventListener("click", async (e) => {
      e.preventDefault();
      const says = document.getElementById("passkey-says");
      says.textContent = "";
      button.disabled = true;
      try {
        await ways[button.dataset.passkey](button);
      } catch (fault) {
        says.textContent = fault.name === "NotAllowedError" ? button.dataset.canceled : fault.message;
      }
      button.disabled = false;
    });
  }
})();
