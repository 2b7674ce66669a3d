// form[data-bulk]: the bar of what can be done with ticked rows comes when one is; all of the page are ticked at once, and
// with the shift key all between two.
const bar = document.querySelector("form[data-bulk]");
const BOX = "input[name=ticket][form=bulk]";
const all = document.querySelector("[data-pick-all] input");
const count = bar.querySelector("[data-bulk-count]");
const none = bar.querySelector("[data-pick-none]");
let last;
let kept = new Set();

const list = () => [...document.querySelectorAll(BOX)];

const tell = () => {
  const boxes = list();
  kept = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
  const ticked = kept.size;
  bar.toggleAttribute("data-any", ticked > 0);
  all.checked = ticked === boxes.length;
  all.indeterminate = ticked > 0 && !all.checked;
  count.textContent = count.dataset.words.replace("{n}", ticked);
};

const tickAll = (checked) => {
  for (const box of list()) box.checked = checked;
  tell();
};

document.addEventListener("click", (event) => {
  const box = event.target;
  if (!(box instanceof Element && box.matches(BOX))) return;
  if (event.shiftKey && last) {
    const boxes = list();
    const [from, to] = [boxes.indexOf(last), boxes.indexOf(box)].sort((one, other) => one - other);
    for (const between of boxes.slice(Math.max(from, 0), to + 1)) between.checked = box.checked;
  }
  last = box;
  tell();
});

// Rows were taken in anew (news.js): those that are as they were stay ticked.
document.addEventListener("live", () => {
  for (const box of list()) box.checked = kept.has(box.value);
  tell();
});

all.addEventListener("change", () => tickAll(all.checked));
none.addEventListener("click", () => tickAll(false));
// A browser that comes back may have kept the ticks.
window.addEventListener("pageshow", tell);
