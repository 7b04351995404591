"""Small scores, and recordings of scales cut into notes that play them.

A recording of an instrument holds scales of single notes, each at least 0.2 s long, rising; where the
pitch falls by more than an octave another instrument of its class begins. Pitches are MIDI numbers.
"""

import numpy as np
import scipy.signal

RATE = 44100
LOWEST, HIGHEST = 24, 96
MODES = ((0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10))
HOP = RATE // 20


def pitch_track(sound):
    """A pitch every 1/20 s, 0 for silence: where the first six harmonics are strongest together."""
    size = 1 << 15
    numbers = np.arange(LOWEST, HIGHEST + 1)
    hertz = 440 * 2 ** ((numbers - 69) / 12)
    bins = np.round(hertz[:, None] * np.arange(1, 7) * size / RATE).astype(int)
    window = np.hanning(4 * HOP)
    track = []
    for start in range(0, len(sound) - len(window), HOP):
        frame = sound[start:start + len(window)]
        loud = np.sqrt((frame ** 2).mean()) > 0.005
        power = np.abs(np.fft.rfft(frame * window, size))
        total = np.log(power[np.minimum(bins, size // 2)] + 1e-3).sum(axis=1)
        track.append(int(numbers[np.argmax(total)]) if loud else 0)
    return track


def onset(sound, start):
    """Where in the 0.25 s from `start` on most begins to sound."""
    frames = np.lib.stride_tricks.sliding_window_view(sound[start:start + 5 * HOP], 1024)[::256]
    power = np.abs(np.fft.rfft(frames * np.hanning(1024), axis=1))
    return start + 256 * int(np.argmax(np.maximum(np.diff(power, axis=0), 0).sum(axis=1))) + 512


def instruments(sound):
    """Lists of (pitch, sound of the note) in the order of the recording."""
    track = pitch_track(sound) + [0]
    found, start, last = [[]], 0, 0
    for i in range(1, len(track)):
        if track[i] == track[start]:
            continue
        if track[start] and i - start >= 4:  # the window spans four of them
            if track[start] < last - 12 and len(found[-1]) >= 8:
                found.append([])
            last = track[start]
            # Where the pitch changes, the next note has come to the middle of the window.
            found[-1].append((last, sound[onset(sound, start * HOP):(i + 1) * HOP]))
        start = i
    return [notes for notes in found if len(notes) >= 8]


class Score:
    """A key, a tempo and a chord a bar of four beats, which last `length` samples."""

    def __init__(self, length, random):
        self.beat = RATE * 60 / random.uniform(100, 140)
        self.length = length
        self.n_bars = int(np.ceil(length / self.beat / 4))
        self.scale = np.sort((random.integers(12) + np.array(MODES[random.integers(2)])) % 12)
        self.roots = [int(random.integers(7)) for _ in range(self.n_bars)]
        self.random = random

    def turn(self, n_bars):
        """The first bars, which come again and again."""
        self.n_bars = n_bars

    def chord(self, bar):
        return [self.scale[(self.roots[bar] + step) % 7] for step in (0, 2, 4)]

    def register(self, notes, low):
        """The pitches of the scale within an octave and a half, of those the notes reach."""
        first, last = min(pitch for pitch, _ in notes), max(pitch for pitch, _ in notes)
        if not low:
            first = int(np.clip(self.random.integers(48, 64), first, max(first, last - 18)))
        return [pitch for pitch in range(first, min(last, first + 18) + 1)
                if pitch % 12 in self.scale]

    def line(self, role, notes):
        """(beat, beats that it lasts, pitch) of a role: melody, chords, arpeggio or bass."""
        random, events = self.random, []
        register = self.register(notes, role == "bass")
        place = len(register) // 2
        for bar in range(self.n_bars):
            tones = [pitch for pitch in register if pitch % 12 in self.chord(bar)] or register
            at = 0.0
            while at < 4:
                beats = {"melody": random.choice([0.5, 0.5, 1]), "bass": random.choice([0.5, 1, 1]),
                         "chords": 1, "arpeggio": 0.5}[role]
                beats = float(min(beats, 4 - at))
                if role == "melody":
                    place = int(np.clip(place + random.integers(-2, 3), 0, len(register) - 1))
                    pitches = [register[place]] if random.random() < 0.85 else []
                elif role == "bass":
                    pitches = [tones[0] if at == 0 else tones[int(random.integers(len(tones)))]]
                elif role == "chords":
                    pitches = tones[:3] if at != 2 or random.random() < 0.7 else []
                else:
                    pitches = [tones[int(2 * at) % len(tones)]]
                events += [(4 * bar + at, beats, pitch) for pitch in pitches]
                at += beats
        return events

    def play(self, role, notes):
        """The sound of a role on these notes; what was not recorded is made of the nearest pitch."""
        events, bars = self.line(role, notes), self.n_bars * 4 * self.beat
        track = np.zeros(self.length + 2 * RATE)
        known = {pitch: sound for pitch, sound in notes}
        for again in range(int(np.ceil(self.length / bars))):
            for beat, beats, pitch in events:
                start = int(again * bars) + int(beat * self.beat)
                if start >= self.length:
                    break
                near = min(known, key=lambda k: abs(k - pitch))
                note = transposed(known[near], pitch - near)[:int(beats * self.beat)].copy()
                fade = min(len(note), RATE // 40)
                note[len(note) - fade:] *= np.linspace(1, 0, fade)
                note[:RATE // 300] *= np.linspace(0, 1, len(note[:RATE // 300]))
                track[start:start + len(note)] += note
        return track[:self.length]


def transposed(sound, semitones):
    if semitones == 0:
        return sound
    return scipy.signal.resample_poly(sound, 1000, round(1000 * 2 ** (semitones / 12)))
