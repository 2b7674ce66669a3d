// Enterprises' photos are made smaller before they leave the phone: at most 2048 px, upright, as JPEG, which also leaves
// behind where they were taken. What is small already, or what the browser cannot draw (HEIC, GIFs that move), stays as it is.
const LONGEST = 2048;
const LARGE_BYTES = 1.5 * 1024 * 1024;
const QUALITY = 0.85;
const DRAWN = ["image/jpeg", "image/png", "image/webp", "image/bmp"];
const busy = new Set();

const smaller = async (file) => {
  if (!DRAWN.includes(file.type)) return file;
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  const scale = Math.min(1, LONGEST / Math.max(picture.width, picture.height));
  if (scale === 1 && file.size <= LARGE_BYTES) return file;
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(picture.width * scale);
  canvas.height = Math.round(picture.height * scale);
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  const drawn = await new Promise((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
  if (!drawn) return file;
  return new File([drawn], file.name.replace(/\.[^.]*$/, "") + ".jpg", { type: "image/jpeg", lastModified: file.lastModified });
};

document.addEventListener("change", async (event) => {
  const input = event.target;
  if (!input.matches("input[type=file]") || event.detail === "drawn" || !input.files.length) return;
  if (!input.closest("body.enterprise, form[data-upload-url]")) return;
  event.stopImmediatePropagation();
  const chosen = new DataTransfer();
  busy.add(input);
  for (const file of input.files) chosen.items.add(await smaller(file).catch(() => file));
  busy.delete(input);
  input.files = chosen.files;
  input.dispatchEvent(new CustomEvent("change", { bubbles: true, detail: "drawn" }));
}, { capture: true });

// A form sent meanwhile waits for its pictures.
document.addEventListener("submit", (event) => {
  const input = [...busy].find((one) => one.form === event.target);
  if (!input) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  input.addEventListener("change", () => event.target.requestSubmit(event.submitter), { once: true });
}, { capture: true });
