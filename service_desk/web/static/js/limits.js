// textarea[data-limit]: says how much is written once it comes near the limit. What is sent above it, the server gives back.
const NEAR = 0.9;

const bind = (root) => {
  for (const field of root.querySelectorAll("textarea[data-limit]")) {
    const limit = Number(field.dataset.limit);
    const words = document.createElement("p");
    words.className = "help";
    words.setAttribute("role", "status");
    field.after(words);
    const count = () => {
      const number = [...field.value].length;
      const told = number > limit * NEAR ? field.dataset.limitWords.replace("{n}", number).replace("{limit}", limit) : "";
      if (words.textContent !== told) words.textContent = told;
      words.hidden = told === "";
    };
    field.addEventListener("input", count);
    count();
  }
};

bind(document);
document.addEventListener("added", (event) => bind(event.target));
