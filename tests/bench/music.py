#!/usr/bin/python3
"""Mixtures of music to measure with, made from recordings of single instruments.

    music.py FOLDER -o OUT [--seed 1]

FOLDER holds CLASS__SOURCE.flac at 44.1 kHz: scales of instruments (bass, epiano, guitar, harp, organ,
piano, strings, synth, wind; see score_music.py), voice, drums (loops), and single strokes of drums
(kick, snare, hat). OUT gets a folder a mixture: mix.flac, a FLAC file a stem, and meta.json. Stems are
of 16 bits and sum to the mixture in every sample. The same seed makes the same mixtures, and a mixture
does not depend on those before it.

Instruments play together in a key, a tempo and chords that are drawn for each mixture: a melody,
chords or broken chords, a bass. A class may sound in a mixture once. Stereo is made in one of three
ways: "panned" (a gain a channel, nothing else), "room" (panned, and a tail of noise that decays
exponentially, of its own for each channel and source) and "allpass" (each channel of each source
through allpass filters of its own, so that even a source alone is nowhere the same in both).
"""

import argparse
import functools
import itertools
import json
import pathlib

import numpy as np
import scipy.signal
import soundfile

import score_music

RATE = 44100
PITCHED = ("epiano", "guitar", "harp", "organ", "piano", "strings", "synth", "wind", "bass")
CHORDS = ("epiano", "guitar", "harp", "organ", "piano", "strings", "synth")
STROKES = ("kick", "snare", "hat")


class Material:
    """The recordings of a folder, by class and source."""

    def __init__(self, folder):
        self.paths = {}
        for path in sorted(pathlib.Path(folder).glob("*__*.flac")):
            kind, source = path.stem.split("__", 1)
            self.paths.setdefault(kind, {})[source] = path

    def read(self, kind, source):
        sound, rate = soundfile.read(self.paths[kind][source], always_2d=True)
        if rate != RATE:
            raise SystemExit(f"{self.paths[kind][source]}: {rate} Hz where 44100 are wanted")
        return sound[:, 0]

    @functools.lru_cache(maxsize=None)
    def instruments(self, kind, source):
        return score_music.instruments(self.read(kind, source))

    def any_of(self, kind, random):
        """A source of this class, by name."""
        return str(random.choice(sorted(self.paths[kind])))


# -- What a stem plays ----------------------------------------------------------------------------

def is_busy(sound):
    """Whether something sounds in most of it."""
    step = RATE // 4
    level = np.sqrt((sound[:len(sound) // step * step].reshape(-1, step) ** 2).mean(axis=1))
    return len(level) > 0 and (level > 0.1 * level.max()).mean() > 0.7 and level.max() > 0.01


def excerpt(sound, length, random):
    """A stretch in which the instrument plays most of the time, faded at its ends."""
    for _ in range(100):
        start = int(random.integers(0, max(1, len(sound) - length)))
        part = sound[start:start + length].copy()
        if is_busy(part):
            break
    return faded(part, RATE // 100)


def faded(sound, length):
    length = min(length, len(sound) // 2)
    ramp = np.linspace(0, 1, length)
    sound[:length] *= ramp
    sound[len(sound) - length:] *= ramp[::-1]
    return sound


def repeated(sound, length):
    return np.tile(sound, -(-length // len(sound)))[:length]


def phrases(sound, length, random):
    """A voice: a stretch of a long recording; a short one twice, the second time a semitone off."""
    if len(sound) >= length:
        return excerpt(sound, length, random)
    line = np.zeros(length)
    again = scipy.signal.resample_poly(sound, *((89, 84) if random.random() < 0.5 else (84, 89)))
    first = sound[:length // 2]
    second = again[:length - length // 2]
    line[:len(first)] = first
    line[length // 2:length // 2 + len(second)] = second
    return line


def pattern(kind, random):
    """How loud each of 16 steps is, 0 for no stroke."""
    if kind == "kick":
        chance = np.tile([0.9, 0.1, 0.3, 0.1], 4)
        chance[0] = 1
    elif kind == "snare":
        chance = np.full(16, 0.08)
        chance[[4, 12]] = 1
    else:
        chance = np.tile([1, 0.0, 1, 0.0] if random.random() < 0.5 else [0.95, 0.6, 0.95, 0.6], 4)
    return (random.random(16) < chance) * random.uniform(0.5, 1, 16)


def alike(strokes, i):
    """Up to three in a row that are one way to strike the drum: those as bright as the first."""
    bins = [np.abs(np.fft.rfft(stroke, RATE)) for stroke in strokes[i:i + 3]]
    centres = np.array([power @ np.arange(len(power)) / power.sum() for power in bins])
    return [stroke for stroke, centre in zip(strokes[i:], centres)
            if abs(centre / centres[0] - 1) < 0.08]


def played(strokes, kind, length, step, random):
    """Two patterns in turn; a stroke ends where the next of the same drum begins."""
    chosen = alike(strokes, int(random.integers(len(strokes))))
    steps = np.concatenate([pattern(kind, random), pattern(kind, random)])
    onsets = [(round(i * step), steps[i % 32]) for i in range(int(length / step)) if steps[i % 32]]
    track = np.zeros(length)
    for (start, gain), end in zip(onsets, [onset for onset, _ in onsets[1:]] + [length]):
        stroke = chosen[int(random.integers(len(chosen)))][:end - start].copy()
        stroke[len(stroke) - min(len(stroke), 200):] *= np.linspace(1, 0, min(len(stroke), 200))
        track[start:start + len(stroke)] += gain * stroke / np.abs(stroke).max()
    return track


def kits(material):
    """Which files of each drum are of one kit; those of many small files count as one."""
    table = {}
    for kind in STROKES:
        for source in material.paths[kind]:
            kit = source.split("_")[0] if source.startswith("sonicpi") else source
            table.setdefault(kit, {}).setdefault(kind, []).append(source)
    return {kit: drums for kit, drums in sorted(table.items()) if len(drums) == len(STROKES)}


def level(sound, decibels):
    """With this root mean square."""
    return sound / np.sqrt((sound ** 2).mean()) * 10 ** (decibels / 20)


def strokes_of(path):
    """The strokes of a file, each from its onset on."""
    sound, rate = soundfile.read(path, always_2d=True)
    assert rate == RATE, path
    sound = sound[:, 0]
    step = RATE // 100
    power = np.mean(sound[:len(sound) // step * step].reshape(-1, step) ** 2, axis=1) + 1e-10
    starts = []
    for i, value in enumerate(power):
        before = np.mean(power[max(0, i - 5):i]) if i > 0 else 1e-10
        apart = not starts or i - starts[-1] > 15
        if value > 1e-3 * power.max() and value > 8 * before and apart:
            starts.append(i)
    starts = starts or [0]
    for start, end in zip(starts, starts[1:] + [None]):
        stroke = sound[max(0, start - 1) * step:None if end is None else (end - 1) * step]
        peak = np.abs(stroke).max() if len(stroke) >= 1000 else 0
        if peak >= 1e-3:
            yield stroke[np.argmax(np.abs(stroke) > 0.05 * peak):]


def drum_kit(material, kit, length, random):
    """Kick, snare and hat at a tempo from 80 to 150, the hat softest."""
    step = RATE * 60 / random.uniform(80, 150) / 4
    stems = {}
    for kind in STROKES:
        source = str(random.choice(kits(material)[kit][kind]))
        strokes = list(strokes_of(material.paths[kind][source]))
        lower = random.uniform(*{"kick": (0, 0), "snare": (0, 6), "hat": (5, 13)}[kind])  # dB
        stems[kind] = level(played(strokes, kind, length, step, random), -lower)
    return stems


# -- Where a stem is ------------------------------------------------------------------------------

def panned(sound, angle):
    """Equal power; -1 left, 1 right."""
    theta = (angle + 1) * np.pi / 4
    return sound[:, None] * [np.cos(theta), np.sin(theta)]


def in_room(sound, angle, random):
    """Dry sound where it is, and a tail that is not the same on both sides."""
    decay = random.uniform(0.25, 0.8)  # seconds to -60 dB
    time = np.arange(int(decay * RATE)) / RATE
    tail = random.standard_normal((len(time), 2)) * 10 ** (-3 * time / decay)[:, None]
    tail = scipy.signal.lfilter([0.4], [1, -0.6], tail, axis=0)
    tail *= 10 ** (random.uniform(-9, -2) / 20) / np.sqrt((tail ** 2).sum(axis=0).mean())
    late = int(0.008 * RATE)
    wet = scipy.signal.fftconvolve(sound[:, None], tail, axes=0)[:len(sound) - late]
    place = panned(sound, angle)
    place[late:] += wet
    return place


def through_allpasses(sound, angle, random):
    """Four allpass filters in a row with delays of 1 to 12 ms, others on each side."""
    place = panned(sound, 0.5 * angle)
    for channel in range(2):
        for _ in range(4):
            delay, g = int(random.uniform(0.001, 0.012) * RATE), random.uniform(0.3, 0.6)
            feedback = np.concatenate([[1], np.zeros(delay - 1), [g]])
            place[:, channel] = scipy.signal.lfilter(feedback[::-1], feedback, place[:, channel])
    return place


def placed(stems, place, random):
    """The same stems with one channel or two."""
    if place == "mono":
        return {name: sound[:, None] for name, sound in stems.items()}
    angles = np.linspace(-0.8, 0.8, len(stems)) + random.uniform(-0.15, 0.15, len(stems))
    angles = dict(zip(random.permutation(list(stems)), angles))
    ways = {"panned": lambda sound, angle, _: panned(sound, angle), "room": in_room,
            "allpass": through_allpasses}
    return {name: ways[place](sound, angles[name], random) for name, sound in stems.items()}


# -- Mixtures: each gives stems by name, and more for meta.json -----------------------------------

def band(material, score, names, random, first="melody"):
    """What these instruments play, by name, and which they were, and as what. The first plays
    `first`, the others chords."""
    used, stems = {}, {}
    for name in names:
        role = ("bass" if name == "bass" else first if not stems else
                str(random.choice(["chords", "arpeggio"])))
        source = material.any_of(name, random)
        choice = material.instruments(name, source)
        number = int(random.integers(len(choice)))
        stems[name] = score.play(role, choice[number])
        used[name] = f"{source}/{number} {role}"
    return stems, used


def pitched(material, length, random, n):
    """Different instruments together."""
    names = [str(name) for name in random.permutation(PITCHED)[:n]]
    stems, used = band(material, score_music.Score(length, random), names, random)
    return stems, {"sources": used}


def loop(material, length, random, kit):
    return drum_kit(material, kit, length, random), {"kit": kit}


def song(material, length, random, voice, n):
    """A voice over n instruments that repeat one or two bars, 2 to 4 s."""
    used = {"voice": voice}
    stems = {"voice": phrases(material.read("voice", voice), length, random)}
    score = score_music.Score(length, random)
    score.turn(1 + int(4 * score.beat < 1.9 * RATE))
    names = [str(random.choice(CHORDS)), "bass"][:n]
    more, what = band(material, score, names, random, str(random.choice(["chords", "arpeggio"])))
    stems, used = stems | more, used | what
    kit = {}
    if n > 2:
        used["drums"] = material.any_of("drums", random)
        turn = int(4 * score.beat * score.n_bars)
        sound = material.read("drums", used["drums"])
        bars = excerpt(repeated(sound, max(len(sound), turn)), turn, random)
        stems["drums"] = repeated(bars, length)
        kit = {"kit": used["drums"]} if used["drums"] in kits(material) else {}
    return stems, {"sources": used, "turn": round(4 * score.beat * score.n_bars / RATE, 2)} | kit


def voice_over(material, length, random, voice):
    """A voice over an instrument that does not repeat."""
    stems, used = band(material, score_music.Score(length, random),
                       [str(random.choice(["piano", "guitar", "harp"]))], random,
                       str(random.choice(["melody", "chords", "arpeggio"])))
    return (stems | {"voice": phrases(material.read("voice", voice), length, random)},
            {"sources": used | {"voice": voice}})


def with_drums(material, length, random, kit):
    """An instrument and drums: a loop, or with `kit` strokes of it."""
    stems, used = band(material, score_music.Score(length, random),
                       [str(random.choice(["guitar", "synth", "epiano", "strings"]))], random,
                       str(random.choice(["melody", "chords", "arpeggio"])))
    if kit is None:
        loops = sorted(set(material.paths["drums"]) - set(kits(material)))
        used["drums"] = str(random.choice(loops))
        sound = material.read("drums", used["drums"])
        stems["drums"] = (excerpt(sound, length, random) if len(sound) > length
                          else repeated(sound, length))
    else:
        used["drums"] = kit
        stems["drums"] = sum(drum_kit(material, kit, length, random).values())
    return stems, {"sources": used} | ({"kit": kit} if kit else {})


def plan(material):
    """Kind, place, function and its argument of every mixture."""
    for n in (2, 3, 4):
        for place in ("mono", "panned", "room", "allpass"):
            kind = "duo" if (n, place) == (2, "panned") else "pitched"
            yield kind, place, pitched, {"n": n}
    for i, kit in enumerate(kits(material)):
        yield "drums", ("mono", "room", "panned", "mono")[i % 4], loop, {"kit": kit}
    voices = itertools.cycle(sorted(material.paths["voice"]))
    for place in ("mono", "panned", "room"):
        for n in (1, 2, 3):
            yield "song", place, song, {"voice": next(voices), "n": n}
    for place in ("mono", "room", "allpass"):
        yield "voice", place, voice_over, {"voice": next(voices)}
    for i, place in enumerate(("mono", "panned", "room", "allpass", "mono", "room")):
        usable = list(kits(material))
        kit = usable[i % len(usable)] if i % 2 else None
        kind = "duo" if place == "panned" else "hpss"
        yield kind, place, with_drums, {"kit": kit}


def make(material, number, kind, place, function, given, seed):
    """Stems of 16 bits by name, and what is to be known of them."""
    random = np.random.default_rng([seed, number])
    length = int(random.uniform(8, 12) * RATE)
    stems, facts = function(material, length, random, **given)
    if kind != "drums":
        stems = {name: level(sound, random.uniform(-4, 4)) for name, sound in stems.items()}
    stems = placed(stems, place, random)
    peak = np.abs(sum(stems.values())).max()
    stems = {name: np.round(0.8 * 32767 / peak * sound).astype(int)
             for name, sound in stems.items()}
    facts = {"kind": kind, "place": place, **facts, "stems": list(stems),
             "dur": length / RATE, "channels": 1 if place == "mono" else 2, "seed": seed}
    return stems, facts


def write(folder, stems, facts):
    folder.mkdir(parents=True)
    for name, sound in (stems | {"mix": sum(stems.values())}).items():
        if np.abs(sound).max() > 32767:
            raise SystemExit(f"{folder}: {name} is too loud for 16 bits")
        soundfile.write(folder / f"{name}.flac", sound.astype(np.int16), RATE, "PCM_16")
    (folder / "meta.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("-o", "--output", type=pathlib.Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    material = Material(arguments.folder)
    for number, (kind, place, function, given) in enumerate(plan(material), 1):
        stems, facts = make(material, number, kind, place, function, given, arguments.seed)
        name = f"m{number:02}_{function.__name__}{given.get('n', '')}_{place}"
        write(arguments.output / name, stems, facts)
        print(f"{name:24} {facts['dur']:5.1f} s  " + ", ".join(
            f"{stem} {facts.get('sources', {}).get(stem, facts.get('kit', ''))}" for stem in stems))


if __name__ == "__main__":
    main()
