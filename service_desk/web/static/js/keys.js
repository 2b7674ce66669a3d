// [data-key="a"], [data-key="g t"]: a key, or two after each other, presses what carries it. [data-row]: j and k walk along
// the rows, o opens one, x ticks its box. "?" and [data-keys-open] open <dialog data-keys>, which lists what this page has.
// Nothing of it while somebody writes, with a modifier, or where the account has switched it off (no [data-keys-on]).
const PREFIX = "g";
const PATIENCE_MS = 1500;
const WRITES = "textarea, select, [contenteditable], input:not([type=checkbox], [type=radio], [type=submit], [type=button])";

const help = document.querySelector("dialog[data-keys]");
let row;
let prefixed = -PATIENCE_MS;

const isShown = (thing) => thing.getClientRects().length > 0 && getComputedStyle(thing).visibility === "visible";
const bearers = () => [...document.querySelectorAll("[data-key]")].filter((thing) => isShown(thing) && !thing.disabled);

// A field is entered. A form is not sent by one key: what it still wants is entered, or its button, for Enter to press.
const press = (thing) => {
  if (thing.matches(WRITES)) {
    thing.focus();
    thing.select?.();
  } else if (thing.type === "submit") {
    const wanting = [...thing.form.elements].find((field) => field.willValidate && !field.checkValidity());
    (wanting ?? thing).focus();
    (wanting ?? thing).scrollIntoView({ block: "nearest" });
  } else {
    thing.click();
  }
};

const rows = () => [...document.querySelectorAll("[data-row]")].filter(isShown);
const linkOf = (one) => (one.matches("[data-row-link]") ? one : one.querySelector("[data-row-link]"));
const here = () => document.activeElement?.closest("[data-row]") ?? (row?.isConnected ? row : undefined);

const walk = (by) => {
  const all = rows();
  const place = all.indexOf(here());
  row = all[place < 0 ? 0 : Math.min(Math.max(place + by, 0), all.length - 1)];
  if (!row) return;
  linkOf(row).focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
};

const own = {
  "?": () => open(),
  j: () => walk(1),
  k: () => walk(-1),
  o: () => here() && linkOf(here()).click(),
  x: () => here()?.querySelector("input[type=checkbox]")?.click(),
};

const nameOf = (thing) => thing.dataset.keyName ?? thing.textContent.trim().replace(/\s+/g, " ");

const lineOf = (thing) => {
  const line = document.createElement("div");
  const keys = document.createElement("dt");
  for (const key of thing.dataset.key.split(" ")) {
    const cap = document.createElement("kbd");
    cap.textContent = key;
    keys.append(cap, " ");
  }
  const words = document.createElement("dd");
  words.textContent = nameOf(thing);
  line.append(keys, words);
  line.dataset.made = "";
  return line;
};

const open = () => {
  for (const line of help.querySelectorAll("[data-made]")) line.remove();
  const part = (name) => help.querySelector(`[data-keys-of=${name}]`);
  part("rows").hidden = !rows().length;
  part("boxes").hidden = !document.querySelector("[data-row] input[type=checkbox]");
  const known = new Set(Object.keys(own));
  for (const thing of bearers()) {
    const { key } = thing.dataset;
    if (known.has(key)) continue;
    known.add(key);
    part(key.startsWith(`${PREFIX} `) ? "places" : "here").querySelector("[data-keys-list]").append(lineOf(thing));
  }
  help.showModal();
};

const listen = (event) => {
  const bare = !(event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented);
  if (!bare || help.open || event.target.closest?.(WRITES)) return;
  // Full-width signs are the same keys; so are capitals.
  const letter = event.key.length === 1 ? event.key.normalize("NFKC").toLowerCase() : "";
  if (!letter || letter === " ") return;
  const key = event.timeStamp - prefixed < PATIENCE_MS ? `${PREFIX} ${letter}` : letter;
  prefixed = key === PREFIX ? event.timeStamp : -PATIENCE_MS;
  const thing = own[key] ? undefined : bearers().find((one) => one.dataset.key === key);
  if (!own[key] && !thing) return;
  event.preventDefault();
  if (thing) press(thing);
  else own[key]();
};

if (help) {
  for (const button of document.querySelectorAll("[data-keys-open]")) {
    button.hidden = false;
    button.addEventListener("click", open);
  }
  help.querySelector("[data-keys-close]").addEventListener("click", () => help.close());
  document.addEventListener("focusin", (event) => {
    row = event.target.closest("[data-row]") ?? row;
  });
  if ("keysOn" in help.dataset) document.addEventListener("keydown", listen);
}
