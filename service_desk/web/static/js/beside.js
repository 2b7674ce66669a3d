// [data-beside]: on wide screens a row of the list opens beside it; elsewhere, or with a modifier key, as a page.
// What is put in announces itself with the event "added", so that the other behaviours bind to it.
const WIDE = matchMedia("(min-width: 75rem)");

const place = document.querySelector("[data-beside]");
const panel = document.querySelector("[data-beside-panel]");
const content = panel?.querySelector("[data-beside-content]");
let row;

const close = () => {
  panel.hidden = true;
  place.classList.remove("split");
  row?.removeAttribute("aria-current");
  row?.focus();
};

const show = (page, link) => {
  const heading = document.createElement("h2");
  const whole = document.createElement("a");
  whole.href = link.href;
  whole.textContent = page.querySelector("h1").textContent;
  heading.append(whole);
  heading.tabIndex = -1;
  content.replaceChildren(heading, document.adoptNode(page.querySelector("[data-piece]")));
  row?.removeAttribute("aria-current");
  row = link;
  row.setAttribute("aria-current", "true");
  panel.hidden = false;
  place.classList.add("split");
  panel.scrollTop = 0;
  content.dispatchEvent(new Event("added", { bubbles: true }));
  heading.focus({ preventScroll: true });
};

const open = async (link) => {
  try {
    const answer = await fetch(link.href);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!answer.ok || answer.redirected || !page.querySelector("[data-piece]")) throw new Error(answer.status);
    show(page, link);
  } catch {
    location.assign(link.href);
  }
};

place?.addEventListener("click", (event) => {
  const link = event.target.closest("a.line");
  if (!link || !WIDE.matches || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  open(link);
});
panel?.querySelector("[data-beside-close]").addEventListener("click", close);
panel?.addEventListener("keydown", (event) => {
  if (event.key === "Escape") close();
});
