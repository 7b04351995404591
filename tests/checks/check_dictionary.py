"""Reads what our writer has made of the sample of dictionary_sample.c, of one atom of two frames, and
of the sample with gains and covariances, with no code of ours."""
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
    metadata = header.pop("__metadata__")
    assert length % 8 == 0, length
    tensors = {}
    end = 0
    for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        assert entry["dtype"] == "F32" and entry["data_offsets"][0] == end, entry
        begin, end = entry["data_offsets"]
        tensors[name] = np.frombuffer(data[begin:end], "<f4").reshape(entry["shape"])
    assert end == len(data), header
    return tensors, metadata


tensors, metadata = read()
W = tensors.pop("W")
assert not tensors, tensors
values = np.array(
    [[0.49999997, 0.25, 0.125, 0.0625, 0.0625, 0, 0, 0, 1e-42],
     [0, 0, 0.1, 0.2, 0.3, 0.2, 0.1, 0.1, 0]], np.float32)
assert W.shape == (2, 9) and W.tobytes() == values.tobytes(), W
assert json.loads(metadata.pop("labels")) == ["drums", "\u0171 bass"]
assert metadata == {
    "format_version": "1", "sample_rate": "44100", "window": "hann", "window_length": "16",
    "hop": "4", "fft_size": "16", "exponent": "1", "seed": "18446744073709551615",
    "program": "unmingle 0.1.0", "trained_from": "a.wav\nb.wav"}, metadata

tensors, metadata = read("two frames")
W = tensors["W"]
assert W.shape == (1, 2, 9) and W.tobytes() == (values / np.float32(2)).tobytes(), W
assert metadata["fft_size"] == "16" and metadata["window"] == "sine", metadata

tensors, metadata = read("space")
assert metadata["format_version"] == "2", metadata
assert list(tensors) == ["W", "gains", "covariances"], tensors
assert tensors["W"].tobytes() == values.tobytes(), tensors
assert tensors["gains"].tolist() == [[0.75, 0.25], [0.25, 0.75]], tensors
# The diagonal and above: real parts; below: the imaginary part of the place across.
R = tensors["covariances"].reshape(2, 9, 2, 2)
numbers = (np.arange(36).reshape(9, 2, 2) + 100 * np.arange(2).reshape(2, 1, 1, 1)) / 64
assert np.array_equal(R, numbers * [[1, -1], [-1, 1]]), R
