// The sources as the strips of a mixer.

// The slider's travel is the square root of the gain, so that 0 dB, -6 dB and silence are apart.
const gainToTravel = (gain) => 1000 * Math.sqrt(gain / 2);
const travelToGain = (travel) => {
  const gain = 2 * (travel / 1000) ** 2;
  return Math.abs(gain - 1) < 0.02 ? 1 : gain; // 0 dB is easy to hit
};

function gainText(gain) {
  if (gain < 0.001) {
    return "−∞ dB";
  }
  const db = (20 * Math.log10(gain)).toFixed(1);
  return `${Number(db) === 0 ? "0.0" : db.replace("-", "−")} dB`;
}

// Sends commands one after the other; of those with the same key that wait, only the last.
class Sender {
  #waiting = new Map();
  #busy = false;

  async send(key, body) {
    this.#waiting.delete(key);
    this.#waiting.set(key, body);
    if (this.#busy) {
      return;
    }
    this.#busy = true;
    while (this.#waiting.size > 0) {
      const [first, next] = this.#waiting.entries().next().value;
      this.#waiting.delete(first);
      const problem = await command(next);
      if (problem) {
        status.say(problem, true);
      }
    }
    this.#busy = false;
  }
}

const sender = new Sender();

// A control shows what the user did until the program has had time to tell of it.
const ECHO_MS = 600;

const SURE_MS = 4000; // to press again, before what was learned is thrown away

class Strip {
  #touched = {}; // when a control was used last
  #level = 0;
  #peak = 0;
  #source = null;
  #index = 0;

  constructor() {
    this.element = $("strip").content.firstElementChild.cloneNode(true);
    const part = (name) => this.element.querySelector(`.${name}`);
    this.name = part("name");
    this.mute = part("mute");
    this.solo = part("solo");
    this.remove = part("remove");
    this.gain = part("gain");
    this.readout = part("readout");
    this.meter = part("meter");
    this.bar = part("meter b");
    this.tick = part("meter u");
    this.mute.addEventListener("click", () => this.toggle("mute"));
    this.solo.addEventListener("click", () => this.toggle("solo"));
    this.remove.addEventListener("click", () => this.#remove());
    this.gain.addEventListener("input", () => this.#setGain(travelToGain(this.gain.valueAsNumber)));
    this.gain.addEventListener("dblclick", () => this.#setGain(1));
    this.gain.addEventListener("keydown", (event) => {
      if (event.key === "0") {
        this.#setGain(1);
        event.preventDefault();
      }
    });
    this.name.addEventListener("change", () => this.#rename());
    this.name.addEventListener("keydown", (event) => {
      if (event.key === "Escape") {
        this.name.value = this.#source.label;
      }
      if (event.key === "Enter" || event.key === "Escape") {
        this.name.blur();
      }
    });
  }

  #act(what, more = {}) {
    this.#touched[what] = performance.now();
    sender.send(`${what} ${this.#index}`, { do: what, source: this.#index, ...more });
  }

  #echoes(what) {
    return performance.now() - (this.#touched[what] ?? -ECHO_MS) < ECHO_MS;
  }

  // Gives what has been done, for people.
  toggle(what) {
    const value = this[what].getAttribute("aria-pressed") !== "true";
    this[what].setAttribute("aria-pressed", value);
    this.#act(what, { value });
    return `${this.#source.label}: ${what} ${value ? "on" : "off"}`;
  }

  #setGain(gain) {
    this.#showGain(gain);
    this.#act("gain", { value: gain });
  }

  #showGain(gain) {
    this.gain.value = gainToTravel(gain);
    this.readout.textContent = gainText(gain);
    this.gain.setAttribute("aria-valuetext", gainText(gain).replace("−∞", "silent, minus infinity"));
    this.gain.style.setProperty("--travel", gainToTravel(gain) / 1000);
  }

  #remove() {
    if (this.remove.classList.contains("sure")) {
      this.#doubt();
      this.#act("remove");
    } else {
      this.remove.classList.add("sure");
      status.say(`Press again to remove ${this.#source.label}.`);
      setTimeout(() => this.#doubt(), SURE_MS);
    }
  }

  #doubt() {
    this.remove.classList.remove("sure");
  }

  #rename() {
    const label = this.name.value.trim();
    if (label && label !== this.#source.label) {
      this.#act("rename", { label });
    } else {
      this.name.value = this.#source.label;
    }
  }

  // `heard`: whether it reaches the output, with the solos of others.
  set(source, index, colour, heard) {
    const label = source.label;
    this.#index = index;
    this.element.style.setProperty("--c", colour);
    this.element.classList.toggle("unheard", !heard);
    this.element.classList.toggle("rest", source.rest);
    if (label !== this.#source?.label) {
      this.#doubt();
    }
    if (label !== this.#source?.label || index + 1 !== Number(this.mute.dataset.number)) {
      this.mute.dataset.number = index + 1;
      this.element.setAttribute("aria-label", `Source ${index + 1}, ${label}`);
      this.name.setAttribute("aria-label", `Name of source ${index + 1}`);
      this.mute.setAttribute("aria-label", `Mute ${label}`);
      this.solo.setAttribute("aria-label", `Solo ${label}`);
      this.remove.setAttribute("aria-label", `Remove ${label}`);
      this.gain.setAttribute("aria-label", `Gain of ${label}`);
      this.meter.setAttribute("aria-label", `Level of ${label}`);
      this.element.querySelector(".number").textContent = index + 1;
    }
    if (document.activeElement !== this.name && !this.#echoes("rename")) {
      this.name.value = label;
    }
    this.name.readOnly = source.rest;
    this.remove.hidden = source.rest;
    for (const what of ["mute", "solo"]) {
      if (!this.#echoes(what)) {
        this[what].setAttribute("aria-pressed", source[what]);
      }
    }
    if (!this.#echoes("gain") && gainText(source.gain) !== this.readout.textContent) {
      this.#showGain(source.gain);
    }
    this.#source = source;
    // For those who hear the meter, once a second is enough.
    this.meter.setAttribute("aria-valuenow", Math.round(60 * this.#level - 60));
  }

  // A level comes up at once and falls by some 40 dB a second; the tick stays a while.
  push(byte) {
    const level = byteToMeter(byte);
    this.#level = Math.max(level, this.#level - 0.017);
    this.#peak = Math.max(this.#level, this.#peak - 0.004);
  }

  draw() {
    this.bar.style.transform = `scaleX(${this.#level.toFixed(4)})`;
    this.tick.style.transform = `translateX(${(100 * this.#peak).toFixed(2)}%)`;
  }
}

class Mixer {
  strips = [];

  set(sources, colours) {
    while (this.strips.length < sources.length) {
      this.strips.push(new Strip());
      $("strips").append(this.strips.at(-1).element);
    }
    while (this.strips.length > sources.length) {
      this.strips.pop().element.remove();
    }
    const solo = sources.some((s) => s.solo);
    sources.forEach((source, i) => {
      this.strips[i].set(source, i, colours[i], !source.mute && (source.solo || !solo));
    });
    $("no-sources").hidden = sources.length > 1;
  }

  push(frame) {
    this.strips.forEach((strip, i) => strip.push(frame.levels[i] ?? 0));
  }

  draw() {
    this.strips.forEach((strip) => strip.draw());
  }
}
