"""The batch script of the README on a real Slurm: whatever the numbers of an array's tasks, and also
when it runs twice at once, the outputs and records are those of a single run."""

import pathlib
import sys
import unittest

import slurm
from cluster import ClusterCase, from_readme
from program import UNMINGLE

SKIPPED = 77  # what ctest takes for skipped

# The folder of outputs, the arrays that make them, the numbers of their tasks.
CASES = [("from-0", ["0-3"], [0, 1, 2, 3]),
         ("from-1", ["1-4"], [1, 2, 3, 4]),
         ("by-2", ["0-6:2"], [0, 2, 4, 6]),
         ("twice", ["0-3", "0-3"], [0, 1, 2, 3])]
UNFINISHED = {"PENDING", "CONFIGURING", "RUNNING", "COMPLETING"}


class Slurm(ClusterCase):
    def check_job(self, cluster, job, ids):
        """Waits; every task must have ended well."""
        tasks = []

        def has_ended():
            tasks[:] = cluster.tasks(job)
            return not {state for _, state, _ in tasks} & UNFINISHED
        slurm.wait_until(has_ended, f"job {job}")
        messages = "\n".join(path.read_text() for path in self.folder.glob("slurm-*.out"))
        self.assertEqual(tasks, [(str(i), "COMPLETED", "0:0") for i in ids], messages)

    def test_arrays(self):
        script = self.folder / "denoise.sbatch"
        script.write_text(from_readme("sh"), encoding="utf-8")
        with slurm.Cluster(self.folder / "slurm") as cluster:
            jobs = [(cluster.submit(pathlib.Path(UNMINGLE).parent, self.folder,
                                    f"--array={array}", script, "in", out), ids)
                    for out, arrays, ids in CASES for array in arrays]
            for job, ids in jobs:
                self.check_job(cluster, job, ids)
        for out, arrays, ids in CASES:
            with self.subTest(out=out):
                self.check(out, out + ".reports", ids, len(arrays))


if __name__ == "__main__":
    if slurm.missing():
        print("skipped: not installed:", *slurm.missing())
        sys.exit(SKIPPED)
    unittest.main()
