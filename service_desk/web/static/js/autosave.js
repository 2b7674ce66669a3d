// form[data-autosave-url]: keeps the draft on the server a moment after the last key, and says when.
const QUIET_MS = 2000;

for (const form of document.querySelectorAll("form[data-autosave-url]")) {
  const { autosaveUrl, wordsSaved, wordsUnsaved } = form.dataset;
  const words = form.querySelector("[data-saved]");
  let waiting;

  const draftOf = () => {
    const draft = new FormData(form);
    for (const [name, value] of [...draft]) if (value instanceof File) draft.delete(name);
    return draft;
  };

  const save = async () => {
    waiting = undefined;
    if (form.dataset.sent) return;
    try {
      const answer = await fetch(autosaveUrl, { method: "POST", body: draftOf(), headers: { Accept: "application/json" } });
      if (!answer.ok || answer.redirected) throw new Error(`autosave answered ${answer.status}`);
      words.textContent = `${wordsSaved} ${(await answer.json()).saved_at}`;
      if (!waiting) form.dispatchEvent(new Event("saved"));
    } catch {
      words.textContent = wordsUnsaved;
    }
  };

  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(save, QUIET_MS);
  });

  // Leaving before the moment is over keeps the last words too; a reload comes too early for it (see keep-typed.js).
  window.addEventListener("pagehide", () => {
    if (waiting && !form.dataset.sent) navigator.sendBeacon(autosaveUrl, draftOf());
  });
}
