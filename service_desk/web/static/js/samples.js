// [data-samples]: parts that are shown as they are elsewhere; what is pressed here does nothing.
const samples = document.querySelector("[data-samples]");

for (const kind of ["click", "submit"])
  samples.addEventListener(
    kind,
    (event) => {
      if (kind === "click" && !event.target.closest('a:not([href^="#"])')) return;
      event.preventDefault();
      event.stopImmediatePropagation();
    },
    { capture: true },
  );
