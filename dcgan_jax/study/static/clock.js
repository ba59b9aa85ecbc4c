// Time that an image was looked at: not while paused, nor while the window is hidden; it survives a reload.

export class Clock {
  constructor() {
    this.isPaused = false;
    document.addEventListener("visibilitychange", () => this.#note());
    addEventListener("pagehide", () => this.#note());
    setInterval(() => this.#note(), 1000);
  }

  start(item) {
    this.item = item;
    this.total = Number(sessionStorage.getItem(`time ${item}`) || 0);
    this.since = this.#runs() ? performance.now() : null;
  }

  setPaused(isPaused) {
    this.#note();
    this.isPaused = isPaused;
    this.since = this.#runs() ? performance.now() : null;
  }

  read() {
    this.#note();
    return Math.round(this.total);
  }

  stop() {
    sessionStorage.removeItem(`time ${this.item}`);
    this.item = null;
    this.since = null;
  }

  #runs() {
    return !this.isPaused && document.visibilityState === "visible";
  }

  #note() {
    if (!this.item) return;
    const now = performance.now();
    if (this.since !== null) this.total += now - this.since;
    this.since = this.#runs() ? now : null;
    sessionStorage.setItem(`time ${this.item}`, String(this.total));
  }
}
