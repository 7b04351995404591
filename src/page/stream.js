// How the page hears from the program and talks to it. The format is told in job/live_message.h.

const token = new URLSearchParams(location.search).get("token") ?? "";
const address = (path) => `${path}?token=${encodeURIComponent(token)}`;

// Sends a command; "" when it is done, else why not.
async function command(body) {
  try {
    const response = await fetch(address("/command"), { method: "POST", body: JSON.stringify(body) });
    const text = await response.text();
    return response.ok ? "" : (JSON.parse(text).error ?? text);
  } catch {
    return "unmingle does not answer";
  }
}

async function fetchDevices() {
  const response = await fetch(address("/devices"));
  return response.ok ? response.json() : [];
}

function parseFrame(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const nBands = bytes[4];
  const nSources = bytes[5];
  const nAtoms = view.getUint16(6, true);
  const end = 12 + nBands + nSources;
  return {
    in: bytes[8],
    out: bytes[9],
    bands: bytes.slice(12, 12 + nBands),
    levels: bytes.slice(12 + nBands, end),
    activations: bytes.slice(end, end + nAtoms),
  };
}

// [{source, bands}], in the order of a frame's activations.
function parseAtoms(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const nAtoms = view.getUint16(4, true);
  const nBands = bytes[6];
  const atoms = [];
  for (let k = 0; k < nAtoms; k++) {
    const at = 8 + k * (1 + nBands);
    atoms.push({ source: bytes[at], bands: bytes.slice(at + 1, at + 1 + nBands) });
  }
  return atoms;
}

const HEAD = 8;
const KINDS = [
  null,
  ["state", (bytes) => JSON.parse(new TextDecoder().decode(bytes))],
  ["frame", parseFrame],
  ["atoms", parseAtoms],
];

// Cuts the stream into messages, which come in pieces of any size.
class Messages {
  #bytes = new Uint8Array(1 << 17);
  #n = 0;

  push(piece, hear) {
    if (this.#n + piece.length > this.#bytes.length) {
      const larger = new Uint8Array(2 * (this.#n + piece.length));
      larger.set(this.#bytes.subarray(0, this.#n));
      this.#bytes = larger;
    }
    this.#bytes.set(piece, this.#n);
    this.#n += piece.length;
    let at = 0;
    while (this.#n - at >= HEAD) {
      const length = new DataView(this.#bytes.buffer, at, HEAD).getUint32(0, true);
      if (this.#n - at - HEAD < length) {
        break;
      }
      const kind = KINDS[this.#bytes[at + 4]];
      if (kind) {
        hear[kind[0]](kind[1](this.#bytes.subarray(at + HEAD, at + HEAD + length)));
      }
      at += HEAD + length;
    }
    this.#bytes.copyWithin(0, at, this.#n);
    this.#n -= at;
  }
}

const SILENCE_MS = 4000; // the state comes once a second
const WAITS_MS = [500, 1000, 2000, 4000];

// What a promise of the network's gives; null when the network fails, or we have given up.
async function attempt(promise) {
  try {
    return await promise;
  } catch {
    return null;
  }
}

// Reads the stream once, to its end. False when we are no longer let in.
async function listenOnce(hear) {
  const stop = new AbortController();
  let watch = 0;
  const alive = () => {
    clearTimeout(watch);
    watch = setTimeout(() => stop.abort(), SILENCE_MS);
  };
  alive();
  const response = await attempt(fetch(address("/stream"), { signal: stop.signal }));
  const reader = response?.ok ? response.body.getReader() : null;
  const messages = new Messages();
  for (let piece; (piece = await attempt(reader?.read())) && !piece.done; ) {
    alive();
    messages.push(piece.value, hear);
  }
  clearTimeout(watch);
  return response?.status !== 403;
}

// Reads it as long as the page is open. `hear` has a function for each kind of message, and lost,
// which gets a text for people.
async function listen(hear) {
  let heard = 0; // when the state came last
  const noting = { ...hear, state: (state) => (heard = performance.now(), hear.state(state)) };
  for (let tries = 0; await listenOnce(noting); tries++) {
    if (performance.now() - heard < SILENCE_MS) {
      tries = 0;
    }
    hear.lost("The connection to unmingle is lost. Trying again.");
    await new Promise((resolve) => setTimeout(resolve, WAITS_MS[Math.min(tries, WAITS_MS.length - 1)]));
  }
  hear.lost("This address is of a run that has ended. Open the one that unmingle printed last.");
}
