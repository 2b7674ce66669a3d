// form[data-upload-url]: files go ahead of the form, one after the other, each with its progress, and can be taken back;
// what could not be sent says why on its line. The form waits for them. Without this they go with the form.
const MB = 1024 * 1024;
const sizeOf = (bytes) => (bytes < MB ? `${Math.ceil(bytes / 1024)} KB` : `${(bytes / MB).toFixed(1)} MB`);

for (const form of document.querySelectorAll("form[data-upload-url]")) {
  const { uploadUrl, mostBytes, wordsTooBig, wordsFailed, wordsEnded, wordsWaiting, wordsLeft } = form.dataset;
  const input = form.querySelector("input[type=file]");
  const list = form.querySelector("[data-pending]");
  const pattern = form.querySelector("template[data-line]");
  const words = form.querySelector("[data-saved]");
  const waiting = [];
  let sending = false;
  let submitAfter = false;

  const post = (url, file, onProgress) =>
    new Promise((done) => {
      const request = new XMLHttpRequest();
      const body = new FormData();
      body.append("csrf_token", form.elements.csrf_token.value);
      if (file) body.append("file", file);
      request.open("POST", url);
      request.setRequestHeader("Accept", "application/json");
      request.responseType = "json";
      request.upload.onprogress = onProgress;
      request.onloadend = () => done(request);
      request.send(body);
    });

  const say = (line, problem, { again = false } = {}) => {
    const place = line.querySelector("[data-problem]");
    place.textContent = problem;
    place.hidden = !problem;
    line.querySelector("[data-again]").hidden = !again;
    line.querySelector("progress").hidden = Boolean(problem);
  };

  const upload = async ({ file, line }) => {
    const progress = line.querySelector("progress");
    say(line, "");
    if (file.size > Number(mostBytes)) {
      say(line, wordsTooBig);
      return;
    }
    const answer = await post(uploadUrl, file, (event) => { progress.value = event.loaded / event.total; });
    progress.hidden = true;
    if (answer.status === 200 && answer.response) {
      const [{ id, remove }] = answer.response.files;
      line.dataset.removeUrl = remove;
      // Only what the form shows goes with it.
      for (const shown of line.querySelectorAll("input[name=pending]")) {
        shown.value = id;
        shown.disabled = false;
      }
      // Removed while it was under way.
      if (!line.isConnected) post(remove);
    } else if (answer.status === 401) say(line, wordsEnded, { again: true });
    else say(line, answer.response?.problem ?? wordsFailed, { again: !answer.response?.problem });
  };

  const work = async () => {
    if (sending) return;
    sending = true;
    while (waiting.length) await upload(waiting.shift());
    sending = false;
    if (submitAfter) form.requestSubmit();
    submitAfter = false;
  };

  const add = (file) => {
    const line = pattern.content.firstElementChild.cloneNode(true);
    line.querySelector("[data-name]").textContent = file.name;
    line.querySelector("[data-size]").textContent = sizeOf(file.size);
    line.querySelector("[data-again]").addEventListener("click", () => {
      waiting.push({ file, line });
      work();
    });
    line.querySelector("[data-remove]").addEventListener("click", () => {
      if (line.dataset.removeUrl) post(line.dataset.removeUrl);
      waiting.splice(0, waiting.length, ...waiting.filter((one) => one.line !== line));
      line.remove();
      list.hidden = !list.children.length;
    });
    list.append(line);
    list.hidden = false;
    waiting.push({ file, line });
  };

  input.addEventListener("change", () => {
    if (!input.files.length) return;
    for (const file of input.files) add(file);
    // Under way before anybody hears that the choice is taken: a form that waited for it goes on then.
    work();
    input.value = "";
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });

  form.addEventListener("submit", (event) => {
    const problem = list.querySelector("[data-problem]:not([hidden])");
    if (!sending && !problem) return;
    event.preventDefault();
    words.textContent = sending ? wordsWaiting : wordsLeft;
    submitAfter = sending;
    if (!sending) problem.scrollIntoView({ block: "center" });
  });
}
