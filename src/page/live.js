// The page of `unmingle live`: puts the parts together.

const spectrogram = new Spectrogram();
const atoms = new Atoms();
const mixer = new Mixer();
const pads = new Pads();
const colours = new Colours();
const parts = [spectrogram, atoms, mixer, status];

// A page in the background is not drawn; what it missed is forgotten but for the last seconds.
const WAITING_MAX = 400;
let waiting = [];

function draw() {
  const frames = waiting;
  waiting = [];
  for (const frame of frames) {
    parts.forEach((part) => part.push(frame));
  }
  parts.forEach((part) => part.draw());
  requestAnimationFrame(draw);
}
requestAnimationFrame(draw);

listen({
  state(state) {
    const shades = colours.update(state.sources);
    status.set(state);
    spectrogram.setBands(state.bands);
    mixer.set(state.sources, shades);
    atoms.setSources(state.sources, shades);
    pads.set(state);
  },
  frame(frame) {
    waiting.push(frame);
    if (waiting.length > WAITING_MAX) {
      waiting.splice(0, waiting.length - WAITING_MAX);
    }
  },
  atoms: (all) => atoms.setAtoms(all),
  lost: (text) => status.lost(text),
});
status.loadDevices();

// -- Buttons ------------------------------------------------------------------------------------

async function toggle(what, on, off) {
  const value = $(what).getAttribute("aria-pressed") !== "true";
  $(what).setAttribute("aria-pressed", value);
  const problem = await command({ do: what, value });
  status.say(problem || (value ? on : off), problem !== "");
}
const toggleLearn = () => toggle("learn", "Learning from what is heard.", "No longer learning.");
const toggleFreeze = () => toggle("freeze", "Frozen: nothing is learned.", "No longer frozen.");

function openSave() {
  $("save-problem").textContent = "";
  $("save-dialog").showModal();
  $("save-name").select();
}

async function save(event) {
  event.preventDefault();
  const name = $("save-name").value.trim();
  const problem = await command({ do: "save", name });
  $("save-problem").textContent = problem;
  if (!problem) {
    $("save-dialog").close();
    status.say(`Saved as ${name}.`);
  }
}

$("learn").addEventListener("click", toggleLearn);
$("freeze").addEventListener("click", toggleFreeze);
$("save").addEventListener("click", openSave);
$("save-form").addEventListener("submit", save);
$("save-cancel").addEventListener("click", () => $("save-dialog").close());
$("keys-button").addEventListener("click", () => $("keys-dialog").showModal());
$("keys-close").addEventListener("click", () => $("keys-dialog").close());

// -- Keys ---------------------------------------------------------------------------------------

const KEYS = { l: toggleLearn, f: toggleFreeze, s: openSave, "?": () => $("keys-dialog").showModal() };
const pressed = new Map(); // pads by the code of the key that is down

// Typing is not playing.
const isTyping = (target) => target.matches("input:not([type=range], [type=checkbox]), select");

function keyDown(event) {
  if (event.ctrlKey || event.altKey || event.metaKey || event.repeat || !$("keys-on").checked ||
      isTyping(event.target) || document.querySelector("dialog[open]")) {
    return;
  }
  const digit = /^Digit([1-8])$/.exec(event.code);
  const key = event.key.toLowerCase();
  const pad = pads.forKey(key);
  const strip = digit && mixer.strips[digit[1] - 1];
  if (strip) {
    status.say(strip.toggle(event.shiftKey ? "solo" : "mute"));
  } else if (pad) {
    pressed.set(event.code, pad);
    pads.press(pad);
  } else if (KEYS[key]) {
    KEYS[key]();
  } else {
    return;
  }
  event.preventDefault();
}

addEventListener("keydown", keyDown);
addEventListener("keyup", (event) => {
  const pad = pressed.get(event.code);
  if (pad) {
    pressed.delete(event.code);
    pads.release(pad);
  }
});
