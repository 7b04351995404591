"""The recordings in samples/ are what samples/README.md says of them.

Usage: check_samples.py SAMPLES_DIRECTORY
"""

import pathlib
import sys

import numpy as np
import soundfile

LARGEST_TOTAL = 5_000_000  # bytes of everything in the folder

# folder: stems, rate, bits, channels
EXPECTED = {
    "trio": ({"drums", "bass", "vibraphone"}, 44100, 16, 2),
    "duo": ({"guitar", "flute"}, 48000, 24, 1),
    "drums": ({"kick", "snare", "hat"}, 44100, 16, 1),
    "voice": ({"speech", "piano"}, 22050, 16, 1),
    "noisy": ({"speech", "fan"}, 16000, 16, 1),
}

# folder, stem, from, to (seconds): all else is to be this much quieter there
SOLOS = [
    ("trio", "drums", 0, 2),
    ("trio", "bass", 2, 4),
    ("trio", "vibraphone", 4, 6),
    ("duo", "guitar", 0, 1.3),
    ("voice", "piano", 0, 1.2),
    ("noisy", "fan", 0, 1.0),
]
SOLO_DB = 30


def read(path, rate, bits, channels):
    """The file's integers, int64, frames x channels."""
    info = soundfile.info(path)
    assert (info.samplerate, info.subtype, info.channels) == (rate, f"PCM_{bits}", channels), \
        f"{path}: {info.samplerate} Hz, {info.subtype}, {info.channels} channels"
    samples, _ = soundfile.read(path, dtype="int32", always_2d=True)
    return samples.astype(np.int64) >> (32 - bits)


def main():
    samples = pathlib.Path(sys.argv[1])
    found = {}
    for folder, (stems, *form) in EXPECTED.items():
        mix = read(samples / folder / "mix.flac", *form)
        files = {path.stem for path in (samples / folder).iterdir()} - {"mix"}
        assert files == stems, f"{folder}: found {sorted(files)}"
        found[folder] = {name: read(samples / folder / f"{name}.flac", *form) for name in stems}
        assert np.array_equal(sum(found[folder].values()), mix), \
            f"{folder}: the stems do not add to the mix"
        assert np.abs(mix).max() < 2 ** (form[1] - 1) - 1, f"{folder}: the mix is clipped"
        for name, stem in found[folder].items():
            assert stem.any(), f"{folder}/{name}: silent"

    for folder, soloist, start, end in SOLOS:
        rate = EXPECTED[folder][1]
        part = slice(round(start * rate), round(end * rate))
        energy = {name: (stem[part] ** 2).sum() for name, stem in found[folder].items()}
        rest = sum(energy.values()) - energy[soloist]
        assert energy[soloist] > 10 ** (SOLO_DB / 10) * rest, f"{folder}: {soloist} is not alone"

    total = sum(path.stat().st_size for path in samples.rglob("*") if path.is_file())
    assert total < LARGEST_TOTAL, f"{samples}: {total} bytes in all"


main()
