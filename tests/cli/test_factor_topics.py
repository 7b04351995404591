"""factor on text: topics of the documentation in Python's standard library.

It is real text that is there wherever these tests run. A document is what one class, or the rest of
one module, says of itself; its module is not told. What is asked of the topics that come out can be
counted: their top words stand in the same documents, no two topics are about the same, they know
the modules, and their words are words. Whoever runs the test may read the topics in its output.
"""

import ast
import collections
import itertools
import math
import pathlib
import re
import sysconfig
import unittest

import numpy as np

from program import run
from scratch import ScratchCase

LIBRARY = pathlib.Path(sysconfig.get_path("stdlib"))
# Not of the library, no text, or text in other languages.
SKIPPED = {"dist-packages", "site-packages", "test", "lib2to3", "encodings", "idlelib"}

TOPICS, TOP = 15, 8
SEEDS = range(3)
# Modules that are about one thing, which a topic should be about, and words of which it must have one.
SUBJECTS = {
    "email": {"header", "headers", "message", "mime", "rfc"},
    "logging": {"handler", "log", "logger", "logging", "record", "records"},
    "asyncio": {"coroutine", "event", "future", "loop", "socket", "task", "wait"},
    "_pydecimal": {"decimal", "digits", "exponent", "float", "infinity", "operand", "operation"},
}

# Words of English that carry no subject, and words that any documentation may use.
STOP_WORDS = set("""
about above after all allow allowing allows along already also although always among and another
any are around available based basic been before being below between both but can cannot common
commonly complete contain containing contains could different does done each easily easy either
enough etc even every example few first following for from full general generally get give given
handle handles handling has have having help here how however implementation implements include
included includes including instead intended into its itself just kind known large like long main
make makes making many may mean means might more most much must name named need needed needs new
non not note now number off one only onto option optional options order other others otherwise out
over own package packages part parts perform possible present previous provide provided provides
providing purpose quite rather release replace require required requires same see separate set
several should similar simple since single small some special specific standard still such suitable
support supported supporting supports take than that the their them then there therefore these they
this those three through thus together too two under until upon use used useful user users uses
using usually various version versions very via want was way well were what when where whether which
while who will with within without work works would you your debian source sources install installed
installation installing software free found built additional variety high level simply""".split())



def modules():
    """Every module's name, the first part of it, and its syntax tree."""
    for path in sorted(LIBRARY.rglob("*.py")):
        name = path.relative_to(LIBRARY).parts[0].removesuffix(".py")
        if name not in SKIPPED and not name.startswith("config-"):
            yield name, ast.parse(path.read_text(encoding="utf-8"))


def words_of(nodes):
    text = " ".join(ast.get_docstring(node) or "" for node in nodes).lower()
    return [word for word in re.findall(r"\b[a-z]{3,}\b", text) if word not in STOP_WORDS]


def documents():
    """Module and words of every document."""
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    for name, tree in modules():
        yield name, words_of([tree] + [node for node in tree.body if isinstance(node, functions)])
        for parent in tree.body:
            if isinstance(parent, ast.ClassDef):
                inner = (ast.ClassDef, *functions)
                yield name, words_of([n for n in ast.walk(parent) if isinstance(n, inner)])


class Collection:
    """Term counts of documents with 15 words or more. The words are those of 5 documents up to a
    tenth of all, and of 3 modules, so that names which one module gave are not among them."""

    def __init__(self):
        texts = list(documents())
        n_documents = collections.Counter(word for _, words in texts for word in set(words))
        names = collections.defaultdict(set)
        for name, words in texts:
            for word in words:
                names[word].add(name)
        self.words = sorted(word for word, n in n_documents.items()
                            if 5 <= n <= len(texts) / 10 and len(names[word]) >= 3)
        place = {word: f for f, word in enumerate(self.words)}
        rows = [(name, collections.Counter(place[w] for w in words if w in place))
                for name, words in texts]
        rows = [(name, counts) for name, counts in rows if len(counts) >= 15]
        self.modules = np.array([name for name, _ in rows])
        self.counts = [counts for _, counts in rows]
        self.present = np.zeros((len(rows), len(self.words)), bool)
        for n, counts in enumerate(self.counts):
            self.present[n, list(counts)] = True

    def write(self, path):
        """As Matrix Market, with the logarithm of counts: a word that is said ten times does not
        say ten times as much."""
        entries = [(n + 1, f + 1, 1 + int(math.log2(count)))
                   for n, counts in enumerate(self.counts) for f, count in sorted(counts.items())]
        with open(path, "w", encoding="ascii") as file:
            file.write("%%MatrixMarket matrix coordinate integer general\n")
            file.write(f"{len(self.counts)} {len(self.words)} {len(entries)}\n")
            file.writelines("%d %d %d\n" % entry for entry in entries)

    def coherence(self, words):
        """Mean over the pairs of normalised pointwise mutual information (Bouma 2009): -1 when they
        never share a document, 0 by chance, 1 when they always do."""
        total = 0.0
        pairs = list(itertools.combinations(words, 2))
        for a, b in pairs:
            p_a, p_b = self.present[:, a].mean(), self.present[:, b].mean()
            p_ab = (self.present[:, a] & self.present[:, b]).mean()
            total += math.log(p_ab / (p_a * p_b)) / -math.log(p_ab) if 0 < p_ab < 1 else -1.0
        return total / len(pairs)


def top_words(W):
    """The words that stand out in each topic: much of it, and more of it than of the others (the
    term score of Blei and Lafferty 2009)."""
    logarithms = np.log(W + 1e-9)
    return [list(np.argsort(-row)[:TOP]) for row in W * (logarithms - logarithms.mean(axis=0))]


def mean_coherence(collection, W):
    return float(np.mean([collection.coherence(words) for words in top_words(W)]))


def shared_words(W):
    """Of the top words of two topics, the mean number that they share."""
    pairs = itertools.combinations(map(set, top_words(W)), 2)
    return float(np.mean([len(a & b) for a, b in pairs]))


def information(modules, topics):
    """Mutual information between a document's module and its strongest topic, as a share of the
    modules' entropy."""
    modules = np.unique(modules, return_inverse=True)[1]
    table = np.zeros((modules.max() + 1, TOPICS))
    np.add.at(table, (modules, topics), 1.0 / len(modules))
    p, q = table.sum(axis=1, keepdims=True), table.sum(axis=0, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(table > 0, table * np.log(table / (p * q)), 0.0)
    return float(terms.sum() / -(p * np.log(p)).sum())


class Topics(ScratchCase):
    @classmethod
    def setUpClass(cls):
        cls.collection = Collection()

    def factor(self, seed):
        path = self.folder / "terms.mtx"
        self.collection.write(path)
        result = run("factor", str(path), "--atoms", str(TOPICS), "--seed", str(seed),
                     "-o", str(self.folder / "topics"), "--force", "--quiet")
        self.assertEqual(result.returncode, 0, result.stderr)
        return [np.load(self.folder / "topics" / f"{name}.npy") for name in ("W", "H")]

    def random_atoms(self, seed):
        """What a factorisation that learned nothing would give: frequent words in any company."""
        random = np.random.default_rng(seed)
        frequency = self.collection.present.mean(axis=0)
        return random.gamma(0.1, 1.0, (TOPICS, len(frequency))) * frequency

    def test_topics_are_about_something(self):
        names = self.collection.modules
        chance = max(mean_coherence(self.collection, self.random_atoms(s)) for s in range(20))
        coherences, shares = [], []
        for seed in SEEDS:
            W, H = self.factor(seed)
            if seed == SEEDS[0]:
                self.tell(W, H)
            topics = np.argmax(H, axis=1)
            known = information(names, topics)
            shuffled = max(information(names, np.random.default_rng(s).permutation(topics))
                           for s in range(50))
            self.assertGreater(known, 1.5 * shuffled)
            self.assertLess(shared_words(W), 0.5)
            for name, expected in SUBJECTS.items():
                own = np.bincount(topics[names == name], minlength=TOPICS)
                words = {self.collection.words[f] for f in top_words(W)[own.argmax()]}
                self.assertTrue(words & expected, f"{name}: {words}")
                shares.append(own.max() / own.sum())
            coherences.append(mean_coherence(self.collection, W))
            print(f"seed {seed}: coherence {coherences[-1]:.2f}, by chance up to {chance:.2f};"
                  f" two topics share {shared_words(W):.2f} of {TOP} words;"
                  f" the modules are known to {known:.2f}, by chance up to {shuffled:.2f}")
        self.assertGreater(np.mean(coherences), chance + 0.1)
        # By chance the fullest of the topics gets about a fifth of a module's documents.
        self.assertGreater(np.mean(shares), 0.5)

    def test_topics_share_no_nonsense_words(self):
        for seed in SEEDS:
            W, _ = self.factor(seed)
            words = [self.collection.words[f] for top in top_words(W) for f in top]
            for word in words:
                self.assertRegex(word, r"\A[a-z]{3,}\Z")
                self.assertNotIn(word, STOP_WORDS)
            # A word that many topics put first says nothing of any.
            word, times = collections.Counter(words).most_common(1)[0]
            self.assertLessEqual(times, TOPICS // 3, word)

    def tell(self, W, H):
        print(f"\n{H.shape[0]} documents, {W.shape[1]} words, {TOPICS} topics, and whose they are:")
        for k, top in enumerate(top_words(W)):
            owners = collections.Counter(self.collection.modules[np.argmax(H, axis=1) == k])
            print(f"{k + 1:3d} {' '.join(self.collection.words[f] for f in top):<70}"
                  f" {', '.join(name for name, _ in owners.most_common(3))}")


if __name__ == "__main__":
    unittest.main()
