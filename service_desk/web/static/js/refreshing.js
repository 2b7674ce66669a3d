// [data-refreshing]: a part of the page that is brought up to date every 2 seconds, for as long as it asks for it.
const EVERY_MS = 2000;

const refresh = async (part) => {
  let next = part;
  try {
    const answer = document.hidden ? null : await fetch(location.href);
    if (answer?.ok && !answer.redirected) {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.getElementById(part.id);
      // Whoever is about to press a button is not disturbed.
      if (fresh && !part.contains(document.activeElement)) {
        part.replaceWith(fresh);
        next = fresh;
      }
    }
  } catch {
    // The network is away for a moment: the next turn tries again.
  }
  if ("refreshing" in next.dataset) setTimeout(refresh, EVERY_MS, next);
};

for (const part of document.querySelectorAll("[data-refreshing]")) setTimeout(refresh, EVERY_MS, part);
