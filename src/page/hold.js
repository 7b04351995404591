// The pads: a source is learned while a pad is held down. A short tap latches it, for those who
// have no hand free, and the next tap lets go.

const TAP_MS = 400;

class Pads {
  #pads = [...document.querySelectorAll(".pad")];
  #held = null; // the pad
  #since = 0;
  #latched = false;
  #seconds = 0; // held so far, as the program tells
  #echo = 0; // when the last command was sent

  constructor() {
    for (const pad of this.#pads) {
      pad.addEventListener("pointerdown", (event) => {
        if (event.button === 0) {
          pad.setPointerCapture(event.pointerId);
          this.press(pad);
        }
      });
      for (const name of ["pointerup", "pointercancel"]) {
        pad.addEventListener(name, () => this.release(pad));
      }
      // A click without a pointer: Enter, Space, or a screen reader. It latches.
      pad.addEventListener("click", (event) => {
        if (event.detail === 0) {
          this.press(pad);
          this.release(pad);
        }
      });
      pad.addEventListener("contextmenu", (event) => event.preventDefault());
    }
    $("hold-name").addEventListener("input", () => this.#name());
    $("hold-name").addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !$("hold-named").disabled) {
        $("hold-named").focus();
      }
    });
    addEventListener("blur", () => {
      if (this.#held && !this.#latched) {
        this.#end();
      }
    });
  }

  #name() {
    const pad = $("hold-named");
    pad.dataset.label = $("hold-name").value.trim();
    pad.disabled = !pad.dataset.label && this.#held !== pad;
  }

  forKey(key) {
    return this.#pads.find((pad) => pad.dataset.key === key && !pad.disabled);
  }

  press(pad) {
    if (this.#held === pad) {
      this.#latched = false; // the second tap; its release ends it
      this.#since = -TAP_MS;
      return;
    }
    if (this.#held) {
      this.#end();
    }
    this.#held = pad;
    this.#latched = false;
    this.#since = performance.now();
    this.#send({ do: "hold", label: pad.dataset.label });
    status.say(`Holding ${pad.dataset.label}: let it sound alone.`);
    this.#seconds = 0;
    this.#show();
  }

  release(pad) {
    if (this.#held !== pad || this.#latched) {
      return;
    }
    if (performance.now() - this.#since > TAP_MS) {
      this.#end();
    } else {
      this.#latched = true;
    }
  }

  #end() {
    const label = this.#held.dataset.label;
    this.#held = null;
    this.#send({ do: "release" });
    status.say(`Released ${label} after ${this.#seconds.toFixed(1)} s.`);
    this.#show();
    this.#name();
  }

  #send(body) {
    this.#echo = performance.now();
    sender.send(`${body.do} pad`, body);
  }

  #show() {
    for (const pad of this.#pads) {
      const on = pad === this.#held;
      pad.setAttribute("aria-pressed", on);
      setText(pad.querySelector("kbd"), on ? `${this.#seconds.toFixed(1)} s` : pad.dataset.key.toUpperCase());
    }
    $("hold-name").disabled = this.#held === $("hold-named");
  }

  // The program has the last word: it may refuse a hold, and other pages may hold too.
  set(state) {
    if (performance.now() - this.#echo > ECHO_MS) {
      if (state.hold === null) {
        this.#held = null;
      } else if (this.#held?.dataset.label !== state.hold) {
        this.#held = this.#pads.find((pad) => pad.dataset.label === state.hold) ?? this.#named(state.hold);
        this.#latched = true;
      }
    }
    if (state.hold !== null) {
      this.#seconds = state.held;
    }
    this.#show();
    for (const pad of this.#pads) {
      pad.disabled = state.frozen || !pad.dataset.label;
    }
  }

  #named(label) {
    $("hold-name").value = label;
    this.#name();
    return $("hold-named");
  }
}
