"""STOI and ESTOI of `unmingle score` against a computation straight from the papers' definitions.

usage: check_stoi.py UNMINGLE

Made sound that comes and goes as speech does is scored by the program and by numpy: at 10 kHz, where
nothing is resampled, figures must agree to all six decimals of the program's JSON, at other rates,
where numpy has a filter of its own, to 1e-5.

Published values, both of pystoi, whose own tests hold it to the authors' Matlab program within 1e-3:
the documentation of torchmetrics computes short_time_objective_intelligibility(preds, target, 8000)
of randn(8000) and another randn(8000), drawn in this order by PyTorch, and prints -0.0100 after
torch.manual_seed(1) (up to version 1.0) and -0.084... after torch.manual_seed(42) (later versions;
the seed is set by their src/conftest.py). No value of ESTOI on sound that a formula makes was found.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import scipy.signal
import soundfile

RATE = 10000
FRAME, HOP, FFT_SIZE, N_BANDS, SEGMENT = 256, 128, 512, 15, 30
PUBLISHED = [(1, -0.0100, 5e-5), (42, -0.084, 1e-3)]  # seed, STOI, the digits that are printed


# -- The definition ------------------------------------------------------------------------------

def cut(sound):
    """Windowed frames, one a row. Matlab's loop leaves out a frame that ends on the last sample."""
    window = np.hanning(FRAME + 2)[1:-1]
    starts = np.arange(0, len(sound) - FRAME, HOP)
    return sound[starts[:, None] + np.arange(FRAME)] * window


def overlap_add(frames):
    sound = np.zeros(HOP * (len(frames) - 1) + FRAME)
    for i, frame in enumerate(frames):
        sound[HOP * i:HOP * i + FRAME] += frame
    return sound


def third_octaves(sound):
    """Norms of the spectrum, bands x frames; an edge of a band is the bin nearest to it."""
    power = np.square(np.abs(np.fft.rfft(cut(sound), FFT_SIZE)))
    bins = np.arange(FFT_SIZE // 2 + 1) * RATE / FFT_SIZE
    nearest = lambda hz: np.argmin(np.abs(bins - hz))
    centres = 150 * 2 ** (np.arange(N_BANDS) / 3)
    return np.sqrt([power[:, nearest(c / 2 ** (1 / 6)):nearest(c * 2 ** (1 / 6))].sum(axis=1)
                    for c in centres])


def correlations(a, b, axis):
    """Pearson's, of all rows or columns; 0 where one is constant."""
    a = a - a.mean(axis=axis, keepdims=True)
    b = b - b.mean(axis=axis, keepdims=True)
    norms = np.sqrt(np.square(a).sum(axis=axis) * np.square(b).sum(axis=axis))
    products = (a * b).sum(axis=axis)
    return np.divide(products, norms, out=np.zeros_like(products), where=norms > 0)


def standardise(rows):
    rows = rows - rows.mean(axis=-1, keepdims=True)
    norms = np.linalg.norm(rows, axis=-1, keepdims=True)
    return np.divide(rows, norms, out=np.zeros_like(rows), where=norms > 0)


def segments(bands):
    """Segments x bands x frames."""
    return np.moveaxis(np.lib.stride_tricks.sliding_window_view(bands, SEGMENT, axis=1), 1, 0)


def stoi_and_estoi(clean, processed):
    """Of sound at RATE; None when there is no segment."""
    frames, processed_frames = cut(clean), cut(processed)
    energies = np.square(frames).sum(axis=1)
    loud = energies > energies.max(initial=0) / 1e4
    if loud.sum() < SEGMENT + 1:
        return None
    x = segments(third_octaves(overlap_add(frames[loud])))
    y = segments(third_octaves(overlap_add(processed_frames[loud])))
    norm_x, norm_y = (np.linalg.norm(v, axis=-1, keepdims=True) for v in (x, y))
    level = np.divide(norm_x, norm_y, out=np.zeros_like(norm_x), where=norm_y > 0)
    stoi = correlations(x, np.minimum(level * y, (1 + 10 ** (15 / 20)) * x), -1)
    estoi = correlations(standardise(x), standardise(y), -2)
    return stoi.mean(), estoi.mean()


# -- Resampling ----------------------------------------------------------------------------------

def resample(sound, rate):
    """A long filter between 0.913 and 1 of the lower Nyquist frequency, 140 dB down."""
    up, down = RATE // np.gcd(RATE, rate), rate // np.gcd(RATE, rate)
    width = 0.087 / max(up, down)
    n_taps, beta = scipy.signal.kaiserord(140, width)
    taps = scipy.signal.firwin(n_taps | 1, 0.9565 / max(up, down), window=("kaiser", beta))
    return scipy.signal.resample_poly(sound, up, down, window=taps)


def resample_as_octave(sound, rate):
    """The filter of Octave's `resample`, which pystoi has: 60 dB down, and wider."""
    up, down = RATE // np.gcd(RATE, rate), rate // np.gcd(RATE, rate)
    cutoff = 1 / (2 * max(up, down))
    half = int(np.ceil((60 - 8) / (28.714 * cutoff / 10)))
    times = np.arange(-half, half + 1)
    taps = np.sinc(2 * cutoff * times) * np.kaiser(2 * half + 1, scipy.signal.kaiser_beta(60))
    return scipy.signal.resample_poly(sound, up, down, window=taps / taps.sum())


# -- Sound ---------------------------------------------------------------------------------------

def as_stored(sound):
    return sound.astype("float32").astype(float)


def make_speech(seed, rate, n_channels, seconds=4, noise=0.02):
    """Syllables of coloured noise with pauses; the processed one is noisy, rings and has lost
    everything quiet. Frames x channels."""
    random = np.random.default_rng(seed)
    n = int(rate * seconds)
    time = np.arange(n) / rate
    clean = np.zeros(n)
    for centre in (200, 500, 900, 1600, 2600, 3700):
        band = scipy.signal.butter(2, [0.8 * centre, 1.2 * centre], "band", fs=rate, output="sos")
        swing = np.maximum(0, np.sin(2 * np.pi * random.uniform(2, 6) * time + random.uniform(0, 6)))
        clean += swing * scipy.signal.sosfilt(band, random.standard_normal(n))
    clean *= 0.1 * (np.sin(2 * np.pi * 0.7 * time) > -0.5)  # pauses of digital silence
    processed = clean + 0.3 * np.roll(clean, rate // 50) + noise * random.standard_normal(n)
    processed[np.abs(processed) < 0.01] = 0
    gains = random.uniform(0.2, 1, n_channels)
    spread = lambda mono: as_stored(mono[:, None] * gains
                                    + 0.005 * random.standard_normal((n, n_channels)))
    return spread(clean), spread(processed)


def torch_randn(seed, n_vectors, n):
    """What torch.randn gives on a CPU: Mersenne Twister, 24 bits a uniform number, and Box-Muller
    on eights of the first and second half of every 16."""
    uniform = np.random.RandomState(seed).randint(0, 2 ** 32, n_vectors * n, dtype=np.uint32)
    uniform = ((uniform & 0xFFFFFF) / 2 ** 24).astype("float32").reshape(-1, 2, 8)
    radius = np.sqrt(-2 * np.log(1 - uniform[:, 0]))
    angle = np.float32(2 * np.pi) * uniform[:, 1]
    normal = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    return as_stored(normal.reshape(n_vectors, n))


# -- The program ---------------------------------------------------------------------------------

def score(program, sounds, rate, *options):
    """Runs the program on {name: (clean, processed)}."""
    with tempfile.TemporaryDirectory() as folder:
        for i, place in enumerate(("true", "judged")):
            (pathlib.Path(folder) / place).mkdir()
            for name, pair in sounds.items():
                soundfile.write(f"{folder}/{place}/{name}.wav", pair[i].astype("float32"), rate,
                                subtype="FLOAT")
        return subprocess.run(
            [program, "score", "--reference", f"{folder}/true", "--estimate", f"{folder}/judged",
             *options], capture_output=True, text=True, check=True)


def figures_of(program, clean, processed, rate):
    found = json.loads(score(program, {"a": (clean, processed)}, rate, "--json").stdout)["a"]
    return found["STOI"], found["ESTOI"]


def compare(where, found, expected, within):
    if None in found or not np.allclose(found, expected, rtol=0, atol=within):
        yield f"{where}: STOI, ESTOI {found}, expected {expected}"


def check_made_sound(program):
    for n_channels in (1, 2, 3):
        for noise in (0, 0.02, 0.3):
            clean, processed = make_speech(n_channels, RATE, n_channels, noise=noise)
            expected = stoi_and_estoi(as_stored(clean.mean(axis=1)),
                                      as_stored(processed.mean(axis=1)))
            yield from compare(f"10 kHz, {n_channels} channels, noise {noise}",
                               figures_of(program, clean, processed, RATE), expected, 1e-6)
    for rate in (11025, 16000, 22050, 44100, 48000):
        clean, processed = make_speech(rate, rate, 2)
        expected = stoi_and_estoi(resample(clean.mean(axis=1), rate),
                                  resample(processed.mean(axis=1), rate))
        yield from compare(f"{rate} Hz", figures_of(program, clean, processed, rate), expected, 1e-5)


def check_published(program):
    for seed, published, within in PUBLISHED:
        processed, clean = torch_randn(seed, 2, 8000)
        as_published, _ = stoi_and_estoi(resample_as_octave(clean, 8000),
                                         resample_as_octave(processed, 8000))
        if not abs(as_published - published) < within:
            yield f"seed {seed}: numpy has STOI {as_published}, published is {published}"
        # White noise at 8 kHz is the worst case for filters: it ends inside the highest band, of
        # which Octave's filter takes more. The program is 0.005 from the second value.
        found = figures_of(program, 0.1 * clean, 0.1 * processed, 8000)
        expected = stoi_and_estoi(resample(clean, 8000), resample(processed, 8000))
        yield from compare(f"seed {seed}", found, expected, 1e-3)
        if not abs(found[0] - published) < 0.01:
            yield f"seed {seed}: STOI {found[0]}, published is {published}"


def check_what_has_no_figures(program):
    """Null, a bar and a note; the mean is of the others."""
    clean, processed = (sound[:, 0] for sound in make_speech(1, RATE, 1))
    sounds = {"silent": (0 * clean, processed), "speech": (clean, processed),
              "mute": (clean, 0 * processed)}
    answer = score(program, sounds, RATE)
    words = {row.split()[0]: row.split()[-2:] for row in answer.stdout.splitlines()}
    expected = stoi_and_estoi(clean, processed)
    wanted = {"silent": ["-", "-"], "mute": ["0.000", "0.000"],
              "speech": [f"{figure:.3f}" for figure in expected],
              "mean": [f"{figure / 2:.3f}" for figure in expected]}
    for name, row in wanted.items():
        if words[name] != row:
            yield f"table: {name}: {words[name]}, expected {row}"
    if "silent.wav: silent" not in answer.stderr:
        yield f"nothing was said of silence: {answer.stderr}"
    found = json.loads(score(program, sounds, RATE, "--json").stdout)
    if found["silent"]["STOI"] is not None or found["silent"]["ESTOI"] is not None:
        yield f"JSON: silence has {found['silent']}"

    short = {"short": (clean[:4000], processed[:4000])}
    answer = score(program, short, RATE)
    if answer.stdout.splitlines()[-1].split()[-2:] != ["-", "-"]:
        yield f"table: short sound has a mean: {answer.stdout}"
    if "short.wav: no STOI and ESTOI" not in answer.stderr:
        yield f"nothing was said of short sound: {answer.stderr}"


def main():
    program = sys.argv[1]
    problems = [*check_made_sound(program), *check_published(program),
                *check_what_has_no_figures(program)]
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
