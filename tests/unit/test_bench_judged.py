"""The judged questions of our own are complete and in the form that the scoring script reads."""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

DATA = Path(__file__).resolve().parents[2] / "bench" / "quality" / "dev"
REPOSITORIES: list[dict[str, Any]] = json.loads((DATA / "repos.json").read_text(encoding="utf-8"))
CATEGORIES = {"semantic", "architecture", "symbol"}


def test_each_repository_has_its_questions_and_nothing_else_is_there() -> None:
    names = [repository["name"] for repository in REPOSITORIES]
    assert len(set(names)) == len(names)
    assert sorted(f"{name}.json" for name in names) == sorted(
        p.name for p in (DATA / "annotations").iterdir()
    )
    assert all(len(repository["revision"]) == 40 for repository in REPOSITORIES)


@pytest.mark.parametrize("repository", REPOSITORIES, ids=lambda repository: repository["name"])
def test_questions_differ_and_name_one_or_two_files_under_the_searched_folder(
    repository: dict[str, Any],
) -> None:
    path = DATA / "annotations" / f"{repository['name']}.json"
    items = json.loads(path.read_text(encoding="utf-8"))
    assert len({item["query"] for item in items}) == len(items) >= 20
    assert {item["category"] for item in items} == CATEGORIES
    for item in items:
        files = [*item["relevant"], *item["secondary"]]
        assert 1 <= len(item["relevant"]) <= 2
        assert len(item["secondary"]) <= 2
        assert len(set(files)) == len(files)
        folder = PurePosixPath(repository["benchmark_root"] or "")
        assert all(PurePosixPath(file).is_relative_to(folder) for file in files)
