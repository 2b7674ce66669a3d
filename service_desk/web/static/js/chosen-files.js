// [data-chosen-files]: names and sizes of the files chosen, as a check before they are sent.
const MB = 1024 * 1024;
const sizeOf = (bytes) => (bytes < MB ? `${Math.ceil(bytes / 1024)} KB` : `${(bytes / MB).toFixed(1)} MB`);

const lineOf = (file) => {
  const line = document.createElement("li");
  line.className = "file";
  line.textContent = `${file.name} ${sizeOf(file.size)}`;
  return line;
};

const bind = (root) => {
  for (const place of root.querySelectorAll("[data-chosen-files]")) {
    const input = place.querySelector("input[type=file]");
    const list = document.createElement("ul");
    list.className = "files";
    list.hidden = true;
    place.append(list);
    input.addEventListener("change", () => {
      list.hidden = !input.files.length;
      list.replaceChildren(...[...input.files].map(lineOf));
    });
  }
};

bind(document);
document.addEventListener("added", (event) => bind(event.target));
