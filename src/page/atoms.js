// Each atom as a small spectrum with the history of its activation beside it, by source.

const ATOM = { height: 34, gap: 6, least: 200, spectrum: 72 }; // px of the page
const PITCH = ATOM.height + ATOM.gap; // from row to row
const SPECTRUM_RANGE = 145; // levels below an atom's peak that are shown: some 51 dB
const ACTIVATION_LOW = 70; // the level at which an activation begins to show

// The atoms of one source: a heading and a canvas.
class AtomGroup {
  #canvas = document.createElement("canvas");
  #title = document.createElement("h3");
  #pen = this.#canvas.getContext("2d");
  #spectra = document.createElement("canvas"); // a layer that seldom changes
  #ring = null;
  #atoms = [];
  #colour = "";
  #name = "";
  #grid = null;
  #density = 1; // pixels of the screen for one of the page
  #stale = true;
  #visible = true;

  constructor() {
    this.element = document.createElement("section");
    this.element.className = "group";
    this.#canvas.setAttribute("role", "img");
    this.element.append(this.#title, this.#canvas);
    new ResizeObserver(() => this.#fit()).observe(this.#canvas);
    new IntersectionObserver((seen) => {
      this.#visible = seen.at(-1).isIntersecting;
    }).observe(this.element);
  }

  set(atoms, name, colour) {
    const n = atoms.length;
    const other = n !== this.#atoms.length || colour !== this.#colour;
    this.#atoms = atoms;
    if (other || name !== this.#name) {
      this.#name = name;
      this.#title.textContent = name;
      this.element.style.setProperty("--c", colour);
      this.#canvas.setAttribute("aria-label",
        `${n} ${n === 1 ? "atom" : "atoms"} of ${name}: the spectrum of each, and when it sounds`);
    }
    if (other) {
      this.#colour = colour;
      this.#grid = null;
      this.#fit();
    } else if (this.#grid) {
      this.#drawSpectra();
    }
  }

  #fit() {
    const width = this.#canvas.clientWidth;
    if (width === 0 || this.#atoms.length === 0 || this.#grid?.width === width) {
      return;
    }
    const columns = Math.max(1, Math.floor((width + ATOM.gap) / (ATOM.least + ATOM.gap)));
    const rows = Math.ceil(this.#atoms.length / columns);
    const cell = Math.floor((width - (columns - 1) * ATOM.gap) / columns);
    this.#grid = { width, rows, cell };
    this.#canvas.style.height = `${rows * PITCH - ATOM.gap}px`;
    fitCanvas(this.#canvas);
    this.#density = this.#canvas.width / width;
    const ring = new Ring(Math.max(1, cell - ATOM.spectrum - 1), Math.round(
      this.#atoms.length * PITCH * this.#density));
    ring.pen.scale(1, this.#density);
    if (this.#ring?.canvas.height === ring.canvas.height) {
      ring.adopt(this.#ring);
    }
    this.#ring = ring;
    this.#drawSpectra();
  }

  // The place of atom k: columns are filled one after the other.
  #place(k) {
    const { rows, cell } = this.#grid;
    return [Math.floor(k / rows) * (cell + ATOM.gap), (k % rows) * PITCH];
  }

  #drawSpectra() {
    this.#spectra.width = this.#canvas.width;
    this.#spectra.height = this.#canvas.height;
    const pen = this.#spectra.getContext("2d");
    pen.scale(this.#density, this.#density);
    pen.lineJoin = "round";
    this.#atoms.forEach((atom, k) => {
      const [x, y] = this.#place(k);
      pen.fillStyle = "#0f1214";
      pen.fillRect(x, y, ATOM.spectrum, ATOM.height);
      pen.fillRect(x + ATOM.spectrum + 1, y, this.#grid.cell - ATOM.spectrum - 1, ATOM.height);
      this.#drawSpectrum(pen, atom.bands, x, y);
    });
    this.#stale = true;
  }

  #drawSpectrum(pen, bands, x, y) {
    const n = bands.length;
    const bottom = y + ATOM.height - 1;
    pen.beginPath();
    for (let i = 0; i < n; i++) {
      const height = Math.max(0, (bands[i] - 255 + SPECTRUM_RANGE) / SPECTRUM_RANGE);
      pen.lineTo(x + 3 + ((ATOM.spectrum - 3) * i) / (n - 1), bottom - height * (ATOM.height - 4));
    }
    pen.strokeStyle = this.#colour;
    pen.lineWidth = 1;
    pen.stroke();
    pen.lineTo(x + ATOM.spectrum, bottom);
    pen.lineTo(x + 3, bottom);
    pen.globalAlpha = 0.28;
    pen.fillStyle = this.#colour;
    pen.fill();
    pen.globalAlpha = 1;
  }

  // `activations` are this group's.
  push(activations) {
    if (!this.#grid || activations.length !== this.#atoms.length) {
      return;
    }
    const { pen, next } = this.#ring;
    pen.clearRect(next, 0, 1, activations.length * PITCH);
    pen.fillStyle = this.#colour;
    for (let k = 0; k < activations.length; k++) {
      const strength = Math.max(0, (activations[k] - ACTIVATION_LOW) / (255 - ACTIVATION_LOW));
      const height = strength * (ATOM.height - 4);
      if (height > 0) {
        pen.globalAlpha = 0.35 + 0.65 * strength;
        pen.fillRect(next, k * PITCH + ATOM.height - 1 - height, 1, height);
      }
    }
    this.#ring.step();
    this.#stale = true;
  }

  draw() {
    if (!this.#stale || !this.#visible || !this.#grid) {
      return;
    }
    this.#stale = false;
    const { rows, cell } = this.#grid;
    const pen = this.#pen;
    const density = this.#density;
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
    pen.drawImage(this.#spectra, 0, 0);
    pen.scale(density, density);
    pen.imageSmoothingEnabled = false;
    for (let c = 0; c * rows < this.#atoms.length; c++) {
      const first = c * rows;
      const height = Math.min(rows, this.#atoms.length - first) * PITCH;
      const [x] = this.#place(first);
      this.#ring.draw(pen, first * PITCH * density, height * density, x + ATOM.spectrum + 1, 0,
        cell - ATOM.spectrum - 1, height);
    }
  }
}

class Atoms {
  #groups = [];
  #order = []; // the atoms of each group, by their place in a frame
  #atoms = [];
  #sources = [];
  #colours = [];

  setSources(sources, colours) {
    const key = (list, shades) => JSON.stringify([list.map((s) => s.label), shades]);
    if (key(sources, colours) !== key(this.#sources, this.#colours)) {
      this.#sources = sources;
      this.#colours = colours;
      this.#arrange();
    }
  }

  setAtoms(atoms) {
    this.#atoms = atoms;
    this.#arrange();
  }

  #arrange() {
    this.#order = this.#sources.map(() => []);
    this.#atoms.forEach((atom, k) => this.#order[atom.source]?.push(k));
    while (this.#groups.length < this.#sources.length) {
      this.#groups.push(new AtomGroup());
      $("atoms").append(this.#groups.at(-1).element);
    }
    while (this.#groups.length > this.#sources.length) {
      this.#groups.pop().element.remove();
    }
    $("no-atoms").hidden = this.#atoms.length > 0;
    this.#groups.forEach((group, i) => {
      group.element.hidden = this.#order[i].length === 0;
      group.set(this.#order[i].map((k) => this.#atoms[k]), this.#sources[i].label, this.#colours[i]);
    });
  }

  push(frame) {
    if (frame.activations.length === this.#atoms.length) {
      this.#groups.forEach((group, i) => group.push(this.#order[i].map((k) => frame.activations[k])));
    }
  }

  draw() {
    this.#groups.forEach((group) => group.draw());
  }
}
