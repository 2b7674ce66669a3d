// [data-templates=id]: the chosen template is put into that box without a reload: in the midst of the text where its
// reader last was there, else after what stands there.
const put = (box, text, wasIn) => {
  const typed = box.value.trimEnd();
  if (wasIn && box.selectionStart < typed.length) {
    box.setRangeText(text, box.selectionStart, box.selectionEnd, "end");
  } else {
    box.value = typed ? `${typed}\n\n${text}` : text;
  }
  box.dispatchEvent(new Event("input", { bubbles: true }));
  box.focus();
};

const bind = (root) => {
  for (const picker of root.querySelectorAll("[data-templates]")) {
    const choice = picker.querySelector("select");
    const box = document.getElementById(picker.dataset.templates);
    let wasIn = false;
    box.addEventListener("focus", () => {
      wasIn = true;
    });
    picker.querySelector("button").addEventListener("click", (event) => {
      event.preventDefault();
      const { text } = choice.selectedOptions[0].dataset;
      if (!text) return;
      put(box, text, wasIn);
      choice.value = "";
    });
  }
};

bind(document);
document.addEventListener("added", (event) => bind(event.target));
