"""The manifest of the README: what its container runs, as Kubernetes would run it for each index,
makes what a single run does."""

import os
import subprocess
import unittest

import yaml

from cluster import ClusterCase, from_readme
from program import UNMINGLE


class Kubernetes(ClusterCase):
    def setUp(self):
        super().setUp()
        self.job = yaml.safe_load(from_readme("yaml"))["spec"]
        self.pod = self.job["template"]["spec"]
        self.container, = self.pod["containers"]

    def command(self, index):
        """The container's, with the shared volume here and four shards; the first word is the
        program."""
        mount, = self.container["volumeMounts"]
        words = [*self.container["command"], *self.container["args"]]
        words[words.index("--shards") + 1] = "4"
        return [UNMINGLE] + [word.replace("$(JOB_COMPLETION_INDEX)", str(index))
                             .replace(mount["mountPath"], str(self.folder)) for word in words[1:]]

    def start(self, index):
        environment = {**os.environ, "JOB_COMPLETION_INDEX": str(index)}
        return subprocess.Popen(self.command(index), env=environment, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True, cwd=self.folder / "in")

    def test_every_index(self):
        for attempt, n_at_once in enumerate([1, 2]):  # Kubernetes may run an index twice at once
            pods = [self.start(i) for i in range(4) for _ in range(n_at_once)]
            for pod in pods:
                output, _ = pod.communicate(timeout=60)
                self.assertEqual((pod.returncode, output), (0, ""))
            self.check("out", "reports", range(4), n_runs=1 + 2 * attempt)

    def test_manifest(self):
        self.assertEqual(self.job["completionMode"], "Indexed")
        words = self.container["args"]
        self.assertEqual(words[words.index("--shards") + 1], str(self.job["completions"]))
        self.assertEqual(self.container["command"][0], "unmingle")
        self.assertEqual(self.container["resources"]["requests"], {"cpu": "1", "memory": "128Mi"})
        # Rules of Kubernetes for a limit of failures per index and a policy for them.
        self.assertEqual(self.pod["restartPolicy"], "Never")
        for word in [*self.container["command"], *words]:
            self.assertIsInstance(word, str)
        self.assertEqual({mount["name"] for mount in self.container["volumeMounts"]},
                         {volume["name"] for volume in self.pod["volumes"]})


if __name__ == "__main__":
    unittest.main()
