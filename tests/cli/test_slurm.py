"""The batch script of the README on a real Slurm: whatever the numbers of an array's tasks, and also
when it runs twice at once, the outputs and records are those of a single run."""

import json
import pathlib
import sys
import unittest

import slurm
import sounds
from program import UNMINGLE, run
from scratch import ScratchCase

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "examples/cluster/denoise.sbatch"
N_FILES = 23  # no multiple of the tasks
SKIPPED = 77  # what ctest takes for skipped

# The folder of outputs, the arrays that make them, the numbers of their tasks.
CASES = [("from-0", ["0-3"], [0, 1, 2, 3]),
         ("from-1", ["1-4"], [1, 2, 3, 4]),
         ("by-2", ["0-6:2"], [0, 2, 4, 6]),
         ("twice", ["0-3", "0-3"], [0, 1, 2, 3])]


class Slurm(ScratchCase):
    def tree_of(self, name):
        root = self.folder / name
        return {str(path.relative_to(root)): path.read_bytes()
                for path in root.rglob("*") if path.is_file()}

    def make_recordings(self):
        for i in range(N_FILES):
            place = self.folder / "in" / ("", "sub", "with blank")[i % 3]
            place.mkdir(parents=True, exist_ok=True)
            sounds.write_whole(place / f"f{i}.{('wav', 'flac')[i % 2]}",
                               sounds.noise(4000 + 100 * i, 1, seed=i + 1), 8000, "PCM_16")

    def wait_for(self, cluster, job):
        def has_ended():
            self.states = cluster.tasks(job)
            return not {state for _, state, _ in self.states} & {
                "PENDING", "CONFIGURING", "RUNNING", "COMPLETING"}
        slurm.wait_until(has_ended, f"job {job}")
        return self.states

    def test_arrays(self):
        self.make_recordings()
        result = run("denoise", "in", "-o", "one", cwd=self.folder)
        self.assertEqual(result.returncode, 0, result.stderr)
        one = self.tree_of("one")
        self.assertEqual(len(one), 2 * N_FILES)  # each has its record
        with slurm.Cluster(self.folder / "slurm") as cluster:
            path = pathlib.Path(UNMINGLE).parent
            jobs = [(ids, cluster.submit(path, self.folder, [f"--array={array}", SCRIPT], "in", out))
                    for out, arrays, ids in CASES for array in arrays]
            for ids, job in jobs:
                self.assertEqual(self.wait_for(cluster, job),
                                 [(str(i), "COMPLETED", "0:0") for i in ids], self.messages())
        for out, arrays, ids in CASES:
            with self.subTest(out=out):
                self.assertEqual(self.tree_of(out), one)
                reports = self.folder / (out + ".reports")
                self.assertEqual({path.name for path in reports.iterdir()},
                                 {f"report-{i}.jsonl" for i in ids})
                for shard, i in enumerate(ids):
                    lines = (reports / f"report-{i}.jsonl").read_text().splitlines()
                    items = sorted(json.loads(line)["item"] for line in lines)
                    share = [j for j in range(shard, N_FILES, len(ids)) for _ in arrays]
                    self.assertEqual(items, share)

    def messages(self):
        return "\n".join(path.read_text() for path in self.folder.glob("slurm-*.out"))


if __name__ == "__main__":
    if slurm.missing():
        print("skipped: not installed:", *slurm.missing())
        sys.exit(SKIPPED)
    unittest.main()
