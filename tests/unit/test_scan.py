from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from codelode.errors import RootError
from codelode.ingest.scan import ScanResult, scan
from codelode.model import SkipReason, sort_key
from codelode.settings import Settings

ALL = Settings(ignore_files=False)


@pytest.fixture(autouse=True)
def no_configuration(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    home = str(tmp_path_factory.mktemp("home"))
    for name in ("HOME", "USERPROFILE", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, home)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.delenv("GIT_CONFIG_GLOBAL", raising=False)


def make(root: Path, *paths: str, **contents: str) -> None:
    for path, text in [*((path, "") for path in paths), *contents.items()]:
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)


def files(found: ScanResult) -> list[bytes]:
    return [row[0] for row in found.files]


def reasons(found: ScanResult) -> dict[bytes, SkipReason]:
    return {row[0]: row[1] for row in found.skipped}


def details(found: ScanResult) -> dict[bytes, str]:
    return {row[0]: row[2] for row in found.skipped}


def test_rows_carry_lstat_and_come_in_path_order(tmp_path: Path) -> None:
    make(tmp_path, "b", "a/z", "a-b", "a/b/c", "a/b-c", "a.b", "Z", "a!/x", **{"sized": "12345"})
    found = scan(str(tmp_path), ALL)
    expected = [b"Z", b"a/b/c", b"a/b-c", b"a/z", b"a!/x", b"a-b", b"a.b", b"b", b"sized"]
    assert files(found) == sorted(expected, key=sort_key) == expected
    for path, size, mtime_ns, ctime_ns in found.files:
        info = os.lstat(tmp_path / os.fsdecode(path))
        assert (size, mtime_ns, ctime_ns) == (info.st_size, info.st_mtime_ns, info.st_ctime_ns)
    assert (found.skipped, found.errors, found.folders) == ([], [], 4)


def test_empty_root(tmp_path: Path) -> None:
    found = scan(str(tmp_path), Settings())
    assert (found.files, found.skipped, found.errors, found.folders) == ([], [], [], 1)


def test_root_may_be_relative_or_a_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, "real/a")
    (tmp_path / "link").symlink_to("real")
    monkeypatch.chdir(tmp_path)
    assert files(scan("real", ALL)) == files(scan("link", ALL)) == files(scan("real/", ALL)) == [b"a"]


@pytest.mark.parametrize(
    ("root", "message"), [("none", "does not exist"), ("file", "is not a folder"), ("a\0b", "cannot be read")]
)
def test_bad_root(tmp_path: Path, root: str, message: str) -> None:
    make(tmp_path, "file")
    with pytest.raises(RootError, match=message):
        scan(f"{tmp_path}/{root}", ALL)


def test_names_that_are_no_text(tmp_path: Path) -> None:
    names = {b"new\nline", b"\xff\xfe", "é".encode(), b" ", b"*", b"ignored\n.o", b"x\n*"}
    for name in names:
        (tmp_path / os.fsdecode(name)).touch()
    make(tmp_path, **{".ignore": "*.o\nx?[*]\nline\n/new\n"})
    found = scan(str(tmp_path), Settings())
    assert set(files(found)) == names - {b"ignored\n.o", b"x\n*"} | {b".ignore"}
    assert details(found) == {b"ignored\n.o": ".ignore:1: *.o", b"x\n*": ".ignore:2: x?[*]"}


def test_special_files_are_named_and_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    os.mkfifo(tmp_path / ".gitignore")  # reading it would wait forever
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(tmp_path / "socket"))
        found = scan(str(tmp_path), Settings())
    assert found.files == []
    assert reasons(found) == dict.fromkeys((b"fifo", b"socket", b".gitignore"), SkipReason.NOT_A_FILE)
    assert details(found) == {b"fifo": "FIFO", b"socket": "socket", b".gitignore": "FIFO"}


def test_devices_are_not_files() -> None:
    found = scan("/dev", ALL)
    assert details(found)[b"null"] == "character device"
    assert b"null" not in files(found)


def test_links_are_not_followed(tmp_path: Path) -> None:
    root = tmp_path / "root"
    make(tmp_path, "root/d/file", "out/file", "root-beside/file")
    links = {
        "to-file": "d/file",
        "to-folder": "d",
        "d/up": "..",
        "absolute": str(root / "d"),
        "out": "../out",
        "beside": "../root-beside/file",
        "dangling": "gone",
        "loop-a": "loop-b",
        "loop-b": "loop-a",
        "through-a-file": "d/file/x",
        "twice": "to-folder/file",
    }
    for name, target in links.items():
        (root / name).symlink_to(target)
    found = scan(str(root), ALL)
    outside = {b"out", b"beside", b"dangling", b"loop-a", b"loop-b", b"through-a-file"}
    assert files(found) == [b"d/file"]
    assert {path for path, why in reasons(found).items() if why is SkipReason.OUTSIDE_ROOT} == outside
    inside = {name.encode() for name in links} - outside
    assert {path for path, why in reasons(found).items() if why is SkipReason.SYMLINK} == inside
    assert details(found)[b"dangling"].startswith("leads nowhere: No such file")
    assert details(found)[b"out"].endswith("/out")
    row = next(row for row in found.skipped if row[0] == b"out")
    assert row[3:] == (len("../out"), os.lstat(root / "out").st_mtime_ns, os.lstat(root / "out").st_ctime_ns)


def test_an_ignored_folder_is_one_row_and_not_entered(tmp_path: Path) -> None:
    make(tmp_path, "build/deep/a", "a.o", "a.c", "d/a.o", **{".gitignore": "# out\n\nbuild/\n*.o\n"})
    make(tmp_path, **{"build/.gitignore": "!*\n"})
    found = scan(str(tmp_path), Settings())
    assert files(found) == [b".gitignore", b"a.c"]
    assert found.skipped == [
        (b"a.o", SkipReason.IGNORED_BY_RULE, ".gitignore:4: *.o", 0, 0, 0),
        (b"build/", SkipReason.IGNORED_BY_RULE, ".gitignore:3: build/", 0, 0, 0),
        (b"d/a.o", SkipReason.IGNORED_BY_RULE, ".gitignore:4: *.o", 0, 0, 0),
    ]
    assert found.folders == 2
    assert len(files(scan(str(tmp_path), ALL))) == 6


def test_git_data_and_the_index_folder_are_never_entered(tmp_path: Path) -> None:
    make(tmp_path, ".git/HEAD", "module/.git", "module/a", ".codelode/x", "d/index/x", "d/index2/x")
    for settings in (Settings(), ALL):
        found = scan(str(tmp_path), settings, skip_dirs=[b".codelode", b"d/index"])
        assert files(found) == [b"d/index2/x", b"module/a"]
        assert reasons(found) == dict.fromkeys((b".git/", b"module/.git"), SkipReason.IGNORED_BY_RULE)


def test_include_and_exclude(tmp_path: Path) -> None:
    make(tmp_path, "a.c", "a.h", "gen/a.c", "gen/keep.c", "src/gen/b.c", "x.md", **{".ignore": "a.h\n"})
    found = scan(str(tmp_path), Settings(include=("*.c", "*.h"), exclude=("/gen/*", "!keep.c", "src/")))
    assert files(found) == [b"a.c", b"gen/keep.c"]
    assert reasons(found) == {
        b".ignore": SkipReason.EXCLUDED,
        b"a.h": SkipReason.IGNORED_BY_RULE,
        b"gen/a.c": SkipReason.EXCLUDED,
        b"src/": SkipReason.EXCLUDED,
        b"x.md": SkipReason.EXCLUDED,
    }
    assert details(found)[b"src/"] == "exclude:3: src/"
    assert details(found)[b"x.md"] == "matches no include glob"


def test_too_large(tmp_path: Path) -> None:
    make(tmp_path, fits="123", over="1234")
    found = scan(str(tmp_path), Settings(max_exact_bytes=3, max_ranked_bytes=3))
    assert files(found) == [b"fits"]
    assert [row[:4] for row in found.skipped] == [(b"over", SkipReason.TOO_LARGE, "4 bytes, limit 3", 4)]
    info = (tmp_path / "over").stat()
    assert found.skipped[0][4:] == (info.st_mtime_ns, info.st_ctime_ns)


def many_then(root: Path, *later: str) -> None:
    """Enough files for one call of `progress` before the scan comes to `later`."""
    make(root, *(f"a/{i}" for i in range(2_000)), *later)


def test_what_goes_away_while_scanning_is_counted(tmp_path: Path) -> None:
    many_then(tmp_path, "b/file", "c/file", "d", "e")

    def remove(_: int) -> None:
        (tmp_path / "b" / "file").unlink()
        (tmp_path / "b").rmdir()
        (tmp_path / "c").rename(tmp_path / "moved")
        (tmp_path / "c").touch()
        (tmp_path / "d").unlink()

    found = scan(str(tmp_path), Settings(), progress=remove)
    assert reasons(found) == dict.fromkeys((b"b/", b"c/", b"d"), SkipReason.VANISHED)
    assert files(found)[2_000:] == [b"e"]
    assert found.errors == []


def test_progress_counts_up(tmp_path: Path) -> None:
    many_then(tmp_path, *(f"b/{i}" for i in range(2_500)), "c")
    seen: list[int] = []
    scan(str(tmp_path), ALL, progress=seen.append)
    assert seen == [2_000, 4_500]


def test_ctrl_c_stops_at_once(tmp_path: Path) -> None:
    many_then(tmp_path, "b/file")
    with pytest.raises(KeyboardInterrupt):
        scan(str(tmp_path), ALL, progress=lambda _: signal.raise_signal(signal.SIGINT))


UNREADABLE = """
import os, sys
from codelode.ingest.scan import scan
from codelode.settings import Settings
from codelode.errors import RootError
if os.geteuid() == 0:  # nothing is unreadable to root; all imports are done before this
    os.setgid(65534)
    os.setuid(65534)
found = scan(sys.argv[1], Settings())
for path, *_ in found.files:
    print("file", path)
for path, reason, detail, *_ in found.skipped:
    print(reason.value, path, detail)
for path, why in found.errors:
    print("error", os.path.basename(path.rstrip(b"/")), why)
try:
    scan(sys.argv[1] + "/closed", Settings())
except RootError as exc:
    print(str(exc).split("/")[-1])
"""


def test_what_may_not_be_read_is_reported_and_the_rest_goes_on() -> None:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        make(root, "a", "closed/x", "listed/x", "z", **{"d/.gitignore": "kept\n", "d/kept": ""})
        (root / "closed").chmod(0)
        (root / "listed").chmod(0o444)
        (root / "d" / ".gitignore").chmod(0)
        (root / "link").symlink_to("listed/x")
        root.chmod(0o755)
        try:
            ran = subprocess.run(
                [sys.executable, "-c", UNREADABLE, name],
                env={**os.environ, "HOME": name, "XDG_CONFIG_HOME": ""},
                capture_output=True,
                text=True,
                check=True,
            )
        finally:
            for closed in ("closed", "listed"):
                (root / closed).chmod(0o755)
    assert ran.stdout.splitlines() == [
        "file b'a'",
        "file b'd/.gitignore'",
        "file b'd/kept'",
        "file b'z'",
        "unreadable b'closed/' Permission denied",
        "unreadable b'link' Permission denied",
        "unreadable b'listed/x' Permission denied",
        "error b'closed' Permission denied",
        "error b'.gitignore' Permission denied",
        "error b'x' Permission denied",
        "closed cannot be read: Permission denied",
    ]


def test_a_tree_deeper_than_the_recursion_limit(tmp_path: Path) -> None:
    depth = sys.getrecursionlimit() + 200
    folders = [tmp_path]
    try:
        for _ in range(depth):
            folders.append(folders[-1] / "d")
            folders[-1].mkdir()
        (folders[-1] / "file").touch()
        found = scan(str(tmp_path), ALL)
        assert files(found) == [b"d/" * depth + b"file"]
        assert found.folders == depth + 1
    finally:
        (folders[-1] / "file").unlink(missing_ok=True)
        for folder in reversed(folders[1:]):
            folder.rmdir()


def test_a_path_longer_than_the_system_takes(tmp_path: Path) -> None:
    long = "n" * 250
    above = os.open(tmp_path, os.O_RDONLY)
    for _ in range(20):
        os.mkdir(long, dir_fd=above)
        below = os.open(long, os.O_RDONLY, dir_fd=above)
        os.close(above)
        above = below
    os.close(above)
    make(tmp_path, "z")
    found = scan(str(tmp_path), ALL)
    assert files(found) == [b"z"]
    assert [(row[1], row[2]) for row in found.skipped] == [(SkipReason.UNREADABLE, "File name too long")]
    assert len(found.errors) == 1


def test_scanning_does_not_import_numpy() -> None:
    program = "import sys, codelode.ingest.scan; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program]).returncode == 0
