// Colours, levels and canvases: what the parts of the page have in common.

const $ = (id) => document.getElementById(id);

// Only what differs: assigning a text anew costs a layout, and screen readers read it again.
function setText(element, text) {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}

// Of like lightness, told apart by colour-blind people too as far as eight can be; the rest is grey.
const SOURCE_COLOURS = ["#e6b450", "#56c2b6", "#f08f80", "#82aff5", "#a8cc6c", "#bda0f2", "#ec93c4"];
const REST_COLOUR = "#a4adb5";

// Colours stay with a source, by its label, when others come and go or it gets another name.
class Colours {
  #labels = []; // of each colour, or undefined

  update(sources) {
    const labels = sources.filter((s) => !s.rest).map((s) => s.label);
    const gone = this.#labels.findIndex((l) => l !== undefined && !labels.includes(l));
    const come = labels.filter((l) => !this.#labels.includes(l));
    const same = labels.length === this.#labels.filter((l) => l !== undefined).length;
    if (same && gone >= 0 && come.length === 1) {
      this.#labels[gone] = come.pop();
    }
    this.#labels = this.#labels.map((l) => (labels.includes(l) ? l : undefined));
    for (const label of come) {
      const free = this.#labels.indexOf(undefined);
      this.#labels[free >= 0 ? free : this.#labels.length] = label;
    }
    return sources.map((s) =>
      s.rest ? REST_COLOUR : SOURCE_COLOURS[this.#labels.indexOf(s.label) % SOURCE_COLOURS.length]);
  }
}

// dB of a level's byte, and its place on a meter that begins at -60 dB.
const byteToDb = (byte) => (byte * 90) / 255 - 90;
const byteToMeter = (byte) => Math.max(0, (byte - 85) / 170);

const stillness = matchMedia("(prefers-reduced-motion: reduce)");

// Fits a canvas to its box, in pixels of the screen. True when its size has changed.
function fitCanvas(canvas) {
  const density = Math.min(devicePixelRatio, 2);
  const width = Math.max(1, Math.round(canvas.clientWidth * density));
  const height = Math.max(1, Math.round(canvas.clientHeight * density));
  if (canvas.width === width && canvas.height === height) {
    return false;
  }
  canvas.width = width;
  canvas.height = height;
  return true;
}

// A picture that is written column after column and begins anew on the left when it is full.
class Ring {
  constructor(columns, height) {
    this.canvas = document.createElement("canvas");
    this.canvas.width = columns;
    this.canvas.height = height;
    this.pen = this.canvas.getContext("2d");
    this.next = 0; // the column to be written
  }

  // All of it in one colour, as the pixels of an ImageData have it.
  fill(colour) {
    const { width, height } = this.canvas;
    const image = this.pen.createImageData(width, height);
    new Uint32Array(image.data.buffer).fill(colour);
    this.pen.putImageData(image, 0, 0);
  }

  step() {
    this.next = (this.next + 1) % this.canvas.width;
  }

  // Draws rows top .. top + rows into a box of another canvas, the newest column on the right; or,
  // for those who do not want to see it move, where it was written.
  draw(pen, top, rows, x, y, width, height) {
    const columns = this.canvas.width;
    if (stillness.matches) {
      const scale = width / columns;
      pen.drawImage(this.canvas, 0, top, columns, rows, x, y, width, height);
      pen.clearRect(x + this.next * scale, y, 2 * scale, height); // where it is being written
      return;
    }
    // Half of the oldest column stays outside: smoothing would mix its edge with the newest.
    const old = columns - this.next - 0.5;
    const scale = width / (columns - 0.5);
    pen.drawImage(this.canvas, this.next + 0.5, top, old, rows, x, y, old * scale, height);
    if (this.next > 0) {
      pen.drawImage(this.canvas, 0, top, this.next, rows, x + old * scale, y, this.next * scale, height);
    }
  }

  // Takes over what an earlier ring of the same height shows, as far as it fits.
  adopt(other) {
    const n = Math.min(this.canvas.width, other.canvas.width);
    const height = this.canvas.height;
    this.pen.save();
    this.pen.resetTransform();
    for (let i = 0; i < n; i++) {
      const from = (other.next - n + i + other.canvas.width) % other.canvas.width;
      this.pen.drawImage(other.canvas, from, 0, 1, height, this.canvas.width - n + i, 0, 1, height);
    }
    this.pen.restore();
  }
}
