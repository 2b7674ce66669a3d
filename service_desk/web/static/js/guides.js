// [data-guides=url]: while the title of a request is typed, the guides closest to it are offered; they open beside the form.
const QUIET_MS = 500;
const SHORTEST = 4;

for (const place of document.querySelectorAll("[data-guides]")) {
  const title = place.closest("form").elements.title;
  const list = place.querySelector("ul");
  let waiting;

  const lineOf = ({ title: words, url }) => {
    const link = document.createElement("a");
    Object.assign(link, { href: url, target: "_blank", rel: "noopener", textContent: words });
    const line = document.createElement("li");
    line.append(link);
    return line;
  };

  const ask = async () => {
    const asked = title.value.trim();
    let guides = [];
    try {
      if (asked.length >= SHORTEST) {
        const answer = await fetch(`${place.dataset.guides}?title=${encodeURIComponent(asked)}`, { headers: { Accept: "application/json" } });
        if (answer.ok && !answer.redirected) ({ guides } = await answer.json());
      }
    } catch {
      // Without a network nothing is offered; the form goes on.
    }
    if (title.value.trim() !== asked) return;
    list.replaceChildren(...guides.map(lineOf));
    place.hidden = !guides.length;
  };

  title.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(ask, QUIET_MS);
  });
}
