// [data-suggest=url]: while a name is typed, the server offers those that have what was typed. Without it the field takes
// whatever is written.
const QUIET_MS = 200;
const FEWEST = 2;

for (const place of document.querySelectorAll("[data-suggest]")) {
  const field = place.querySelector("input");
  const list = place.querySelector("datalist");
  let waiting;

  const ask = async () => {
    const asked = field.value.trim();
    if (asked.length < FEWEST) return;
    try {
      const url = `${place.dataset.suggest}?q=${encodeURIComponent(asked)}`;
      const answer = await fetch(url, { headers: { Accept: "application/json" } });
      if (!answer.ok || answer.redirected || field.value.trim() !== asked) return;
      const { names } = await answer.json();
      list.replaceChildren(...names.map((name) => Object.assign(document.createElement("option"), { value: name })));
    } catch {
      // Nothing is offered while the network is away.
    }
  };

  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(ask, QUIET_MS);
  });
}
