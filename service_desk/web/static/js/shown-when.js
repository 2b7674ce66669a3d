// [data-shown-when=field][data-shown-value="one other"]: a question that only makes sense after certain answers.
const bind = (root) => {
  for (const question of root.querySelectorAll("[data-shown-when]")) {
    const form = question.closest("form");
    const { shownWhen, shownValue } = question.dataset;
    const answers = shownValue.split(" ");
    const decide = () => {
      const shown = answers.includes(new FormData(form).get(shownWhen));
      question.hidden = !shown;
      for (const control of question.querySelectorAll("input, select, textarea")) control.disabled = !shown;
    };
    form.addEventListener("change", decide);
    window.addEventListener("pageshow", decide);
    decide();
  }
};

bind(document);
document.addEventListener("added", (event) => bind(event.target));
