// Puts the page together: what is played, what is shown, what keys and pointers do.

const SEEK_STEP = 5; // seconds
const PLAY_SHAPE = "M8 5v14l11-7z";
const PAUSE_SHAPE = "M7 5h4v14H7zM14 5h4v14h-4z";

const theme = new Theme();
const stems = data.stems.map((stem, i) => new Stem(stem, i, update));
const player = new Player(stems.map((s) => s.audio));
const loudest = Math.max(0, ...data.stems.map((s) => s.peak));
const ruler = $("ruler");

// -- What is shown ------------------------------------------------------------------------------

function tellFacts() {
  const { sample_rate: rate, channels } = data.format;
  const places = { 1: "mono", 2: "stereo" };
  document.title = `${data.recording} – stems`;
  setText($("recording"), data.recording);
  setText($("facts"), [
    stems.length === 1 ? "1 stem" : `${stems.length} stems`,
    clockText(SECONDS, 1), `${rate / 1000} kHz`, places[channels] ?? `${channels} channels`, FORMAT,
    data.null_exact ? "they add up to the recording exactly"
                    : `they add up to the recording but for ${data.null_db.toFixed(0).replace("-", "−")} dB`,
  ].join(" · "));
  setText($("length"), `/ ${clockText(SECONDS, 1)}`);
  setText($("program"), data.program);
  $("picture").alt = `Spectra of the atoms of ${data.stems.map((s) => s.label).join(", ")}, and when each of them sounds`;
  $("stage").style.setProperty("--from", data.from);
  $("stage").style.setProperty("--to", data.to);
  ruler.setAttribute("aria-valuemax", SECONDS.toFixed(1));
}

function drawWaves() {
  stems.forEach((s, i) => s.draw(theme.colours, i, loudest));
}

function drawAll() {
  drawRuler(ruler.querySelector("canvas"), theme.colours);
  drawWaves();
}

// After another choice of what is heard.
function update() {
  const anySolo = stems.some((s) => s.solo);
  stems.forEach((s) => s.show(anySolo));
  $("all").disabled = !stems.some((s) => s.solo || s.mute);
  drawWaves();
}

function showTime() {
  const time = Math.min(player.time, SECONDS);
  $("stage").style.setProperty("--at", SECONDS > 0 ? time / SECONDS : 0);
  setText($("clock"), clockText(time, 1));
  const whole = String(Math.round(time));
  if (ruler.getAttribute("aria-valuenow") !== whole) {
    ruler.setAttribute("aria-valuenow", whole);
    ruler.setAttribute("aria-valuetext", spokenTime(time));
  }
}

function showState() {
  $("play").disabled = !player.canPlay;
  $("play").setAttribute("aria-label", player.wanted ? "Pause" : "Play");
  $("play-shape").setAttribute("d", player.wanted ? PAUSE_SHAPE : PLAY_SHAPE);
  showTime();
}

function showProblem() {
  const text = SECONDS === 0 ? "The recording is empty: there is nothing to play."
    : player.canPlay ? "" : "None of the stems can be played here.";
  $("problem").hidden = text === "";
  setText($("problem"), text);
}

let drawing = false;
function follow() {
  drawing = player.wanted;
  showTime();
  if (drawing) {
    requestAnimationFrame(follow);
  }
}

player.addEventListener("change", () => {
  showState();
  if (player.wanted && !drawing) {
    follow();
  }
});
player.addEventListener("fail", (event) => {
  stems.find((s) => s.audio === event.detail).fail();
  showProblem();
  drawWaves();
});
theme.addEventListener("change", drawAll);
new ResizeObserver(drawAll).observe($("stage"));

// -- What pointers do ---------------------------------------------------------------------------

$("play").addEventListener("click", () => player.toggle());
$("all").addEventListener("click", hearAll);

function hearAll() {
  stems.forEach((s) => (s.solo = s.mute = false));
  update();
}

// Of those that lie on the axis of time: to where the pointer is, and along with it.
for (const area of document.querySelectorAll("#stage .time")) {
  const go = (event) => {
    const box = area.getBoundingClientRect();
    player.seek(clamp((event.clientX - box.left) / box.width, 0, 1) * SECONDS);
  };
  area.addEventListener("pointerdown", (event) => {
    if (event.button === 0) {
      area.setPointerCapture(event.pointerId);
      go(event);
    }
  });
  area.addEventListener("pointermove", (event) => {
    if (area.hasPointerCapture(event.pointerId)) {
      go(event);
    }
  });
}

// A click leaves the keys to the page: Space plays, it does not press the button again.
document.addEventListener("click", (event) => {
  if (event.detail > 0) {
    event.target.closest("button")?.blur();
  }
});

// -- What keys do -------------------------------------------------------------------------------

const KEYS = {
  " ": () => player.toggle(),
  ArrowLeft: () => player.seek(player.time - SEEK_STEP),
  ArrowRight: () => player.seek(player.time + SEEK_STEP),
  Home: () => player.seek(0),
  End: () => player.seek(SECONDS),
};

// What the element with the focus does with a key itself.
function isTaken(key, element) {
  return element.closest("button") ? key === " "
    : element.matches("input") && key !== " " && !/^\d$/.test(key);
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || isTaken(event.key, event.target)) {
    return;
  }
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(event.code)?.[1];
  const stem = stems[Number(digit) - 1];
  const action = digit === "0" ? hearAll
    : stem ? () => stem.toggle(event.shiftKey ? "mute" : "solo")
    : KEYS[event.key];
  if (action !== undefined) {
    event.preventDefault();
    if (!event.repeat || event.key.startsWith("Arrow")) {
      action();
    }
  }
});

if ("mediaSession" in navigator) {
  navigator.mediaSession.setActionHandler("play", () => player.play());
  navigator.mediaSession.setActionHandler("pause", () => player.pause());
}

tellFacts();
theme.apply();
update();
showState();
showProblem();
drawAll();
