// What the program tells of the separation, and what all parts of the page use.

const $ = (id) => document.getElementById(id);
const data = JSON.parse($("data").textContent);
const SECONDS = data.frames / data.format.sample_rate;

// Only what differs: assigning a text anew costs a layout, and screen readers read it again.
function setText(element, text) {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

// 1:02.5, 1:00:02.5; `digits` after the point.
function clockText(seconds, digits) {
  const unit = 10 ** digits;
  const whole = Math.floor(seconds * unit + 1e-6);
  const s = Math.floor(whole / unit);
  const two = (n) => String(n).padStart(2, "0");
  const hours = Math.floor(s / 3600);
  const minutes = Math.floor(s / 60) % 60;
  const begin = hours > 0 ? `${hours}:${two(minutes)}` : String(minutes);
  const end = digits > 0 ? `.${String(whole % unit).padStart(digits, "0")}` : "";
  return `${begin}:${two(s % 60)}${end}`;
}

// For those who hear it read out.
function spokenTime(seconds) {
  const s = Math.round(seconds);
  const minutes = Math.floor(s / 60);
  return minutes > 0 ? `${minutes} min ${s % 60} s` : `${s} s`;
}
