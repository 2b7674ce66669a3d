// form[data-bulk]: the bar of what can be done with ticked rows comes when one is; all of the page are ticked at once, and
// with the shift key all between two.
const bar = document.querySelector("form[data-bulk]");
const boxes = [...document.querySelectorAll("input[name=ticket][form=bulk]")];
const all = document.querySelector("[data-pick-all] input");
const count = bar.querySelector("[data-bulk-count]");
const none = bar.querySelector("[data-pick-none]");
let last;

const tell = () => {
  const ticked = boxes.filter((box) => box.checked).length;
  bar.toggleAttribute("data-any", ticked > 0);
  all.checked = ticked === boxes.length;
  all.indeterminate = ticked > 0 && !all.checked;
  count.textContent = count.dataset.words.replace("{n}", ticked);
};

const tickAll = (checked) => {
  for (const box of boxes) box.checked = checked;
  tell();
};

for (const box of boxes) {
  box.addEventListener("click", (event) => {
    if (event.shiftKey && last) {
      const [from, to] = [boxes.indexOf(last), boxes.indexOf(box)].sort((one, other) => one - other);
      for (const between of boxes.slice(from, to + 1)) between.checked = box.checked;
    }
    last = box;
    tell();
  });
}

all.closest("[data-pick-all]").hidden = false;
none.hidden = false;
all.addEventListener("change", () => tickAll(all.checked));
none.addEventListener("click", () => tickAll(false));
// A browser that comes back may have kept the ticks.
window.addEventListener("pageshow", tell);
