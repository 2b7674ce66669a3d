// [data-wall]: asks for the page again every minute and puts the new inside in the place of the old one. Where the
// server does not answer, the last data stay, and [data-wall-stale] says since when. Nothing is kept from one minute
// to the next, so that a day's turning leaves nothing behind.
const EVERY = 60_000;
const PATIENCE = 20_000;
const stale = document.querySelector("[data-wall-stale]");

const sheets = (page) => [...page.querySelectorAll("link[rel=stylesheet]")].map((link) => link.getAttribute("href")).join();

const renew = async () => {
  const answer = await fetch(location.href, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
  if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector("[data-wall]");
  if (!fresh) throw new Error("no wall");
  if (sheets(page) !== sheets(document)) {
    location.reload(); // a new release
    return;
  }
  document.querySelector("[data-wall]").replaceWith(document.adoptNode(fresh));
  stale.hidden = true;
};

const tick = async () => {
  try {
    await renew();
  } catch {
    const time = document.querySelector("[data-wall-time]").textContent;
    stale.textContent = stale.dataset.words.replace("{time}", time);
    stale.hidden = false;
  }
  setTimeout(tick, EVERY);
};

setTimeout(tick, EVERY);
