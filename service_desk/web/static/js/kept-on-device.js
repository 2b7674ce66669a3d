// form[data-kept-as="ACCOUNT FORM"]: what was typed and is not on the server yet is kept on this device, for this account
// alone: until a draft of it is "saved" (autosave.js), until a page says by [data-filed-key] that it was filed, or until
// form[data-drop-kept] (begin anew, sign out) is sent. Its submission key is kept too, so that it is never filed twice.
const KEPT = "kept ";
const MONTH_MS = 30 * 24 * 3600 * 1000;

const read = (place) => {
  try {
    return JSON.parse(localStorage.getItem(place));
  } catch {
    return null;
  }
};
const placesOf = (whose) => Object.keys(localStorage).filter((place) => place.startsWith(KEPT + whose));

const keep = (form) => {
  const place = KEPT + form.dataset.keptAs;
  const fields = {};
  for (const [name, value] of new FormData(form)) if (typeof value === "string" && name !== "csrf_token") fields[name] = value;
  try {
    localStorage.setItem(place, JSON.stringify({ at: Date.now(), fields }));
  } catch {
    // More than a browser keeps; the server gives such a text back.
    localStorage.removeItem(place);
  }
};

const restore = (form) => {
  const place = KEPT + form.dataset.keptAs;
  const kept = read(place);
  if (!kept) return;
  if (kept.fields.submission_key === form.dataset.lastKey) {
    localStorage.removeItem(place);
    return;
  }
  for (const [name, value] of Object.entries(kept.fields)) {
    const field = form.elements[name];
    if (field && field.type !== "file") field.value = value;
  }
  form.querySelector("[data-restored]").hidden = false;
  // Whoever shows or counts what is typed looks again; and the server is told.
  form.dispatchEvent(new Event("change", { bubbles: true }));
  form.dispatchEvent(new Event("input", { bubbles: true }));
};

for (const place of placesOf("")) if (!(read(place)?.at > Date.now() - MONTH_MS)) localStorage.removeItem(place);

for (const { dataset } of document.querySelectorAll("[data-filed-key]")) {
  for (const place of placesOf("")) if (read(place)?.fields.submission_key === dataset.filedKey) localStorage.removeItem(place);
}

for (const form of document.querySelectorAll("form[data-kept-as]")) {
  for (const kind of ["input", "submit"]) form.addEventListener(kind, () => keep(form));
  form.addEventListener("saved", () => localStorage.removeItem(KEPT + form.dataset.keptAs));
  // A page that refused what was sent holds it already, under the key that counts.
  const refused = form.querySelector("[data-refused]");
  document.addEventListener("DOMContentLoaded", () => (refused ? keep(form) : restore(form)));
}

document.addEventListener("submit", (event) => {
  const whose = event.target.dataset.dropKept;
  if (!whose) return;
  for (const place of placesOf(whose)) localStorage.removeItem(place);
  // Nor is a draft of it saved on the way out.
  for (const form of document.querySelectorAll("form[data-kept-as]")) form.dataset.sent = "yes";
});
