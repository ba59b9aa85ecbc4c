// Reading: shows an image, takes the answer, and goes on when the server says that it is saved.

import { Clock } from "./clock.js";
import { Keys } from "./keys.js";
import { Viewer } from "./viewer.js";

const find = (id) => document.getElementById(id);
const form = find("answer");
const token = document.querySelector("meta[name=form-token]").content;
const clock = new Clock();
const viewer = new Viewer([...document.querySelectorAll("canvas")], showView);
let current = null; // what the server says is to be read
let isBusy = true; // from an answer's sending until the next image is there

// Asks the server until it answers: a lost connection loses nothing but time.
async function request(path, options = {}) {
  for (let wait = 1; ; wait = Math.min(wait * 2, 10)) {
    try {
      const response = await fetch(path, { cache: "no-store", ...options });
      if (response.status < 500) {
        find("lost").hidden = true;
        if (response.status === 401) location.assign("/");
        return response;
      }
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
    }
    find("lost").textContent = "No connection to the study. Your answer is kept here and sent again; please leave the window open.";
    find("lost").hidden = false;
    await new Promise((resume) => setTimeout(resume, wait * 1000));
  }
}

async function load(described) {
  if (!described.item) {
    location.assign("/study");
    return;
  }
  const responses = await Promise.all(described.images.map((path) => request(path)));
  if (!responses.every((response) => response.ok)) { // another window has gone on meanwhile
    await load(await (await request("/current")).json());
    return;
  }
  const images = await Promise.all(responses.map(async (response) => new Uint8Array(await response.arrayBuffer())));
  current = described;
  form.reset();
  viewer.show(images, described.size);
  const what = document.querySelectorAll("canvas").length > 1 ? "Pair" : "Image";
  find("where").textContent = `${what} ${described.number} of ${described.of}`;
  find("progress").max = described.of;
  find("progress").value = described.number - 1;
  document.title = `${described.number} of ${described.of} – Reader study`;
  clock.start(described.item);
  find("send").disabled = false;
  isBusy = false;
}

async function send() {
  if (isBusy || !current) return;
  const fields = new FormData(form);
  const missing = [...new Set([...form.querySelectorAll("input[type=radio]")].map((input) => input.name))].find(
    (name) => !fields.has(name),
  );
  if (missing) {
    const group = form.querySelector(`input[name=${missing}]`);
    find("message").textContent = `Please answer first: ${group.closest("fieldset").querySelector("legend").textContent}`;
    group.focus();
    return;
  }
  isBusy = true;
  find("send").disabled = true;
  find("message").textContent = "";
  const answer = { item: current.item, milliseconds: clock.read() };
  if (fields.has("choice")) answer.choice = fields.get("choice");
  if (fields.has("confidence")) answer.confidence = Number(fields.get("confidence"));
  if (fields.has("option")) answer.option = Number(fields.get("option"));
  const response = await request("/answers", {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Form-Token": token },
    body: JSON.stringify(answer),
  });
  if (!response.ok) {
    location.reload();
    return;
  }
  const next = await response.json();
  if (next.outcome === "answered before") find("message").textContent = "This image was answered in another window.";
  clock.stop();
  await load(next);
  find("where").focus({ preventScroll: true });
}

function showView(view) {
  find("zoom").textContent = `${Number((view.scale() / devicePixelRatio).toFixed(1))}×`;
  find("brightness").value = view.brightness;
  find("contrast").value = view.contrast;
}

function pause() {
  clock.setPaused(true);
  find("stage").classList.add("veiled");
  find("paused").showModal();
}

function act(action, direction) {
  const input = form.querySelector(`input[data-action="${action}"]`);
  if (input) {
    input.checked = true;
    find("message").textContent = "";
  }
  const light = (brightness, contrast) => viewer.setLight(viewer.brightness + brightness, viewer.contrast + contrast);
  const actions = {
    send,
    pause,
    move: () => viewer.move(40 * direction[0], 40 * direction[1]),
    "zoom in": () => viewer.zoom(1),
    "zoom out": () => viewer.zoom(-1),
    reset: () => viewer.reset(),
    brighter: () => light(8, 0),
    darker: () => light(-8, 0),
    "more contrast": () => light(0, 8),
    "less contrast": () => light(0, -8),
    smooth: () => { viewer.toggleSmooth(); press("smooth", viewer.isSmooth); },
    "drag light": () => {
      viewer.dragChangesLight = !viewer.dragChangesLight;
      viewer.canvases.forEach((canvas) => canvas.classList.toggle("light", viewer.dragChangesLight));
      press("drag light", viewer.dragChangesLight);
    },
  };
  actions[action]?.();
}

function press(action, isOn) {
  document.querySelector(`button[data-action="${action}"]`).setAttribute("aria-pressed", String(isOn));
}

form.addEventListener("submit", (event) => { event.preventDefault(); send(); });
document.querySelectorAll("button[data-action]").forEach((button) => {
  button.addEventListener("click", () => act(button.dataset.action));
});
for (const name of ["brightness", "contrast"]) {
  find(name).addEventListener("input", () => viewer.setLight(Number(find("brightness").value), Number(find("contrast").value)));
}
find("resume").addEventListener("click", () => find("paused").close());
find("paused").addEventListener("close", () => {
  find("stage").classList.remove("veiled");
  clock.setPaused(false);
});
for (const dialog of document.querySelectorAll("dialog")) { // else Enter would open it again, in place of saving
  dialog.addEventListener("close", () => find("where").focus({ preventScroll: true }));
}
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
new Keys(act);
load(await (await request("/current")).json());
