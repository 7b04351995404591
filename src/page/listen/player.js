// Plays several sound files as one.
//
// Nothing but <audio> may read a file beside a page that was opened from a disk: neither fetch nor
// Web Audio gets its samples. So there is one element a stem. They are started together once each
// has its sound at hand; the longest leads, and the others are led to it.

const CHECK_MS = 100;
const JUMP = 0.08; // seconds off at which an element is put to where it should be
const NEAR = 0.003; // and at which it is left alone; between, its speed is changed a little
const SPEED_RANGE = 0.04;
const PATIENCE_MS = 4000; // for one that does not get its sound

class Player extends EventTarget {
  #audios;
  #failed = new Set();
  #position = 0; // while it does not run
  #running = false; // the elements do play
  #attempt = 0; // counts seeks and starts: one that is overtaken by another gives up

  wanted = false; // the user wants it to play

  constructor(audios) {
    super();
    this.#audios = audios;
    for (const audio of audios) {
      audio.preservesPitch = false; // a change of speed, not a stretch of time
      audio.addEventListener("error", () => this.#fail(audio));
      audio.addEventListener("ended", () => audio === this.#lead() && this.stop());
      // By someone else: a key for media, headphones that were unplugged.
      audio.addEventListener("pause", () => {
        if (this.#running && !audio.ended && audio === this.#lead()) {
          this.pause();
        }
      });
    }
    setInterval(() => this.#keepTogether(), CHECK_MS);
  }

  get time() {
    return this.#running ? this.#lead().currentTime : this.#position;
  }

  // Elements that have a sound.
  get #sound() {
    return this.#audios.filter((a) => !this.#failed.has(a));
  }

  get canPlay() {
    return SECONDS > 0 && this.#sound.length > 0;
  }

  #lead() {
    const length = (a) => a.duration || 0;
    return this.#sound.reduce((best, a) => (length(a) > length(best) ? a : best));
  }

  #fail(audio) {
    this.#failed.add(audio);
    audio.pause();
    if (!this.canPlay) {
      this.wanted = this.#running = false;
    }
    this.dispatchEvent(new CustomEvent("fail", { detail: audio }));
    this.#tell();
  }

  #tell() {
    this.dispatchEvent(new Event("change"));
  }

  play() {
    if (this.canPlay) {
      this.wanted = true;
      this.#begin();
      this.#tell();
    }
  }

  pause() {
    this.#position = this.time;
    this.wanted = this.#running = false;
    this.#attempt++;
    this.#audios.forEach((a) => a.pause());
    this.#tell();
  }

  stop() {
    this.pause();
    this.seek(0);
  }

  toggle() {
    this.wanted ? this.pause() : this.play();
  }

  seek(seconds) {
    this.#position = clamp(seconds, 0, SECONDS);
    this.#running = false;
    if (this.canPlay) {
      this.#begin();
    }
    this.#tell();
  }

  // Puts every element to the position and, when all have their sound there, lets them go.
  async #begin() {
    const attempt = ++this.#attempt;
    this.#running = false;
    const sound = this.#sound;
    for (const audio of sound) {
      audio.pause();
      audio.playbackRate = 1;
      if (Math.abs(audio.currentTime - this.#position) > 1e-4) {
        audio.currentTime = this.#position;
      }
    }
    await Promise.all(sound.map((a) => this.#ready(a)));
    if (attempt !== this.#attempt || !this.wanted || !this.canPlay) {
      return;
    }
    try {
      await Promise.all(this.#sound.filter((a) => !this.#isOver(a)).map((a) => a.play()));
    } catch {
      if (attempt === this.#attempt) {
        this.pause();
      }
      return;
    }
    if (attempt === this.#attempt && this.canPlay) {
      this.#running = true;
      this.#tell();
    }
  }

  // One that is shorter has no more to say here; play() would begin it anew.
  #isOver(audio) {
    return this.#position > 0 && this.#position >= audio.duration;
  }

  // Whether it can go on at once from where it is; given up on after a while.
  #ready(audio) {
    const is = () => audio.readyState >= HTMLMediaElement.HAVE_FUTURE_DATA && !audio.seeking;
    if (is() || this.#isOver(audio)) {
      return undefined;
    }
    return new Promise((resolve) => {
      const stop = new AbortController();
      const look = (event) => {
        if (event === undefined || event.type === "error" || is() || this.#isOver(audio)) {
          stop.abort();
          clearTimeout(timer);
          resolve();
        }
      };
      const timer = setTimeout(look, PATIENCE_MS);
      for (const type of ["seeked", "canplay", "loadedmetadata", "error"]) {
        audio.addEventListener(type, look, { signal: stop.signal });
      }
    });
  }

  #keepTogether() {
    if (!this.#running) {
      return;
    }
    const lead = this.#lead();
    lead.playbackRate = 1;
    for (const audio of this.#sound) {
      if (audio === lead || audio.ended || audio.paused || audio.seeking) {
        continue;
      }
      const off = audio.currentTime - lead.currentTime;
      if (Math.abs(off) > JUMP) {
        audio.playbackRate = 1;
        audio.currentTime = lead.currentTime;
      } else {
        const speed = clamp(1 - 2 * off, 1 - SPEED_RANGE, 1 + SPEED_RANGE);
        audio.playbackRate = Math.abs(off) > NEAR ? speed : 1;
      }
    }
  }
}
