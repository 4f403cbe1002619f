"""How well a model finds the files that answer our own judged questions, by meaning alone."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from tools.train.mining import plain
from tools.train.repositories import DEV, Repository, blobs, read_blobs
from tools.train.vocabulary import bags_of

from codelode.settings import Settings
from codelode.structure.extract import extract
from codelode.text import chunks, languages
from codelode.text.decode import decode
from codelode.text.subwords import Bags, Vocabulary, path_text

BEST_CHUNKS = 3
"""A file's score is the mean of so many of its chunks' cosines."""

TOP = 10

Floats = npt.NDArray[np.float32]


class JudgedRepository(NamedTuple):
    """The chunks of a repository and the questions about it."""

    name: str
    code: Bags
    files: npt.NDArray[np.int64]
    """number of the file of each chunk, ascending"""
    queries: Bags
    categories: list[str]
    targets: list[set[int]]
    """numbers of the files that answer each question"""


def load(mirrors: Path, vocabulary: Vocabulary) -> list[JudgedRepository]:
    """The judged repositories as bags."""
    return [_load(entry, mirrors, vocabulary) for entry in json.loads(DEV.read_text())]


def _load(entry: dict[str, str | None], mirrors: Path, vocabulary: Vocabulary) -> JudgedRepository:
    settings = Settings()
    name = str(entry["url"]).removeprefix("https://github.com/").removesuffix(".git")
    mirror = Repository(name, "").mirror(mirrors)
    under = f"{entry['benchmark_root']}/" if entry["benchmark_root"] else ""
    own = {
        path: blob
        for path, blob in sorted(blobs(mirror, str(entry["revision"])).items())
        if path.startswith(under)
    }
    texts: list[bytes] = []
    paths: list[bytes] = []
    files: list[int] = []
    numbers: dict[str, int] = {}
    for path, data in zip(own, read_blobs(mirror, list(own.values())), strict=True):
        text = decode(data) if data is not None and len(data) <= settings.max_ranked_bytes else None
        if not isinstance(text, bytes) or chunks.is_minified(text):
            continue
        coded = path.encode()
        _, found = extract(
            languages.of_file(coded, text), languages.extension(coded), text, settings.max_parsed_bytes
        )
        cuts = chunks.cut(text, list(zip(found.leads, found.ends, strict=True)))
        if not cuts:
            continue
        numbers[path] = len(numbers)
        shown = path_text(path)
        for start, end in zip(cuts, [*cuts[1:], len(text)], strict=True):
            texts.append(plain(text[start:end]))
            paths.append(shown)
            files.append(numbers[path])
    questions = json.loads((DEV.parent / "annotations" / f"{entry['name']}.json").read_text())
    return JudgedRepository(
        str(entry["name"]),
        bags_of(vocabulary, texts, paths),
        np.array(files),
        bags_of(vocabulary, [plain(question["query"].encode()) for question in questions]),
        [question["category"] for question in questions],
        [
            {numbers[path] for path in question["relevant"] + question["secondary"] if path in numbers}
            for question in questions
        ],
    )


def file_scores(cosines: Floats, files: npt.NDArray[np.int64]) -> Floats:
    """f32[questions, files]: the mean of each file's best chunks, fewer where it has fewer."""
    count = int(files.max()) + 1
    starts = np.searchsorted(files, np.arange(count + 1))
    out = np.empty((len(cosines), count), np.float32)
    for file in range(count):
        own = cosines[:, starts[file] : starts[file + 1]]
        out[:, file] = np.sort(own, axis=1)[:, -BEST_CHUNKS:].mean(axis=1)
    return out


def ndcg(order: npt.NDArray[np.int64], targets: set[int]) -> float:
    """NDCG@10 with binary gain of the files in `order`."""
    gain = sum(1 / np.log2(rank + 2) for rank, file in enumerate(order[:TOP]) if int(file) in targets)
    return float(gain / sum(1 / np.log2(rank + 2) for rank in range(min(TOP, len(targets)))))


def evaluate(
    judged: list[JudgedRepository], query: Callable[[Bags], Floats], code: Callable[[Bags], Floats]
) -> dict[str, float]:
    """Mean over repositories of the mean NDCG@10, for each category and for all questions."""
    by_category: dict[str, list[float]] = defaultdict(list)
    for repository in judged:
        scores = file_scores(query(repository.queries) @ code(repository.code).T, repository.files)
        order = np.argsort(-scores, axis=1, kind="stable")
        found: dict[str, list[float]] = defaultdict(list)
        for row, category, targets in zip(order, repository.categories, repository.targets, strict=True):
            value = ndcg(row, targets) if targets else 0.0
            found[category].append(value)
            found["all"].append(value)
        for category, values in found.items():
            by_category[category].append(float(np.mean(values)))
    return {category: float(np.mean(values)) for category, values in sorted(by_category.items())}
