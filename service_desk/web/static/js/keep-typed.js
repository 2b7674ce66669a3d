// form[data-keep-typed]: what was typed into large fields survives a reload, a refusal or a lapsed sign-in, in this
// tab only. It is forgotten once a page arrives that does not carry [data-refused].
const SENT = "sent";
const placeOf = (form, field) => `typed ${new URL(form.action).pathname} ${field.name}`;

if (!document.querySelector("[data-refused]")) {
  for (const place of JSON.parse(sessionStorage.getItem(SENT) ?? "[]")) sessionStorage.removeItem(place);
}
sessionStorage.removeItem(SENT);

const restore = (form, field) => {
  const kept = sessionStorage.getItem(placeOf(form, field));
  if (!kept || field.value) return;
  field.value = kept;
  const disclosure = form.closest("details");
  if (disclosure) disclosure.open = true;
};

const bind = (root) => {
  for (const form of root.querySelectorAll("form[data-keep-typed]")) {
    const fields = [...form.querySelectorAll("textarea[name]")];
    for (const field of fields) {
      restore(form, field);
      field.addEventListener("input", () => sessionStorage.setItem(placeOf(form, field), field.value));
    }
    form.addEventListener("submit", () => {
      sessionStorage.setItem(SENT, JSON.stringify(fields.map((field) => placeOf(form, field))));
    });
  }
};

bind(document);
document.addEventListener("added", (event) => bind(event.target));
