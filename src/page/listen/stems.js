// The rows: what each stem is, and whether and how loud it is heard.

const FORMAT = `${data.format.container}, ${data.format.sample_format}`;
const CURES = { double: "float", "A-law": "16", "u-law": "16" }; // for --sample-format

// Why a stem has no sound here, as far as one can tell from outside.
function reason(file) {
  const cure = CURES[data.format.sample_format];
  if (cure !== undefined) {
    return `This browser does not play ${FORMAT}. With --sample-format ${cure} unmingle makes stems that it plays.`;
  }
  if (data.format.channels > 32 || data.format.sample_rate < 3000) {
    return `This browser does not play ${data.format.channels} channels at ${data.format.sample_rate} Hz; another player may.`;
  }
  const plain = FORMAT === "WAV, 16-bit";
  return `Cannot be played. Is “${file}” still beside this page?` + (plain ? ""
    : ` If so, this browser does not play ${FORMAT}; stems made with --format wav --sample-format 16 it does.`);
}

class Stem {
  #row;
  #changed;
  #waveform;
  solo = false;
  mute = false;
  failed = false;

  // `changed` is called when another choice of stems is to be heard.
  constructor(stem, index, changed) {
    this.stem = stem;
    this.#changed = changed;
    this.#waveform = new Waveform(stem);
    const row = $("stem").content.cloneNode(true).firstElementChild;
    this.#row = row;
    this.audio = this.#part("audio");
    this.canvas = this.#part("canvas");
    const percent = (100 * stem.share).toFixed(stem.share > 0 && stem.share < 0.01 ? 1 : 0);
    setText(this.#part(".number"), String(index + 1));
    setText(this.#part("b"), stem.label);
    this.#part("b").title = stem.file;
    setText(this.#part(".share"), `${percent} %`);
    this.#part(".share").title = "of the energy of all stems";
    this.canvas.setAttribute("aria-label", `Waveform of ${stem.label}`);
    const key = index < 9 ? index + 1 : undefined;
    this.#button("solo", `Solo ${stem.label}`, key, "");
    this.#button("mute", `Mute ${stem.label}`, key, "Shift+");
    const gain = this.#part(".gain");
    gain.setAttribute("aria-label", `Gain of ${stem.label}`);
    gain.addEventListener("input", () => this.#setGain());
    gain.addEventListener("dblclick", () => {
      gain.value = "0";
      this.#setGain();
    });
    this.#setGain();
    if (SECONDS > 0) {
      this.audio.src = encodeURIComponent(stem.file);
    }
    $("stems").append(row);
  }

  #part(selector) {
    return this.#row.querySelector(selector);
  }

  #button(what, label, key, modifier) {
    const button = this.#part(`.${what}`);
    button.setAttribute("aria-label", label);
    button.title = key ? `${label} (${modifier}${key})` : label;
    if (key) {
      button.setAttribute("aria-keyshortcuts", modifier + key);
    }
    button.addEventListener("click", () => this.toggle(what));
  }

  // "solo" or "mute".
  toggle(what) {
    this[what] = !this[what];
    this.#changed();
  }

  // The lowest place of the slider is silence.
  #setGain() {
    const gain = this.#part(".gain");
    const db = Number(gain.value);
    const silent = db <= Number(gain.min);
    const text = silent ? "−∞ dB" : `${db.toFixed(1).replace("-", "−")} dB`;
    this.audio.volume = silent ? 0 : 10 ** (db / 20);
    setText(this.#part(".db"), text);
    gain.setAttribute("aria-valuetext", text);
    gain.style.setProperty("--filled", `${100 - (100 * db) / Number(gain.min)}%`);
  }

  fail() {
    this.failed = true;
    this.#row.classList.add("failed");
    this.#part(".controls").hidden = true;
    const problem = this.#part(".problem");
    problem.hidden = false;
    setText(problem, reason(this.stem.file));
  }

  // A solo anywhere silences those without; a mute silences in any case.
  show(anySolo) {
    this.heard = !this.mute && (!anySolo || this.solo);
    this.audio.muted = !this.heard;
    this.#part(".solo").setAttribute("aria-pressed", String(this.solo));
    this.#part(".mute").setAttribute("aria-pressed", String(this.mute));
    this.#row.classList.toggle("silent", !this.heard);
  }

  draw(colours, index, loudest) {
    const heard = this.heard && !this.failed;
    this.#row.style.setProperty("--stem", colours.stems[index]);
    this.#waveform.draw(this.canvas, heard ? colours.stems[index] : colours.quiet, heard, loudest);
  }
}
