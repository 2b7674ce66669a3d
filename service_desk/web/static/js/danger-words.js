// form[data-danger-words]: a word of danger brings the emergency numbers at once; in a harmless phrase it does not.
for (const form of document.querySelectorAll("form[data-danger-words]")) {
  const dangerous = JSON.parse(form.dataset.dangerWords);
  const strip = form.querySelector("[data-danger]");
  const look = () => {
    const written = [form.elements.title, form.elements.text].map((field) => field?.value ?? "").join("\n").normalize("NFKC").toLowerCase();
    const found = dangerous.some(({ word, exceptions }) =>
      exceptions.reduce((text, harmless) => text.replaceAll(harmless, "\n"), written).includes(word));
    if (strip.hidden === found) strip.hidden = !found;
  };
  form.addEventListener("input", look);
  look();
}
