// What is going on: the bar above, the line below, and the devices.

const CONDITIONS = {
  running: "Running",
  silent: "Input silent",
  retrying: "No device",
  stopped: "Stopped",
  waiting: "Connecting",
  lost: "Not connected",
};
// What to say of a condition when the program says no more.
const EXPLANATIONS = {
  running: "",
  silent: "The input has been silent for some seconds.",
  retrying: "The device is gone. It is tried again.",
  stopped: "The run has ended.",
};
const SAY_MS = 6000;

const thousands = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, " ");

class Status {
  #message = ""; // the program's, which stays
  #until = 0; // when what was said by the way makes room for it
  #state = null;
  #devices = [];
  #levels = { in: 0, out: 0 };

  constructor() {
    for (const select of [$("device-in"), $("device-out")]) {
      select.addEventListener("change", () => this.#choose());
      select.addEventListener("pointerdown", () => this.loadDevices());
      select.addEventListener("focus", () => this.loadDevices());
    }
  }

  say(text, isProblem = false) {
    setText($("says"), text);
    $("says").classList.toggle("problem", isProblem);
    this.#until = performance.now() + SAY_MS;
  }

  #condition(name) {
    $("condition").dataset.is = name;
    setText($("condition").querySelector("span"), CONDITIONS[name]);
    document.body.classList.toggle("deaf", name !== "running" && name !== "silent");
  }

  lost(text) {
    this.#condition("lost");
    document.body.classList.add("lost");
    this.say(text, true);
    this.#until = Infinity;
  }

  set(state) {
    if (document.body.classList.contains("lost")) {
      document.body.classList.remove("lost");
      this.say("Connected again.");
    }
    this.#state = state;
    this.#condition(state.condition);
    $("recording").hidden = state.recording === null;
    setText($("recording").querySelector("b"), state.recording ?? "");
    setText($("delay"), state.delay_ms === null ? "–" : `${state.delay_ms.toFixed(1)} ms`);
    setText($("load"), `${Math.round(100 * state.load)} %`);
    $("load").classList.toggle("high", state.load > 0.7);
    setText($("overruns"), thousands(state.overruns));
    $("overruns").classList.toggle("high", state.overruns > 0);
    setText($("dropped"), thousands(state.dropped));
    $("dropped").classList.toggle("high", state.dropped > 0);
    setText($("facts"), [
      `${(state.rate / 1000).toLocaleString("en", { maximumFractionDigits: 2 })} kHz`,
      state.channels === 1 ? "mono" : state.channels === 2 ? "stereo" : `${state.channels} channels`,
      `${state.period} frames`,
      `latency ${state.latency}`,
      `${state.algorithm_ms.toFixed(1)} ms of the delay are the transform's`,
    ].join("  ·  "));
    for (const id of ["learn", "freeze"]) {
      $(id).setAttribute("aria-pressed", id === "learn" ? state.learning : state.frozen);
    }
    $("learn").disabled = state.frozen;
    this.#showDevices();
    this.#showMessage(state.message || EXPLANATIONS[state.condition]);
    for (const way of ["in", "out"]) {
      $(`level-${way}`).setAttribute("aria-valuenow", Math.round(60 * this.#levels[way] - 60));
    }
  }

  #showMessage(message) {
    const isNew = message !== this.#message;
    if (isNew || performance.now() > this.#until) {
      this.#message = message;
      setText($("says"), message);
      $("says").classList.toggle("problem", message !== "" && this.#state.condition !== "running");
    }
  }

  push(frame) {
    for (const way of ["in", "out"]) {
      this.#levels[way] = Math.max(byteToMeter(frame[way]), this.#levels[way] - 0.017);
    }
  }

  draw() {
    for (const way of ["in", "out"]) {
      $(`level-${way}`).firstChild.style.transform = `scaleX(${this.#levels[way].toFixed(4)})`;
    }
  }

  async loadDevices() {
    try {
      this.#devices = await fetchDevices();
      this.#showDevices();
    } catch {
      // The stream tells of a lost connection.
    }
  }

  #showDevices() {
    const names = (way) => this.#devices.filter((d) => d[`${way}puts`] > 0).map((d) => d.name);
    this.#fill($("device-in"), names("in"), this.#state?.in);
    this.#fill($("device-out"), [null, ...names("out")], this.#state?.out);
  }

  // Options are made anew only when they differ, or an open list would close.
  #fill(select, names, chosen) {
    const all = chosen === undefined || names.includes(chosen) ? names : [...names, chosen];
    const key = JSON.stringify(all);
    if (select.dataset.key !== key) {
      select.dataset.key = key;
      select.replaceChildren(...all.map((name) =>
        new Option(name ?? "None, only watch", JSON.stringify(name))));
    }
    if (document.activeElement !== select && chosen !== undefined) {
      select.value = JSON.stringify(chosen);
    }
  }

  async #choose() {
    const problem = await command({
      do: "device",
      in: JSON.parse($("device-in").value),
      out: JSON.parse($("device-out").value),
    });
    this.say(problem || "The devices are changed.", problem !== "");
    this.#showDevices();
  }
}

const status = new Status();
