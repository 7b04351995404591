#!/usr/bin/python3
"""Makes the recordings in this folder, each as true stems and as their sum.

The music is written down below as notes. A MIDI file a part is played by fluidsynth with the FluidR3
sound font, one part at a time; sentences are spoken by espeak-ng, and the fan is computed. All stems
of a piece get one gain, are rounded to the integers of its sample format, and the mix is the sum of
these integers, so that mix = sum of stems holds for every sample.

    apt-get install fluidsynth fluid-soundfont-gm espeak-ng python3-numpy python3-soundfile
    samples/make.py [PIECE...]
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import soundfile

SOUND_FONT = "/usr/share/sounds/sf2/FluidR3_GM.sf2"
TICKS_A_BEAT = 480
DRUM_CHANNEL = 9  # General MIDI counts it as channel 10.
PEAK = 10 ** (-6 / 20)  # of the mix, in full scale: 6 dB of room

# General MIDI percussion.
KICK, STICK, SNARE, HAT_CLOSED, HAT_OPEN = 36, 37, 38, 42, 46


@dataclass
class Note:
    beat: float
    beats: float
    key: int  # MIDI key, 60 is middle C
    velocity: int


@dataclass
class Part:
    name: str
    program: int  # General MIDI, counted from 0; ignored for percussion
    notes: list
    channel: int = 0
    pan: int = 64  # 0 left .. 127 right
    level: float = 1.0  # in the mix, linear
    text: str = ""  # spoken instead of played
    starts_at: float = 0.0  # seconds, for speech
    sound: Callable = None  # computes it instead of a player, from the piece


@dataclass
class Piece:
    name: str
    seconds: float
    beats_a_minute: float
    sample_rate: int
    bits: int
    channels: int
    parts: list
    reverb: bool = True


# -- Notation ----------------------------------------------------------------------------------


def key_of(name):
    """The MIDI key of a name such as C4 (middle C), F#3, Bb2."""
    semitone = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}[name[0]]
    semitone += name.count("#") - name.count("b")
    return semitone + 12 * (int(name[-1]) + 1)


def line(start, text, velocity=88):
    """Notes one after another: "D2:1 -:0.5 F4+A4:2", chords by +, rests by -, lengths in beats.

    A length may be followed by a velocity, "D2:1:70". Notes are held for 95 % of their length.
    """
    notes, beat = [], start
    for word in text.split():
        names, beats, *rest = word.split(":")
        if names != "-":
            loudness = int(rest[0]) if rest else velocity
            for name in names.split("+"):
                notes.append(Note(beat, 0.95 * float(beats), key_of(name), loudness))
        beat += float(beats)
    return notes


def hits(key, beats, velocity):
    """One percussion instrument at the given beats; (beat, velocity) pairs where it differs."""
    pairs = [b if isinstance(b, tuple) else (b, velocity) for b in beats]
    return [Note(beat, 0.1, key, loudness) for beat, loudness in pairs]


def bars(first, count, pattern):
    """The pattern, given in beats of a bar of four, for `count` bars from bar `first` on."""
    return [
        (4 * bar + p[0], p[1]) if isinstance(p, tuple) else 4 * bar + p
        for bar in range(first, first + count)
        for p in pattern
    ]


# -- The pieces --------------------------------------------------------------------------------


def trio():
    """A two-five-one in C in swing time, 120 beats a minute: a bar takes 2 s.

    Drums, bass and vibraphone first play a bar each alone, with every key that they use later, so
    that their atoms can be learned from the mix itself.
    """
    t = 2 / 3  # where the second of two swung quavers falls
    swing = [(0, 92), (1, 100), (1 + t, 64), (2, 90), (3, 100), (3 + t, 66)]
    solo = [(0, 96), (1, 104), (1 + t, 64), (2, 92), (3, 96)]
    drums = (
        hits(HAT_CLOSED, bars(0, 1, solo) + bars(3, 2, swing) + [20, (21, 96), (21 + t, 60)], 90)
        + hits(KICK, [0, 2 + t, 12, 14, 14 + t, 16, 18 + t, 20, 22], 92)
        + hits(SNARE, [(1, 80), (2 + t, 44), (3, 88), 13, (14 + t, 42), 15, 17, 18 + t, 19], 78)
        + hits(STICK, [(t, 70), (12 + t, 66), (16 + t, 70), 21], 72)
    )
    bass = (
        line(4, "D2:.67 E2:.33 F2:.67 G2:.33 A2:.67 C3:.33 B2:.5", 100)
        + line(12, "D2:1 F2:1 A2:.67 A2:.33:70 C3:1", 98)
        + line(16, "B2:1 G2:1 D2:.67 D2:.33:72 B2:1", 98)
        + line(20, "C3:1 G2:.67 E2:.33 C3:1.7", 100)
    )
    vibraphone = (
        line(8, "A4:.67 C5:.33 E5:.67 D5:.33 B4:.67 G4:.33 F4:.9", 96)
        + line(12, "F4+A4+C5+E5:1.6:78 -:.07 D5:.33 E5:.67 C5:.33 A4:1", 98)
        + line(16, "F4+A4+B4+E5:1.6:78 -:.07 D5:.33 B4:.67 G4:.33 F4:.67 A4:.33", 98)
        + line(20, "G4+B4+D5+E5:1:80 -:.67 D5:.33 G4+B4+E5:2:84", 94)
    )
    return Piece("trio", 12.6, 120, 44100, 16, 2, [
        Part("drums", 0, drums, DRUM_CHANNEL, pan=52, level=0.7),
        Part("bass", 32, bass, pan=64, level=0.5),
        Part("vibraphone", 11, vibraphone, pan=86, level=0.7),
    ])


def duo():
    """Flute over guitar arpeggios in E minor, three in a bar, 132 beats a minute."""
    guitar = line(
        0,
        "E2:.5 B2:.5 E3:.5 G3:.5 B3:.5 G3:.5 "
        "C3:.5 E3:.5 G3:.5 C4:.5 G3:.5 E3:.5 "
        "G2:.5 D3:.5 G3:.5 B3:.5 G3:.5 D3:.5 "
        "E2+B2+E3+G3:2.5",
        84,
    )
    flute = line(3, "E5:1 G5:.5 F#5:.5 E5:.5 C5:.5 D5:1.25 E5:.25 D5:.5 B4:.5 F#5:.5 E5:2.5", 86)
    return Piece("duo", 5.8, 132, 48000, 24, 1, [
        Part("guitar", 24, guitar, level=1.0),
        Part("flute", 73, flute, level=0.5),
    ])


def drums():
    """Two bars and the first beat of a third, 96 beats a minute, semiquavers on the hat."""
    hat_bar = [(0, 100), (.5, 70), (1, 96), (1.5, 70), (2, 100), (2.25, 52), (2.5, 74), (3, 96)]
    hat = hits(HAT_CLOSED, bars(0, 2, hat_bar) + [(8, 100)], 90)
    hat += hits(HAT_OPEN, [3.5, 7.5], 84)  # the next closed one ends it
    kick = hits(KICK, [0, 1.5, 2.5, 4, (4.75, 84), 5.5, 6.5, (7.25, 80), 8], 108)
    snare = hits(SNARE, [1, (2.25, 40), 3, (3.75, 46), 5, (5.75, 42), 7, (7.75, 60)], 104)
    return Piece("drums", 5.4, 96, 44100, 16, 1, [
        Part("kick", 0, kick, DRUM_CHANNEL),
        Part("snare", 0, snare, DRUM_CHANNEL, level=0.9),
        Part("hat", 0, hat, DRUM_CHANNEL, level=0.8),
    ], reverb=False)


def voice():
    """A sentence over soft electric piano chords, 72 beats a minute."""
    piano = line(0, "F3+C4+E4+A4:2 D3+C4+F4+A4:2 G3+B3+D4+F4:2 C3+G3+B3+E4:2.2", 62)
    text = "When the rain had stopped, we opened every window, and let the music out."
    return Piece("voice", 7.2, 72, 22050, 16, 1, [
        Part("speech", 0, [], text=text, starts_at=1.2, level=1.0),
        Part("piano", 4, piano, level=0.35),
    ])


def noisy():
    """A sentence in a room with a fan, which is alone for the first second."""
    text = "The keys are on the table by the door. If you go out again, take the small one with you."
    return Piece("noisy", 6.8, 60, 16000, 16, 1, [
        Part("speech", 0, [], text=text, starts_at=1.0, level=1.0),
        Part("fan", 0, [], sound=fan, level=0.4),
    ])


PIECES = {make.__name__: make for make in (trio, duo, drums, voice, noisy)}


# -- Notes to sound ----------------------------------------------------------------------------


def variable_length(value):
    """A number as MIDI files write them: seven bits a byte, high ones first, all but the last marked."""
    out = [value & 0x7F]
    while value := value >> 7:
        out.insert(0, 0x80 | value & 0x7F)
    return bytes(out)


def midi_file(part, beats_a_minute, seconds):
    """A standard MIDI file, format 0, of one part."""
    channel = part.channel
    setup = [
        b"\xff\x51\x03" + round(60e6 / beats_a_minute).to_bytes(3, "big"),
        bytes([0xC0 | channel, part.program]),
        bytes([0xB0 | channel, 10, part.pan]),
    ]
    events = [(0, rank, message) for rank, message in enumerate(setup)]
    for note in part.notes:
        on = round(note.beat * TICKS_A_BEAT)
        off = round((note.beat + note.beats) * TICKS_A_BEAT)
        # Rank: at one instant, notes end before others start.
        events.append((on, 4, bytes([0x90 | channel, note.key, note.velocity])))
        events.append((off, 3, bytes([0x80 | channel, note.key, 64])))
    events.append((round(seconds * beats_a_minute / 60 * TICKS_A_BEAT), 5, b"\xff\x2f\x00"))
    track, now = b"", 0
    for tick, _, message in sorted(events):
        track += variable_length(tick - now) + message
        now = tick
    header = b"MThd" + (6).to_bytes(4, "big") + b"".join(
        n.to_bytes(2, "big") for n in (0, 1, TICKS_A_BEAT))
    return header + b"MTrk" + len(track).to_bytes(4, "big") + track


def play(part, piece, folder):
    """The part as played by fluidsynth: frames x 2."""
    midi, wave = os.path.join(folder, "part.mid"), os.path.join(folder, "part.wav")
    with open(midi, "wb") as file:
        file.write(midi_file(part, piece.beats_a_minute, piece.seconds))
    subprocess.run(
        ["fluidsynth", "-n", "-i", "-q", "-g", "0.3", "-r", str(piece.sample_rate),
         "-R", "1" if piece.reverb else "0", "-C", "0",
         "-o", "synth.reverb.room-size=0.3", "-o", "synth.reverb.level=0.4",
         "-T", "wav", "-O", "float", "-F", wave, SOUND_FONT, midi],
        check=True, stdout=subprocess.DEVNULL)
    sound, rate = soundfile.read(wave, always_2d=True)
    assert rate == piece.sample_rate
    return sound


def speak(part, piece, folder):
    """The part as spoken by espeak-ng: frames x 2, both the same."""
    wave = os.path.join(folder, "part.wav")
    subprocess.run(["espeak-ng", "-v", "en-gb", "-s", "150", "-w", wave, part.text], check=True)
    sound, rate = soundfile.read(wave)
    if rate != piece.sample_rate:
        n_frames = round(len(sound) * piece.sample_rate / rate)
        sound = np.fft.irfft(np.fft.rfft(sound), n_frames)
        rate = piece.sample_rate
    silence = np.zeros(round(part.starts_at * rate))
    return np.repeat(np.concatenate([silence, sound])[:, None], 2, axis=1)


def fan(piece):
    """Air that rushes, and the hum of a motor and its blades, both swelling slowly: frames x 2."""
    random = np.random.RandomState(1)  # its numbers are the same with every version of numpy
    n_frames = round(piece.seconds * piece.sample_rate)
    t = np.arange(n_frames) / piece.sample_rate
    f = np.fft.rfftfreq(n_frames, 1 / piece.sample_rate)
    # Falls by 6 dB an octave from 250 Hz on; the cage rings round 1.1 kHz.
    colour = 1 / np.sqrt(1 + (f / 250) ** 2) + 0.25 * np.exp(-(((f - 1100) / 250) ** 2)) + 0.02
    air = np.fft.irfft(np.fft.rfft(random.standard_normal(n_frames)) * colour, n_frames)
    turns = 23.5 * t + 0.4 * np.sin(2 * np.pi * 0.21 * t)  # the speed wanders a little
    hum = sum(level * np.sin(2 * np.pi * k * turns + k)
              for k, level in [(1, 0.1), (5, 0.5), (10, 0.35), (15, 0.15), (20, 0.1)])
    swell = 1 + 0.3 * np.sin(2 * np.pi * 0.23 * t - 1)
    sound = swell * (air / air.std() + 0.7 * hum)
    return np.repeat(sound[:, None], 2, axis=1)


def fitted(sound, piece):
    """The sound with the piece's channels and length, its last 0.3 s faded out."""
    n_frames = round(piece.seconds * piece.sample_rate)
    if piece.channels == 1:
        sound = sound.mean(axis=1, keepdims=True)
    sound = np.concatenate([sound, np.zeros((n_frames, piece.channels))])[:n_frames]
    n_fade = round(0.3 * piece.sample_rate)
    sound[-n_fade:] *= np.linspace(1, 0, n_fade)[:, None] ** 2
    return sound


def make(piece, destination):
    with tempfile.TemporaryDirectory() as folder:
        sounds = {}
        for part in piece.parts:
            if part.sound:
                sound = part.sound(piece)
            else:
                sound = (speak if part.text else play)(part, piece, folder)
            sound = fitted(sound, piece)
            # Levels are relative to a part's own loudest sample.
            sounds[part.name] = sound * part.level / np.abs(sound).max()
    full_scale = 2 ** (piece.bits - 1)
    gain = PEAK * full_scale / np.abs(sum(sounds.values())).max()
    stems = {name: np.rint(gain * sound).astype(np.int32) for name, sound in sounds.items()}
    mix = sum(stems.values())
    assert np.abs(mix).max() < full_scale

    os.makedirs(os.path.join(destination, piece.name), exist_ok=True)
    for name, samples in {**stems, "mix": mix}.items():
        # soundfile takes the upper bits of 32-bit integers: nothing is rounded on the way.
        soundfile.write(os.path.join(destination, piece.name, name + ".flac"),
                        samples << (32 - piece.bits), piece.sample_rate, f"PCM_{piece.bits}")


def main():
    for name in sys.argv[1:] or PIECES:
        make(PIECES[name](), os.path.dirname(os.path.abspath(__file__)))


if __name__ == "__main__":
    main()
