"""Reads what our writer has made of the sample of dictionary_sample.c, and of one atom of two frames,
with no code of ours."""
import json
import struct
import subprocess
import sys

import numpy as np

writer, path = sys.argv[1:]


def read(*arguments):
    subprocess.run([writer, path, *arguments], check=True)
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = file.read()
    entry = header["W"]
    begin, end = entry["data_offsets"]
    assert set(header) == {"W", "__metadata__"}, header
    assert entry["dtype"] == "F32" and end == len(data) and length % 8 == 0, entry
    return np.frombuffer(data[begin:end], "<f4").reshape(entry["shape"]), header["__metadata__"]


W, metadata = read()
values = np.array(
    [[0.49999997, 0.25, 0.125, 0.0625, 0.0625, 0, 0, 0, 1e-42],
     [0, 0, 0.1, 0.2, 0.3, 0.2, 0.1, 0.1, 0]], np.float32)
assert W.shape == (2, 9) and W.tobytes() == values.tobytes(), W
assert json.loads(metadata.pop("labels")) == ["drums", "\u0171 bass"]
assert metadata == {
    "format_version": "1", "sample_rate": "44100", "window": "hann", "window_length": "16",
    "hop": "4", "fft_size": "16", "exponent": "1", "seed": "18446744073709551615",
    "program": "unmingle 0.1.0", "trained_from": "a.wav\nb.wav"}, metadata

W, metadata = read("two frames")
assert W.shape == (1, 2, 9) and W.tobytes() == (values / np.float32(2)).tobytes(), W
assert metadata["fft_size"] == "16" and metadata["window"] == "sine", metadata
