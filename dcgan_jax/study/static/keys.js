// Single keys for what can be done, which each reader may change or turn off (WCAG 2.1.4); kept in this browser.

const STORE = "study-keys";
const DEFAULTS = {
  real: "r", generated: "g", left: "l", right: "r",
  "sure 1": "1", "sure 2": "2", "sure 3": "3", "sure 4": "4", "sure 5": "5",
  "answer 1": "q", "answer 2": "w", "answer 3": "e", "answer 4": "t", "answer 5": "y", "answer 6": "u",
  "zoom in": "+", "zoom out": "-", reset: "0", brighter: "k", darker: "j", "more contrast": "o", "less contrast": "i",
  smooth: "s", "drag light": "d", pause: "p",
};
const ALWAYS = ["brighter", "darker", "more contrast", "less contrast"];

export class Keys {
  constructor(act) {
    const kept = JSON.parse(localStorage.getItem(STORE) || "{}");
    this.isOn = kept.isOn ?? true;
    const here = [...document.querySelectorAll("[data-action]")].map((element) => element.dataset.action);
    this.actions = [...new Set([...here, ...ALWAYS])];
    this.keys = Object.fromEntries(this.actions.map((action) => [action, kept.keys?.[action] ?? DEFAULTS[action]]));
    this.dialog = document.getElementById("keys");
    document.addEventListener("keydown", (event) => this.#press(event, act));
    this.#fillDialog();
    this.#label();
  }

  #press(event, act) {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.target.matches("textarea, input:not([type=radio]):not([type=range])")) return;
    const free = !event.target.matches("button, a, input");
    const arrows = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    if (event.key === "Enter" && !event.target.matches("button, a")) {
      event.preventDefault();
      if (!event.repeat) act("send");
    } else if (event.key in arrows && free) {
      event.preventDefault();
      act("move", arrows[event.key]);
    } else if (this.isOn) {
      const action = this.actions.find((one) => this.keys[one] && this.keys[one] === event.key.toLowerCase());
      if (!action) return;
      event.preventDefault();
      act(action);
    }
  }

  #fillDialog() {
    const list = document.getElementById("keys-list");
    const on = document.getElementById("keys-on");
    const fields = new Map();
    on.checked = this.isOn;
    on.addEventListener("change", () => { this.isOn = on.checked; this.#keep(); });
    for (const action of this.actions) {
      const label = document.createElement("label");
      const field = Object.assign(document.createElement("input"), { maxLength: 1, value: this.keys[action] });
      label.append(action[0].toUpperCase() + action.slice(1), field);
      list.append(label);
      fields.set(action, field);
      field.addEventListener("change", () => {
        const key = field.value.trim().toLowerCase();
        for (const other of this.actions) if (key && this.keys[other] === key) this.keys[other] = "";
        this.keys[action] = key;
        for (const [one, of] of fields) of.value = this.keys[one];
        this.#keep();
      });
    }
    document.getElementById("keys-open").addEventListener("click", () => this.dialog.showModal());
    document.getElementById("keys-close").addEventListener("click", () => this.dialog.close());
    document.getElementById("keys-default").addEventListener("click", () => {
      for (const [action, field] of fields) field.value = this.keys[action] = DEFAULTS[action];
      this.#keep();
    });
  }

  #keep() {
    localStorage.setItem(STORE, JSON.stringify({ isOn: this.isOn, keys: this.keys }));
    this.#label();
  }

  // Shows each choice's key on it, where keys are on.
  #label() {
    document.querySelectorAll("kbd").forEach((element) => element.remove());
    if (!this.isOn) return;
    for (const input of document.querySelectorAll("input[data-action]")) {
      const key = this.keys[input.dataset.action];
      if (!key || key === input.value) continue;
      const shown = Object.assign(document.createElement("kbd"), { textContent: key.toUpperCase(), ariaHidden: "true" });
      input.nextElementSibling.append(shown);
    }
  }
}
