// [data-news]: asks every 15 seconds what has happened since the page was opened, and says so in a line at the foot of
// the window, where nothing moves under the hand. The button takes what is new into the parts marked [data-live]; a
// ticket's page takes it in by itself. Forms and what is typed in them stay as they are.
const EVERY_MS = 15_000;
const PATIENCE_MS = 10_000;
const line = document.querySelector("[data-news]");

const setUnread = (number) => {
  for (const badge of document.querySelectorAll("[data-unread]")) {
    badge.hidden = number === 0;
    badge.firstElementChild.textContent = number < 100 ? String(number) : "99+";
  }
};

const inUse = (part) => part.contains(document.activeElement) && document.activeElement !== document.body;

const takeIn = async () => {
  const answer = await fetch(location.href, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
  if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of document.querySelectorAll("[data-live]")) {
    const fresh = page.querySelector(`[data-live="${part.dataset.live}"]`);
    if (fresh && !inUse(part)) part.replaceChildren(...document.adoptNode(fresh).childNodes);
  }
  document.dispatchEvent(new Event("live"));
  return page.querySelector("[data-news]");
};

if (line) {
  const words = line.querySelector("[data-news-words]");
  const button = line.querySelector("button");
  let said = "";
  let newest = "";

  const ask = async () => {
    if (document.hidden) return;
    const url = new URL(line.dataset.news, location.href);
    url.searchParams.set("since", line.dataset.since);
    if (newest) url.searchParams.set("newest", newest);
    try {
      const answer = await fetch(url, { headers: { Accept: "application/json" }, signal: AbortSignal.timeout(PATIENCE_MS) });
      if (!answer.ok || answer.redirected) return;
      const told = await answer.json();
      newest ||= String(told.newest ?? "");
      setUnread(told.unread);
      if (told.words === said) return;
      said = told.words;
      words.textContent = said;
      line.hidden = said === "";
      if (said && line.dataset.by === "itself") await takeIn();
    } catch {
      // The next time.
    }
  };

  button.addEventListener("click", async () => {
    if (line.dataset.by === "itself") {
      location.reload();
      return;
    }
    try {
      const fresh = await takeIn();
      Object.assign(line.dataset, { since: fresh.dataset.since, news: fresh.dataset.news });
      newest = "";
      said = "";
      line.hidden = true;
    } catch {
      location.reload();
    }
  });

  ask();
  setInterval(ask, EVERY_MS);
  document.addEventListener("visibilitychange", ask);
}
