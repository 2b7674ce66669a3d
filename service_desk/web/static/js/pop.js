// details[data-pop]: a box over the page; Esc or a click elsewhere closes it.
const boxes = [...document.querySelectorAll("details[data-pop]")];

document.addEventListener("click", (event) => {
  for (const box of boxes) if (!box.contains(event.target)) box.open = false;
});
document.addEventListener("keydown", (event) => {
  const open = event.key === "Escape" && boxes.find((box) => box.open);
  if (!open) return;
  open.open = false;
  open.querySelector("summary").focus();
});
