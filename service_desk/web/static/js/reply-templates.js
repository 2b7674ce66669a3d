// [data-templates=id]: the chosen template is put into that box, after what stands there; without a reload.
const bind = (root) => {
  for (const picker of root.querySelectorAll("[data-templates]")) {
    const choice = picker.querySelector("select");
    picker.querySelector("button").addEventListener("click", (event) => {
      event.preventDefault();
      const box = document.getElementById(picker.dataset.templates);
      const { text } = choice.selectedOptions[0].dataset;
      if (!text) return;
      const typed = box.value.trimEnd();
      box.value = typed ? `${typed}\n\n${text}` : text;
      choice.value = "";
      box.dispatchEvent(new Event("input", { bubbles: true }));
      box.focus();
    });
  }
};

bind(document);
document.addEventListener("added", (event) => bind(event.target));
