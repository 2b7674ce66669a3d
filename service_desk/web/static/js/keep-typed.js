// form[data-keep-typed]: what was typed survives a reload, a refusal or a lapsed sign-in, in this tab only. It is
// forgotten once a page arrives that does not carry [data-refused], or once a draft of it is "saved" (autosave.js):
// what is kept of such a form is newer than the draft. form[data-forget-typed]: signing out leaves nothing behind.
const SENT = "sent";
const placeOf = (form, field) => `typed ${new URL(form.action).pathname} ${field.name}`;

if (!document.querySelector("[data-refused]")) {
  for (const place of JSON.parse(sessionStorage.getItem(SENT) ?? "[]")) sessionStorage.removeItem(place);
}
sessionStorage.removeItem(SENT);

const restore = (form, field) => {
  const kept = sessionStorage.getItem(placeOf(form, field));
  if (!kept || (field.value && !form.dataset.autosaveUrl)) return;
  field.value = kept;
  const disclosure = form.closest("details");
  if (disclosure) disclosure.open = true;
};

const keep = (form, field) => {
  try {
    sessionStorage.setItem(placeOf(form, field), field.value);
  } catch {
    // More than a browser keeps; the server gives such a text back.
    sessionStorage.removeItem(placeOf(form, field));
  }
};

const bind = (root) => {
  for (const form of root.querySelectorAll("form[data-keep-typed]")) {
    const fields = [...form.querySelectorAll("textarea[name], input[type=text][name]")];
    for (const field of fields) {
      restore(form, field);
      field.addEventListener("input", () => keep(form, field));
    }
    form.addEventListener("saved", () => {
      for (const field of fields) sessionStorage.removeItem(placeOf(form, field));
    });
    form.addEventListener("submit", () => {
      sessionStorage.setItem(SENT, JSON.stringify(fields.map((field) => placeOf(form, field))));
    });
  }
};

bind(document);
document.addEventListener("added", (event) => bind(event.target));
document.addEventListener("submit", (event) => {
  if (event.target.matches("[data-forget-typed]")) sessionStorage.clear();
});
