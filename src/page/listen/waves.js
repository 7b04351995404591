// Draws waveforms and the ruler above them.

// Fits a canvas to its box, in pixels of the screen; a pen for it.
function penFor(canvas) {
  const density = Math.min(devicePixelRatio, 3);
  canvas.width = Math.max(1, Math.round(canvas.clientWidth * density));
  canvas.height = Math.max(1, Math.round(canvas.clientHeight * density));
  return { pen: canvas.getContext("2d"), density };
}

// Lowest, highest, root of the mean square of each column, the stem's peak being 1.
class Waveform {
  #values; // three a column
  #peak;

  constructor(stem) {
    const bytes = stem.waveform.match(/../g) ?? [];
    this.#values = Float32Array.from(bytes, (hex) => ((parseInt(hex, 16) << 24) >> 24) / 127);
    this.#peak = stem.peak;
  }

  // Of columns first .. last together.
  #range(first, last) {
    let low = 1, high = -1, squares = 0;
    for (let i = first; i <= last; i++) {
      low = Math.min(low, this.#values[3 * i]);
      high = Math.max(high, this.#values[3 * i + 1]);
      squares += this.#values[3 * i + 2] ** 2;
    }
    return [low, high, Math.sqrt(squares / (last - first + 1))];
  }

  // `loudest` is the peak that fills the box: all stems of a page have one scale.
  draw(canvas, colour, heard, loudest) {
    const { pen, density } = penFor(canvas);
    const { width, height } = canvas;
    const middle = height / 2;
    const scale = loudest > 0 ? ((middle - density) * this.#peak) / loudest : 0;
    const n = this.#values.length / 3;
    const columns = data.frames / data.column_frames / width; // of a pixel
    pen.fillStyle = colour;
    const bar = (x, up, down) => {
      const top = Math.min(up, -density / 2);
      pen.fillRect(x, middle + top, 1, Math.max(down, density / 2) - top);
    };
    for (let x = 0; n > 0 && x < width; x++) {
      const first = Math.min(Math.floor(x * columns), n - 1);
      const last = clamp(Math.ceil((x + 1) * columns) - 1, first, n - 1);
      const [low, high, rms] = this.#range(first, last);
      pen.globalAlpha = heard ? 0.42 : 0.3;
      bar(x, -scale * high, -scale * low);
      if (heard) {
        pen.globalAlpha = 1;
        bar(x, -scale * Math.min(rms, Math.max(high, 0)), scale * Math.min(rms, Math.max(-low, 0)));
      }
    }
  }
}

const STEPS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400];
const LABEL_ROOM = 76; // pixels

function drawRuler(canvas, colours) {
  const { pen, density } = penFor(canvas);
  const width = canvas.clientWidth;
  const height = canvas.clientHeight;
  const pixels = width / SECONDS; // of a second
  const step = STEPS.find((s) => s * pixels >= LABEL_ROOM) ?? 86400;
  pen.scale(density, density);
  pen.font = "11px system-ui, sans-serif";
  for (let i = 0; SECONDS > 0 && (i * step) / 5 <= SECONDS; i++) {
    const x = (i * step * pixels) / 5;
    const major = i % 5 === 0;
    pen.fillStyle = colours.rule;
    pen.fillRect(Math.min(x, width - 1), height - (major ? 12 : 5), 1, major ? 12 : 5);
    const text = clockText((i * step) / 5, step < 1 ? 1 : 0);
    if (major && x + 5 + pen.measureText(text).width <= width) {
      pen.fillStyle = colours.quiet;
      pen.fillText(text, x + 5, height - 5);
    }
  }
}
