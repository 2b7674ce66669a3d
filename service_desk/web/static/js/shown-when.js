// [data-shown-when=field][data-shown-value=value]: a question that only makes sense after a certain answer.
const bind = (root) => {
  for (const question of root.querySelectorAll("[data-shown-when]")) {
    const form = question.closest("form");
    const { shownWhen, shownValue } = question.dataset;
    const decide = () => {
      const shown = new FormData(form).get(shownWhen) === shownValue;
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
