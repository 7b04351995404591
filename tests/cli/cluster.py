"""Recordings for several machines to clean, and what has to come out."""

import json
import pathlib
import re

import sounds
from program import run
from scratch import ScratchCase

README = pathlib.Path(__file__).resolve().parents[2] / "README.md"
N_FILES = 23  # no multiple of the shards


def from_readme(language):
    """What a reader would copy: the one block of that language."""
    block, = re.findall(rf"(?ms)^```{language}\n(.*?)^```$", README.read_text(encoding="utf-8"))
    return block


class ClusterCase(ScratchCase):
    """The folder in/ has recordings; self.peace is what one run on one machine makes of them."""

    def setUp(self):
        super().setUp()
        for i in range(N_FILES):
            place = self.folder / "in" / ("", "sub", "with blank")[i % 3]
            place.mkdir(parents=True, exist_ok=True)
            sounds.write_whole(place / f"f{i}.{('wav', 'flac')[i % 2]}",
                               sounds.noise(4000 + 100 * i, 1, seed=i + 1), 8000, "PCM_16")
        result = run("denoise", "in", "-o", "peace", cwd=self.folder)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.peace = self.tree_of("peace")
        self.assertEqual(len(self.peace), 2 * N_FILES)  # each has its record

    def tree_of(self, name):
        root = self.folder / name
        return {str(path.relative_to(root)): path.read_bytes()
                for path in root.rglob("*") if path.is_file()}

    def check(self, out, reports, ids, n_runs=1):
        """Whole as in peace; and each report tells of its shard's files, n_runs times."""
        self.assertEqual(self.tree_of(out), self.peace)
        folder = self.folder / reports
        self.assertEqual({path.name for path in folder.iterdir()},
                         {f"report-{i}.jsonl" for i in ids})
        for shard, i in enumerate(ids):
            lines = (folder / f"report-{i}.jsonl").read_text().splitlines()
            items = sorted(json.loads(line)["item"] for line in lines)
            self.assertEqual(items, [j for j in range(shard, N_FILES, len(ids))
                                     for _ in range(n_runs)])
