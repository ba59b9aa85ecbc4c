// One or two images on the stage, seen through one view: whole-number zoom, place, brightness and contrast.

export class Viewer {
  constructor(canvases, onChange) {
    this.canvases = canvases;
    this.onChange = onChange;
    this.pictures = [];
    this.isSmooth = true;
    this.dragChangesLight = false;
    this.reset();
    new ResizeObserver(() => this.draw()).observe(canvases[0]);
    canvases.forEach((canvas) => this.#listen(canvas));
  }

  // Shows images of size x size gray levels, each an array of bytes.
  show(images, size) {
    this.size = size;
    this.pictures = images.map((gray) => ({ gray, canvas: new OffscreenCanvas(size, size) }));
    this.reset();
  }

  reset() {
    this.step = 0; // zoom steps above the fit
    this.x = 0; // of the image's middle, in its pixels from the middle of the stage
    this.y = 0;
    this.brightness = 0;
    this.contrast = 0;
    this.#light();
  }

  setLight(brightness, contrast) {
    this.brightness = clamp(brightness, -100, 100);
    this.contrast = clamp(contrast, -100, 100);
    this.#light();
  }

  toggleSmooth() {
    this.isSmooth = !this.isSmooth;
    this.draw();
  }

  // Zooms about a point of a canvas, given in device pixels from its middle.
  zoom(steps, pointX = 0, pointY = 0) {
    const before = this.scale();
    this.step = clamp(this.step + steps, 0, 24);
    const after = this.scale();
    this.x += pointX / after - pointX / before;
    this.y += pointY / after - pointY / before;
    this.draw();
  }

  move(deltaX, deltaY) {
    this.x += deltaX / this.scale();
    this.y += deltaY / this.scale();
    this.draw();
  }

  // Device pixels for each pixel of the image: a whole number, but where the image is larger than the stage.
  scale() {
    const { width, height } = this.canvases[0];
    const room = Math.min(width, height) / (this.size || 1);
    const fit = room >= 1 ? Math.floor(room) : room;
    let scale = fit;
    for (let step = 0; step < this.step; step++) scale = Math.max(Math.floor(scale) + 1, Math.round(scale * 1.25));
    return Math.min(scale, Math.max(fit, 64));
  }

  draw() {
    if (!this.canvases[0].clientWidth) return; // not laid out
    this.canvases.forEach((canvas, index) => {
      canvas.width = Math.round(canvas.clientWidth * devicePixelRatio);
      canvas.height = Math.round(canvas.clientHeight * devicePixelRatio);
      const picture = this.pictures[index];
      if (!picture) return;
      const side = this.size * this.scale();
      const [roomX, roomY] = [canvas.width, canvas.height].map((room) => Math.max(0, (side - room) / 2 / this.scale()));
      this.x = clamp(this.x, -roomX, roomX);
      this.y = clamp(this.y, -roomY, roomY);
      const context = canvas.getContext("2d");
      context.imageSmoothingEnabled = this.isSmooth;
      context.imageSmoothingQuality = "high";
      const left = Math.round((canvas.width - side) / 2 + this.x * this.scale());
      const top = Math.round((canvas.height - side) / 2 + this.y * this.scale());
      context.drawImage(picture.canvas, left, top, side, side);
    });
    this.onChange(this);
  }

  // Gray levels as they are shown: contrast turns about the middle, brightness is added.
  #light() {
    const gain = 4 ** (this.contrast / 100);
    const shown = Uint8ClampedArray.from({ length: 256 }, (_, level) => (level - 128) * gain + 128 + this.brightness * 1.28);
    for (const { gray, canvas } of this.pictures) {
      const context = canvas.getContext("2d");
      const pixels = context.createImageData(this.size, this.size);
      for (let index = 0; index < gray.length; index++) {
        pixels.data.fill(shown[gray[index]], 4 * index, 4 * index + 3);
        pixels.data[4 * index + 3] = 255;
      }
      context.putImageData(pixels, 0, 0);
    }
    this.draw();
  }

  #listen(canvas) {
    const pointers = new Map();
    let spread = 0;
    canvas.addEventListener("contextmenu", (event) => event.preventDefault());
    canvas.addEventListener("dblclick", () => this.reset());
    canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.zoom(event.deltaY < 0 ? 1 : -1, ...fromMiddle(canvas, event));
    }, { passive: false });
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      pointers.set(event.pointerId, event);
      spread = distance(pointers);
    });
    canvas.addEventListener("pointermove", (event) => {
      const last = pointers.get(event.pointerId);
      if (!last) return;
      pointers.set(event.pointerId, event);
      const [deltaX, deltaY] = [event.clientX - last.clientX, event.clientY - last.clientY];
      if (pointers.size === 2) {
        const now = distance(pointers);
        const steps = Math.trunc(Math.log(now / spread) / Math.log(1.25));
        if (steps) {
          this.zoom(steps, ...fromMiddle(canvas, event));
          spread = now;
        }
        this.move(deltaX * devicePixelRatio / 2, deltaY * devicePixelRatio / 2);
      } else if (this.dragChangesLight || event.shiftKey || event.buttons & 2) {
        this.setLight(this.brightness - deltaY / 2, this.contrast + deltaX / 2);
      } else {
        this.move(deltaX * devicePixelRatio, deltaY * devicePixelRatio);
      }
    });
    for (const end of ["pointerup", "pointercancel"]) {
      canvas.addEventListener(end, (event) => {
        pointers.delete(event.pointerId);
        spread = distance(pointers);
      });
    }
  }
}

const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

function fromMiddle(canvas, event) {
  const box = canvas.getBoundingClientRect();
  return [event.clientX - box.left - box.width / 2, event.clientY - box.top - box.height / 2].map(
    (part) => part * devicePixelRatio,
  );
}

function distance(pointers) {
  const [first, second] = [...pointers.values()];
  return second ? Math.hypot(first.clientX - second.clientX, first.clientY - second.clientY) : 0;
}
