// form[data-send]: sent from the page, so that a dead network is told on it, by [data-offline], and nothing is lost. What
// the server does not take is sent once more the plain way, and its page says why. However often the form is sent, its
// submission key makes one filing of it.
const PATIENCE_MS = 30000;
const AWAY = [502, 503, 504];

for (const form of document.querySelectorAll("form[data-send]")) {
  const offline = form.querySelector("[data-offline]");

  const rest = () => {
    delete form.dataset.sent;
    offline.hidden = false;
    offline.scrollIntoView({ block: "center" });
  };

  const send = async (body) => {
    let answer;
    try {
      answer = await fetch(form.action, {
        method: "POST", body, headers: { Accept: "application/json" }, signal: AbortSignal.timeout(PATIENCE_MS),
      });
      if (AWAY.includes(answer.status)) throw new Error(`filing answered ${answer.status}`);
      if (answer.ok) {
        const { url } = await answer.json();
        form.dataset.filed = "yes";
        location.assign(url);
        return;
      }
    } catch {
      rest();
      return;
    }
    form.submit();
  };

  form.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    const body = new FormData(form);
    // Files that could not be sent ahead (uploads.js) go with the form itself.
    if ([...body.values()].some((value) => value instanceof File && value.size)) return;
    event.preventDefault();
    if (form.dataset.sent) return;
    form.dataset.sent = "yes";
    offline.hidden = true;
    send(body);
  });

  // Coming back to what was filed begins a new one.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted && form.dataset.filed) location.reload();
  });
}
