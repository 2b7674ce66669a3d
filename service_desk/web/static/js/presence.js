// [data-presence]: says every 20 seconds that this page is open, and shows who else has it open or is writing.
const EVERY_MS = 20000;

for (const line of document.querySelectorAll("[data-presence]")) {
  let typing = false;
  document.addEventListener("input", () => {
    typing = true;
  });

  const tell = async () => {
    if (document.hidden) return;
    const body = new FormData();
    body.append("csrf_token", line.dataset.token);
    body.append("typing", String(typing));
    typing = false;
    try {
      const answer = await fetch(line.dataset.presence, { method: "POST", body, headers: { Accept: "application/json" } });
      if (!answer.ok || answer.redirected) return;
      const { others } = await answer.json();
      const words = others.join("\u3000");
      if (line.textContent !== words) line.textContent = words;
      line.hidden = others.length === 0;
    } catch {
      // Nobody is told while the network is away; nothing is lost by it.
    }
  };

  tell();
  setInterval(tell, EVERY_MS);
}
