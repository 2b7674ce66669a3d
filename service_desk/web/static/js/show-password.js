// [data-show-password]: a button beside a password that shows what was typed.
for (const place of document.querySelectorAll("[data-show-password]")) {
  const input = place.querySelector("input[type=password]");
  const { wordsShow, wordsHide } = place.dataset;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button";
  button.textContent = wordsShow;
  const pair = document.createElement("div");
  pair.className = "with-toggle";
  input.replaceWith(pair);
  pair.append(input, button);
  button.addEventListener("click", () => {
    const hidden = input.type === "password";
    input.type = hidden ? "text" : "password";
    button.textContent = hidden ? wordsHide : wordsShow;
  });
}
