// The scrolling spectrogram of the input.

const COLUMN_PX = 2; // of the page, for a frame
const FRAMES_PER_SECOND = 40;

// From OKLCH, in which equal steps look equal (B. Ottosson, 2020), to bytes of sRGB.
function oklchToRgb(lightness, chroma, hue) {
  const a = chroma * Math.cos((hue * Math.PI) / 180);
  const b = chroma * Math.sin((hue * Math.PI) / 180);
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ].map((linear) => {
    const x = Math.min(1, Math.max(0, linear));
    return Math.round(255 * (x <= 0.0031308 ? 12.92 * x : 1.055 * x ** (1 / 2.4) - 0.055));
  });
}

// Lightness rises evenly from that of the page, over the levels that music has in a band (-72 to
// -11 dB); from night blue, by way of green, to pale yellow.
function colourMap() {
  const map = new Uint32Array(256);
  const bytes = new Uint8Array(map.buffer);
  for (let i = 0; i < 256; i++) {
    const t = Math.min(1, Math.max(0, (i - 50) / (225 - 50)));
    const chroma = 0.012 + 0.1 * Math.sin(Math.PI * t ** 0.75);
    const rgb = oklchToRgb(0.175 + 0.77 * t ** 1.1, chroma, 265 - 175 * t ** 1.1);
    bytes.set([...rgb, 255], 4 * i);
  }
  return map;
}

const COLOURS = colourMap();

class Spectrogram {
  #canvas = $("spectrogram");
  #pen = this.#canvas.getContext("2d", { alpha: false });
  #ring = null;
  #column = null;
  #stale = true;
  #bands = null;

  constructor() {
    new ResizeObserver(() => this.#fit()).observe(this.#canvas);
    stillness.addEventListener("change", () => this.#fit());
  }

  // n, low and high of the bands, as the state tells them.
  setBands(bands) {
    if (JSON.stringify(bands) !== JSON.stringify(this.#bands)) {
      this.#bands = bands;
      this.#ring = null;
      this.#fit();
      this.#label();
    }
  }

  #fit() {
    if (!this.#bands) {
      return;
    }
    const columns = Math.max(1, Math.ceil(this.#canvas.clientWidth / COLUMN_PX));
    if (!this.#ring || this.#ring.canvas.width !== columns) {
      const ring = new Ring(columns, this.#bands.n);
      ring.fill(COLOURS[0]);
      if (this.#ring) {
        ring.adopt(this.#ring);
      }
      this.#ring = ring;
      this.#column = ring.pen.createImageData(1, this.#bands.n);
    }
    fitCanvas(this.#canvas);
    this.#label();
    this.#stale = true;
  }

  // Marks along the axes, which stand beside the canvas as text.
  #label() {
    const { low, high } = this.#bands;
    const marks = [50, 100, 200, 500, 1000, 2000, 5000, 10000].filter((hz) => hz > low && hz < high);
    $("hertz").replaceChildren(...marks.map((hz) => {
      const mark = document.createElement("li");
      mark.textContent = hz < 1000 ? `${hz} Hz` : `${hz / 1000} kHz`;
      mark.style.bottom = `${(100 * Math.log(hz / low)) / Math.log(high / low)}%`;
      return mark;
    }));
    const seconds = this.#canvas.clientWidth / COLUMN_PX / FRAMES_PER_SECOND;
    const step = seconds > 8 ? 5 : 2;
    const times = [];
    for (let t = step; t < 0.85 * seconds && !stillness.matches; t += step) {
      const mark = document.createElement("li");
      mark.textContent = `−${t} s`;
      mark.style.right = `${(100 * t) / seconds}%`;
      times.push(mark);
    }
    $("ago").replaceChildren(...times);
  }

  push(frame) {
    if (!this.#ring || frame.bands.length !== this.#bands.n) {
      return;
    }
    const pixels = new Uint32Array(this.#column.data.buffer);
    const last = pixels.length - 1;
    for (let i = 0; i <= last; i++) {
      pixels[last - i] = COLOURS[frame.bands[i]];
    }
    this.#ring.pen.putImageData(this.#column, this.#ring.next, 0);
    this.#ring.step();
    this.#stale = true;
  }

  draw() {
    if (this.#stale && this.#ring) {
      this.#stale = false;
      this.#ring.draw(this.#pen, 0, this.#bands.n, 0, 0, this.#canvas.width, this.#canvas.height);
    }
  }
}
