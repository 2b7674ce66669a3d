// form[data-autosave-url]: keeps the draft on the server a moment after the last key, and says when.
const QUIET_MS = 2000;

for (const form of document.querySelectorAll("form[data-autosave-url]")) {
  const { autosaveUrl, wordsSaved, wordsUnsaved } = form.dataset;
  const words = form.querySelector("[data-saved]");
  let waiting;

  const save = async () => {
    if (form.dataset.sent) return;
    const draft = new FormData(form);
    for (const [name, value] of [...draft]) if (value instanceof File) draft.delete(name);
    try {
      const answer = await fetch(autosaveUrl, { method: "POST", body: draft, headers: { Accept: "application/json" } });
      if (!answer.ok || answer.redirected) throw new Error(`autosave answered ${answer.status}`);
      const time = new Date().toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit", hour12: false });
      words.textContent = `${wordsSaved} ${time}`;
    } catch {
      words.textContent = wordsUnsaved;
    }
  };

  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(save, QUIET_MS);
  });
}
