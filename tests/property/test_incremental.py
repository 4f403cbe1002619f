"""Whatever happens to a tree between refreshes, the index ends as one built from nothing."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from pathlib import Path

from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from trees import answers, contents, folder_for_all, fresh, settle, without_privileges, write_tree

from codelode.app import Index
from codelode.settings import Settings

LIMITS = Settings(max_ranked_bytes=3_000, max_exact_bytes=40_000, jobs=1)
"""Small, so that files of every kind stay small."""

QUERIES = [
    ("exact", "alpha"),
    ("exact", "Beta_Gamma"),
    ("exact", "ümlaut"),
    ("exact", "e"),
    ("regex", r"\bparse\w+\("),
    ("regex", "^$"),
    ("words", "parse config"),
    ("words", "alpha beta gamma"),
    ("words", "reader"),
    ("hybrid", "parse config"),
    ("semantic", "reader of tokens"),
    ("symbol", "parse_config"),
    ("symbol", "parse"),
    ("outline", ""),
    ("refs", "parse_config"),
    ("callers", "parse_config"),
]

FOLDERS = ["", "lib/", "lib/deep/", "out put/"]
NAMES = ["a.py", "b.c", "reader.txt", "Makefile", "ümlaut.md", "x.o"]
PATHS = [folder + name for folder in FOLDERS for name in NAMES]
RULE_FILES = [".gitignore", "lib/.gitignore", ".codelodeignore"]
RULES = ["", "*.o\n", "lib/\n", "/a.py\n!deep\n", "*\n!*.py\n!*/\n", "deep/*.c\n", "# nothing\n\\ \n"]

TEXTS = {
    "code": b"def parse_config(alpha):\n    return alpha\n",
    "twin": b"def parse_config(omega):\n    return omega\n",  # the same size
    "caller": b"class Reader:\n    def load(self, beta):\n        return parse_config(beta)\n",
    "camel": b"int parseConfigReader(Beta_Gamma *x)\n{\n\treturn 1;\n}\n" * 3,
    "many": b"".join(b"alpha beta %d gamma\n" % n for n in range(120)),
    "large": b"".join(b"alpha parse%d(reader)\n" % n for n in range(300)),
    "larger": b"too large for anything\n" * 2_000,
    "minified": b"var alpha=parse(1);" * 110,
    "latin": "ümlaut alpha é\n".encode("latin-1"),
    "wide": "ümlaut beta 16\n".encode("utf-16"),
    "broken": b"\xff\xfe\x00\xd8\x00\x00x",
    "binary": b"alpha\0beta\n",
    "marked": b"\xef\xbb\xbfalpha with a mark\r\nparse(x)\r\n",
    "endless": b"no newline alpha",
    "empty": b"",
}

path = st.sampled_from(PATHS)
text = st.sampled_from(sorted(TEXTS))
STEP = st.one_of(
    st.tuples(st.just("write"), path, text),
    st.tuples(st.just("write"), path, text),
    st.tuples(st.just("write"), path, st.sampled_from(["code", "twin"])),
    st.tuples(st.just("disguise"), path, text),
    st.tuples(st.just("touch"), path, st.sampled_from([0, 1, 10**18 + 5, 2**61])),
    st.tuples(st.just("rename"), path, path),
    st.tuples(
        st.just("rename folder"), st.sampled_from(["lib", "out put"]), st.sampled_from(["lib", "moved"])
    ),
    st.tuples(st.just("delete"), path, st.just("")),
    st.tuples(st.just("delete folder"), st.sampled_from(["lib", "lib/deep", "moved"]), st.just("")),
    st.tuples(st.just("chmod"), path, st.sampled_from([0o000, 0o600, 0o755])),
    st.tuples(st.just("rule"), st.sampled_from(RULE_FILES), st.sampled_from(RULES)),
    st.tuples(st.just("link"), path, path),
    st.tuples(st.just("replace by folder"), path, st.just("")),
    st.tuples(st.just("refresh"), st.booleans(), st.just("")),
    *[st.tuples(st.just("write and refresh"), path, text)] * 4,  # many small segments: merges
)


class _Tree:
    def __init__(self, folder: Path) -> None:
        self.root = folder / "tree"
        self.root.mkdir()
        self.index = Index(self.root, LIMITS, index_dir=str(folder / "index"))

    def take(self, step: tuple[str, object, object]) -> None:
        kind, first, second = step
        if kind == "refresh":
            self.index.refresh(thorough=bool(first))
            return
        if kind == "write and refresh":
            self.take(("write", first, second))
            self.index.refresh(thorough=False)
            return
        target = self.root / str(first)
        with contextlib.suppress(OSError):  # not every step makes sense on every tree
            self._change(kind, target, second)

    def _change(self, kind: str, target: Path, second: object) -> None:
        if kind == "write":
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(TEXTS[str(second)])
        elif kind == "disguise":  # an edit that restores the modification time
            before = target.stat()
            target.write_bytes(TEXTS[str(second)])
            os.utime(target, ns=(before.st_atime_ns, before.st_mtime_ns))
        elif kind == "touch":
            assert isinstance(second, int)
            os.utime(target, ns=(second, second) if second else (time.time_ns(), time.time_ns()))
        elif kind == "rename":
            (self.root / str(second)).parent.mkdir(parents=True, exist_ok=True)
            target.replace(self.root / str(second))
        elif kind == "rename folder":
            target.rename(self.root / str(second))
        elif kind == "delete":
            target.unlink()
        elif kind == "delete folder":
            shutil.rmtree(target)
        elif kind == "chmod":
            assert isinstance(second, int)
            target.chmod(second, follow_symlinks=True)
        elif kind == "rule":
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(str(second))
        elif kind == "link":
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to(self.root / str(second))
        else:
            target.unlink()
            write_tree(target, {"inner.py": TEXTS["code"]})


@hypothesis_settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(
    start=st.dictionaries(path, text, max_size=12),
    steps=st.lists(STEP, max_size=40),
)
def test_ends_as_a_fresh_build(start: dict[str, str], steps: list[tuple[str, object, object]]) -> None:
    with folder_for_all() as folder, without_privileges():
        tree = _Tree(folder)
        write_tree(tree.root, {name: TEXTS[kind] for name, kind in start.items()})
        tree.index.refresh()
        for step in steps:
            tree.take(step)
        tree.index.refresh(thorough=False)
        expected = fresh(tree.root, folder / "fresh", LIMITS)
        assert contents(tree.index.location) == contents(expected.location)
        assert answers(tree.index, QUERIES) == answers(expected, QUERIES)
        assert tree.index.verify() == []
        settle(tree.root)
        tree.index.refresh(thorough=False)
        generation = tree.index.status().generation
        report = tree.index.refresh(thorough=False)
        assert report.read_bytes == 0
        assert report.generation == generation, "a refresh that changes nothing commits nothing"
        tree.index.close()
        expected.close()
