"""The documents against the code: the format page byte by byte, links and names, and every example that can run."""

from __future__ import annotations

import doctest
import importlib
import itertools
import json
import os
import re
import shlex
import shutil
import sqlite3
import struct
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import xxhash
from trees import write_tree

from codelode.app import Index
from codelode.embed import static
from codelode.errors import IndexFormatError
from codelode.store import format as versions
from codelode.store.catalog import Catalog, SegmentRow
from codelode.store.files import CATALOG

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "src" / "codelode"
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
FORMAT = (ROOT / "docs" / "format.md").read_text("utf-8")
BUNDLED, IN_PACKAGE = static.FILE.parent, ("model", "lexicon")
"""Column files that are no part of an index, and where they are."""

HEX_16, HEX_32 = r"\b[0-9a-f]{16}\b", r"\b[0-9a-f]{32}\b"


def names(paths: list[Path]) -> list[str]:
    return [path.relative_to(ROOT).as_posix() for path in paths]


# ---- docs/format.md


def section(heading: str) -> str:
    """The text below `heading`, down to the next heading."""
    found = re.search(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#|\Z)", FORMAT, re.M | re.S)
    assert found, heading
    return found[1]


def tables(text: str) -> dict[str, dict[str, str]]:
    """For each table in `text`, by its first heading: the second cell of each row by the code in the first."""
    found: dict[str, dict[str, str]] = {}
    heading = ""
    for line in text.splitlines():
        if not line.startswith("|"):
            heading = ""
            continue
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not heading:
            heading = cells[0]
            found[heading] = {}
        elif name := re.fullmatch(r"`(.+)`", cells[0]):
            found[heading][name[1]] = cells[1]
    return found


class Sample(NamedTuple):
    """A small index in which everything that an index can have occurs."""

    root: Path
    folder: Path
    segments: list[Path]

    def tombstones(self, name: str) -> set[int]:
        catalog = Catalog(self.folder / CATALOG, create=False)
        try:
            return next(row.dead_ordinals() for row in catalog.segments() if row.name == name)
        finally:
            catalog.close()


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sample]:
    place = tmp_path_factory.mktemp("docs")
    texts: dict[str, str | bytes] = {
        f"src/file_{number}.c": f"int shared_{number};\n" for number in range(40)
    }
    texts |= {"wide.txt": "wide words\n".encode("utf-16"), "blob.bin": b"\0", "ends": b"no newline"}
    texts |= {"min.js": "x" * 50_000, "src/.gitignore": "*.o\n", "src/a.o": "x", "empty": ""}
    # Larger than a trigram block, whatever that measures today.
    texts["long.c"] = "".join(f"line {number} of a long file\n" for number in range(12_000))
    root = write_tree(place / "tree", texts)
    with Index(root, index_dir=str(place / "index")) as index:
        index.refresh()
        (root / "src" / "file_3.c").write_text("int something_else;\n")
        (root / "src" / "file_7.c").unlink()
        index.refresh()
        folder = Path(index.location)
        index.status()  # an open connection, and with it SQLite's log
        yield Sample(root, folder, sorted((folder / "segments").iterdir()))


def test_every_file_of_an_index_is_described(sample: Sample) -> None:
    listed = re.findall(r"^( *)(\S+)(?: .*)?$", section("The folder").split("```")[1], re.M)
    described = set()
    above = [""]
    for indent, name in listed:
        above[len(indent) // 2 + 1 :] = [name]
        described.add("".join(above[: len(indent) // 2 + 2]))
    described |= {f"segments/<name>/{name}" for name in re.findall(r"^(terms/\S+) ", section("terms/"), re.M)}
    files = [
        path.relative_to(sample.folder).as_posix() for path in sample.folder.rglob("*") if path.is_file()
    ]
    files = [name for name in files if not name.startswith("metrics/")]  # a section says which may be there
    found = {re.sub(HEX_32, "<id>", re.sub(HEX_16, "<name>", name)) for name in files}
    assert {"catalog.db-wal", "segments/<name>/terms/<id>.store"} <= found
    assert found <= described
    stale = {name for name in described - found if not name.endswith(("/", ".gone"))}
    assert not stale


def test_what_stands_in_the_small_files(sample: Sample) -> None:
    assert (sample.folder / ".gitignore").read_bytes() == b"*\n"
    assert (sample.folder / "build.lock").read_bytes() == str(os.getpid()).encode()


def rows(sample: Sample, statement: str) -> list[tuple[Any, ...]]:
    db = sqlite3.connect(sample.folder / CATALOG)
    try:
        return db.execute(statement).fetchall()
    finally:
        db.close()


def test_every_table_and_column_of_the_catalog_is_described(sample: Sample) -> None:
    found = {name for (name,) in rows(sample, "SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert found == set(re.findall(r"^### table (\w+)$", FORMAT, re.M))
    for table in found:
        columns = {row[1]: row[2] for row in rows(sample, f"PRAGMA table_info({table})")}
        assert tables(section(f"table {table}"))["column"] == columns
    for table in ("segments", "meta", "files"):
        for row in rows(sample, f"SELECT * FROM {table}"):  # noqa: S608
            assert row[-1] == zlib.crc32(repr(row[:-1]).encode("utf-8", "surrogateescape"))


def test_every_key_of_meta_is_described(sample: Sample) -> None:
    found = {key: json.loads(value) for key, value in rows(sample, "SELECT key, value FROM meta")}
    described = tables(section("table meta"))["key"]
    assert described.keys() == found.keys()
    assert bytes.fromhex(found["root"]) == os.fsencode(os.path.realpath(sample.root))
    assert f"now {found['format_version']};" in described["format_version"]
    assert described["analysis_version"].endswith(f"now {found['analysis_version']}")


def test_the_three_kinds_of_rows(sample: Sample) -> None:
    kinds = {
        path: (bool(segment), ordinal >= 0, reason, len(digest))
        for path, segment, ordinal, reason, digest in rows(
            sample, "SELECT path, segment, ordinal, reason, hash FROM files"
        )
    }
    assert kinds[b"wide.txt"] == (True, True, "", 16)
    assert kinds[b"min.js"] == (True, True, "minified", 16)
    assert kinds[b"blob.bin"] == (False, False, "binary", 16)
    assert kinds[b"src/a.o"] == (False, False, "ignored_by_rule", 0)


def test_the_manifest(sample: Sample) -> None:
    guards = dict(rows(sample, "SELECT name, guard FROM segments"))
    assert len(sample.segments) == 2
    for folder in sample.segments:
        check, body, rest = (folder / "segment.json").read_bytes().split(b"\n")
        assert (check.decode(), rest) == (xxhash.xxh3_64_hexdigest(body), b"")
        manifest = json.loads(body)
        assert tables(section("segment.json"))["key"].keys() == manifest.keys()
        assert f"layout, now {manifest['version']}" in tables(section("segment.json"))["key"]["version"]
        files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
        del files["segment.json"]
        assert (
            manifest["guard"]
            == json.loads(guards[folder.name])
            == {
                name: [
                    path.stat().st_size,
                    path.stat().st_mtime_ns,
                    xxhash.xxh3_64_hexdigest(path.read_bytes()),
                ]
                for name, path in files.items()
            }
        )


class Columns(NamedTuple):
    """A column file read by nothing but what docs/format.md says."""

    version: int
    kind: str
    meta: dict[str, Any]
    arrays: dict[str, Any]


def read_columns(path: Path) -> Columns:
    data = path.read_bytes()
    assert data[:8] == b"CLDCOLS1"
    version, size = struct.unpack("<II", data[8:16])
    assert struct.unpack("<Q", data[16 + size : 24 + size]) == (xxhash.xxh3_64_intdigest(data[: 16 + size]),)
    base = -(-(24 + size) // 64) * 64
    assert not data[24 + size : base].strip(b"\0")
    header = json.loads(data[16 : 16 + size])
    assert header.keys() == {"kind", "meta", "columns"}
    arrays = {}
    at = base
    for name, column in header["columns"].items():
        assert column.keys() == tables(section("Column files"))["key"].keys()
        array = np.frombuffer(data, column["dtype"], column["count"], base + column["offset"])
        assert base + column["offset"] == at
        assert xxhash.xxh3_64_hexdigest(array.tobytes()) == column["xxh3"]
        end = at + array.nbytes
        at = -(-end // 64) * 64
        assert not data[end:at].strip(b"\0")
        arrays[name] = array
    assert at == len(data)
    return Columns(version, header["kind"], header["meta"], arrays)


@pytest.mark.parametrize("kind", list(versions.COLUMN_VERSIONS))
def test_every_column_is_described(sample: Sample, kind: str) -> None:
    text = section(f"{kind}.col")
    for folder in [BUNDLED] if kind in IN_PACKAGE else sample.segments:
        found = read_columns(folder / f"{kind}.col")
        assert f"Kind `{found.kind}`, version {found.version}." in text
        assert tables(text)["column"] == {name: array.dtype.name for name, array in found.arrays.items()}
        assert tables(text).get("meta key", {}).keys() == found.meta.keys()


def paths_of(files: Columns) -> list[bytes]:
    blob, offsets = files.arrays["paths"].tobytes(), files.arrays["path_offsets"].tolist()
    return [blob[start:end] for start, end in itertools.pairwise(offsets)]


def text_of(sample: Sample, path: bytes) -> bytes:
    data = (sample.root / os.fsdecode(path)).read_bytes()
    return data.decode("utf-16").encode() if path == b"wide.txt" else data


def test_the_file_table_repeats_the_catalog(sample: Sample) -> None:
    told = {
        (segment, ordinal): row
        for segment, ordinal, *row in rows(
            sample,
            "SELECT segment, ordinal, path, size, mtime_ns, ctime_ns, hash, language, reason, racy "
            "FROM files WHERE segment <> ''",
        )
    }
    for folder in sample.segments:
        files = read_columns(folder / "files.col")
        column = files.arrays
        for ordinal, path in enumerate(paths_of(files)):
            if ordinal in sample.tombstones(folder.name):
                assert (folder.name, ordinal) not in told
                continue
            times = [int(column[name][ordinal]) for name in ("size", "mtime_ns", "ctime_ns")]
            digest = column["hash"][16 * ordinal : 16 * ordinal + 16].tobytes()
            language = files.meta["languages"][column["language"][ordinal]]
            reason = files.meta["reasons"][column["reason"][ordinal]]
            # A row that was marked racy loses the mark in the catalog once its hash was looked at again.
            assert told[folder.name, ordinal][:-1] == [path, *times, digest, language, reason]
            assert digest == xxhash.xxh3_128_digest((sample.root / os.fsdecode(path)).read_bytes())
            assert column["plain"][ordinal] == (path != b"wide.txt")


def test_chunks_lie_where_the_table_says(sample: Sample) -> None:
    several = False
    for folder in sample.segments:
        paths = paths_of(read_columns(folder / "files.col"))
        column = read_columns(folder / "chunks.col").arrays
        assert np.all(np.diff(column["file"].astype(int)) >= 0)
        for file, start, line in zip(
            *(column[name].tolist() for name in ("file", "start", "line")), strict=True
        ):
            if file in sample.tombstones(folder.name):
                continue
            before = text_of(sample, paths[file])[:start]
            assert before.count(b"\n") == line - 1
            assert before[-1:] in (b"", b"\n")
            several = several or line > 1
    assert several


def trigrams(block: bytes) -> set[int]:
    text = (block if block.endswith(b"\n") else block + b"\n").lower()
    return {a * 65_536 + b * 256 + c for a, b, c in zip(text, text[1:], text[2:], strict=False)}


def blocks_of(sample: Sample, folder: Path, column: dict[str, Any]) -> Iterator[tuple[int, bytes]]:
    """Number and text of each block of a living file; checks what the columns say of it."""
    paths = paths_of(read_columns(folder / "files.col"))
    owners, starts, lines = (column[name].tolist() for name in ("owners", "starts", "lines"))
    assert sorted(set(owners)) == list(range(len(paths)))
    assert owners == sorted(owners)
    for number, (owner, start, line) in enumerate(zip(owners, starts, lines, strict=True)):
        if owner in sample.tombstones(folder.name):
            continue
        text = text_of(sample, paths[owner])
        last = number + 1 == len(owners) or owners[number + 1] != owner
        block = text[start : len(text) if last else starts[number + 1]]
        assert line == text.count(b"\n", 0, start) + 1
        assert last or block.endswith(b"\n")
        yield number, block


def test_postings_are_lists_or_bitmaps(sample: Sample) -> None:
    forms = set()
    cut = False
    for folder in sample.segments:
        column = read_columns(folder / "trigrams.col").arrays
        keys, offsets, postings = (column[name] for name in ("keys", "offsets", "postings"))
        alive = dict(blocks_of(sample, folder, column))
        count = len(column["owners"])
        cut = cut or count > len(set(column["owners"].tolist()))
        units = -(-count // 16)
        told: dict[int, set[int]] = {}
        for key, (start, end) in zip(keys.tolist(), itertools.pairwise(offsets.tolist()), strict=True):
            part = postings[start:end]
            forms.add((count > 16, len(part) == units))
            if len(part) == units:
                bits = part.tobytes()
                told[key] = {number for number in range(count) if bits[number >> 3] >> (number & 7) & 1}
            else:
                assert sorted(set(part.tolist())) == part.tolist()
                assert len(part) < units
                told[key] = set(part.tolist())
        wanted: dict[int, set[int]] = {}
        for number, block in alive.items():
            for key in trigrams(block):
                wanted.setdefault(key, set()).add(number)
        assert {key: found & alive.keys() for key, found in told.items() if found & alive.keys()} == wanted
    assert cut
    assert forms == {(True, True), (True, False), (False, True)}


def test_tombstones_are_ordinals(sample: Sample) -> None:
    dead = {}
    for name, blob in rows(sample, "SELECT name, tombstones FROM segments"):
        paths = paths_of(read_columns(sample.folder / "segments" / name / "files.col"))
        ordinals = [int.from_bytes(blob[at : at + 2], "little") for at in range(0, len(blob), 2)]
        dead[name] = [paths[ordinal] for ordinal in ordinals]
        assert SegmentRow.pack(ordinals) == blob
    assert sorted(path for paths in dead.values() for path in paths) == [b"src/file_3.c", b"src/file_7.c"]


def test_every_field_of_the_terms_is_described(sample: Sample) -> None:
    described = tables(section("terms/"))["field"]
    for folder in sample.segments:
        meta = json.loads((folder / "terms" / "meta.json").read_text("utf-8"))
        assert {field["name"]: field["type"] for field in meta["schema"]} == described


def test_a_newer_format_is_refused(sample: Sample, tmp_path: Path) -> None:
    copied = shutil.copytree(sample.folder, tmp_path / "index")
    catalog = Catalog(copied / CATALOG, create=False)
    catalog.note("format_version", versions.CATALOG_VERSION + 1)
    catalog.close()
    with Index(sample.root, index_dir=str(copied)) as index:
        with pytest.raises(IndexFormatError, match="newer"):
            index.search("shared")
        assert index.refresh(rebuild=True).files > 0
        assert index.search("something_else", mode="exact").hits


# ---- names and links


@pytest.mark.parametrize("document", DOCUMENTS, ids=names(DOCUMENTS))
def test_links_lead_somewhere(document: Path) -> None:
    prose = re.sub(r"```.*?```", "", document.read_text("utf-8"), flags=re.S)
    for target in re.findall(r"\]\(([^)\s]+)\)", prose):
        if re.match(r"https?:", target):
            continue
        path, _, anchor = target.partition("#")
        other = document.parent / path if path else document
        assert other.exists(), target
        headings = re.findall(r"^#+ (.+)$", other.read_text("utf-8"), re.M) if anchor else []
        anchors = [re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings]
        assert not anchor or anchor in anchors, target


@pytest.mark.parametrize("document", DOCUMENTS, ids=names(DOCUMENTS))
def test_modules_and_functions_that_are_named_exist(document: Path) -> None:
    prose = re.sub(r"```.*?```", "", document.read_text("utf-8"), flags=re.S)
    for name in re.findall(r"`([\w/]+\.py)`", prose):
        assert (SOURCES / name).exists() or (ROOT / name).exists(), name
    for name in re.findall(r"`(tests/\w+)`", prose):
        assert (ROOT / name).is_dir(), name
    for name, module in re.findall(r"`([A-Za-z_]+(?:\.[a-z_]+)?)`\s\(`(\w+/?\w*)\.py`\)", prose):
        if name.endswith(".json"):
            continue
        scope: Any = importlib.import_module("codelode." + module.replace("/", "."))
        for part in name.split("."):
            scope = getattr(scope, part)


def test_make_targets_exist() -> None:
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text("utf-8"), re.M))
    for document in DOCUMENTS:
        used = set(re.findall(r"(?:^|`)make ([a-z]+)", document.read_text("utf-8"), re.M))
        assert used <= targets, document


def test_the_readme_names_every_dependency() -> None:
    declared = re.search(
        r"^dependencies = \[(.*?)\]", (ROOT / "pyproject.toml").read_text("utf-8"), re.M | re.S
    )
    assert declared
    # The grammars are in docs/languages.md, which has tests of its own.
    wanted = [name for name in re.findall(r'"([\w-]+)', declared[1]) if not name.startswith("tree-sitter-")]
    text = (ROOT / "README.md").read_text("utf-8")
    assert re.findall(r"^\| `([\w-]+)` \|", text, re.M) == wanted


# ---- examples


def blocks(language: str) -> list[tuple[str, str]]:
    """Document and content of each block of `language`."""
    return [
        (document.relative_to(ROOT).as_posix(), block)
        for document in DOCUMENTS
        for block in re.findall(rf"^```{language}\n(.*?)^```", document.read_text("utf-8"), re.M | re.S)
    ]


class Place(NamedTuple):
    """A copy of this repository to try the examples in, with its own cache and settings."""

    folder: Path
    environ: dict[str, str]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    home = tmp_path_factory.mktemp("home")
    folder = home / "codelode"
    for name in ("src", "docs"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in (".gitignore", "Makefile", "README.md", "pyproject.toml"):
        shutil.copy(ROOT / name, folder / name)
    clutter = {
        ".git/HEAD": "ref: refs/heads/main\n",
        ".venv/pyvenv.cfg": "",
        "src/codelode/__pycache__/a.pyc": "",
    }
    write_tree(folder, clutter)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CODELODE_")}
    folders = {
        "HOME": str(home),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "XDG_CONFIG_HOME": str(home / "none"),
    }
    return Place(folder, {**kept, **folders, "PYTHONUTF8": "1"})


class Step(NamedTuple):
    """A command of an example, what it prints and how it ends."""

    command: str
    output: list[str]
    status: int


def steps(block: str) -> list[Step]:
    found: list[Step] = []
    asked = False
    for line in block.splitlines():
        if line == "$ echo $?":
            asked = True
        elif line.startswith("$ "):
            asked = False
            found.append(Step(line[2:], [], 0))
        elif asked:
            found[-1] = found[-1]._replace(status=int(line))
        else:
            found[-1].output.append(line)
    return found


CONSOLE = blocks("console")
WITH_CONSOLE = list(dict.fromkeys(document for document, _ in CONSOLE))


def plain(line: str, place: Place) -> str:
    """`line` without what differs from run to run: numbers, their units, hashes, the folder it ran in."""
    line = line.replace(str(place.folder.parent), "/home/you").replace("(just now)", "(1 s ago)")
    line = re.sub(HEX_16, "#", line)
    line = re.sub(r"\d[\d,.]*( (s|ms|min|[kMG]?B)\b(/s)?)?", "#", line)
    return re.sub(r"\s+", " ", line).strip()


@pytest.mark.parametrize("document", WITH_CONSOLE)
def test_console_examples(place: Place, document: str) -> None:
    # All blocks of a document in one test: a reader runs them in order, and the first builds the index.
    for step in [step for owner, block in CONSOLE if owner == document for step in steps(block)]:
        program, *words = shlex.split(step.command)
        assert program == "codelode", f"{document}: only codelode runs in console blocks"
        done = subprocess.run(
            [sys.executable, "-m", "codelode", *words],
            cwd=place.folder,
            env=place.environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )
        assert done.returncode == step.status, (step.command, done.stderr)
        printed = [plain(line, place) for line in done.stdout.splitlines()]
        at, gap = 0, False
        for line in step.output:
            if line == "...":
                gap = True
                continue
            wanted = plain(line, place)
            assert wanted in printed[at:], (step.command, printed[at:])
            found = printed.index(wanted, at)
            assert gap or found == at, (step.command, f"lines missing before {line!r}", printed[at:found])
            at, gap = found + 1, False
        assert gap or at == len(printed), (step.command, "prints more", printed[at:])


def test_there_are_examples() -> None:
    assert [document for document, _ in CONSOLE].count("README.md") >= 2
    assert sum(len(steps(block)) for _, block in CONSOLE) >= 4
    assert any(">>>" in block for document, block in blocks("python") if document == "README.md")


@pytest.fixture
def inside(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place.folder)
    for name in ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, place.environ[name])


def run_examples(examples: list[doctest.DocTest]) -> int:
    runner = doctest.DocTestRunner(verbose=False)
    report: list[str] = []
    for example in examples:
        runner.run(example, out=report.append)
    assert not runner.failures, "".join(report)
    return runner.tries


@pytest.mark.usefixtures("inside")
def test_python_examples() -> None:
    parser = doctest.DocTestParser()
    found = [
        parser.get_doctest(block, {}, document, document, 0)
        for document, block in blocks("python")
        if ">>>" in block
    ]
    assert run_examples(found) >= 4


@pytest.mark.usefixtures("inside")
@pytest.mark.parametrize(
    ("module", "least"), [("codelode", 1), ("codelode.app", 4), ("codelode.questions", 10)]
)
def test_docstring_examples(module: str, least: int) -> None:
    found = doctest.DocTestFinder(exclude_empty=True).find(importlib.import_module(module))
    assert run_examples([test for test in found if test.examples]) >= least
