// [data-chosen-files]: names and sizes of the files chosen, as a check before they are sent.
const sizeOf = (bytes) => (bytes < 1024 * 1024 ? `${Math.ceil(bytes / 1024)} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`);

for (const place of document.querySelectorAll("[data-chosen-files]")) {
  const input = place.querySelector("input[type=file]");
  const list = document.createElement("ul");
  list.className = "files";
  list.hidden = true;
  place.append(list);
  input.addEventListener("change", () => {
    list.hidden = input.files.length < 2;
    list.replaceChildren(
      ...[...input.files].map((file) => {
        const line = document.createElement("li");
        line.className = "file";
        line.textContent = `${file.name} ${sizeOf(file.size)}`;
        return line;
      }),
    );
  });
}
