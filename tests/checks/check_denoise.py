"""'denoise' against its recipe in double precision, from the sound in the file to the sound in the file."""
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import soundfile

from denoise_recipe import HOP, RATE, denoised
from speech_recipe import read_atoms, voice

LEAD = 0.8  # seconds of noise alone

program, dictionary = sys.argv[1], pathlib.Path(sys.argv[2])
atoms, _ = read_atoms(dictionary)
random = np.random.default_rng(1)
clean = np.concatenate([np.zeros(int(LEAD * RATE)), voice(RATE, 1, 1)[:, 0], voice(RATE, 1, 2)[:, 0]])
noise = random.standard_normal(len(clean)) * (1 + 0.5 * np.sin(np.arange(len(clean)) / 3000))
noisy = (clean + 0.006 * np.convolve(noise, [1, 0.7, 0.4], "same")).astype(np.float32)
with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    soundfile.write(folder / "in.wav", noisy, RATE, "FLOAT")
    for fast in (False, True):
        for known in (False, True):
            words = (["--fast"] if fast else []) + (["--profile", f"0-{LEAD}"] if known else [])
            subprocess.run([program, "denoise", folder / "in.wav", "-o", folder / "out.wav",
                            "--force", "-q", "--dictionary", dictionary, *words], check=True)
            ours, _ = soundfile.read(folder / "out.wav")
            expected = denoised(noisy.astype(float), atoms, int(LEAD * RATE) // HOP if known else 0,
                                fast)
            change = np.abs(expected - noisy).max()
            difference = np.abs(ours - expected).max()
            print(f"{'fast' if fast else 'best'}, {'profile' if known else 'auto'}: takes away up to "
                  f"{change:.4f}, differs by {difference:.2e}")
            assert change > 0.02 and difference < 1e-5, (change, difference)
