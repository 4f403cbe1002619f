"""From PATHs to a root and filters, and from hits back to paths as the user wrote them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from codelode.errors import IndexNotFoundError, QueryError, RootError
from codelode.surfaces.targets import Target, indexed_root_of, root_of, target


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """root/ (indexed) with src/lib/a.c and b.c; other/ without an index; the current folder is tmp_path."""
    (tmp_path / "root/src/lib").mkdir(parents=True)
    (tmp_path / "root/src/lib/a.c").touch()
    (tmp_path / "root/b.c").touch()
    (tmp_path / "other").mkdir()
    (tmp_path / "other/c.c").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def find_root(path: str) -> str | None:
    """As `Index.find_root`, with every folder called root indexed."""
    place = Path(path)
    return next((str(at) for at in (place, *place.parents) if at.name == "root"), None)


def test_no_path_is_the_current_folder_below_its_root(tree, monkeypatch):
    monkeypatch.chdir(tree / "root/src")
    found = target([], find_root)
    assert (found.root, found.under) == (str(tree / "root"), (b"src",))
    assert found.shown("src/lib/a.c") == "lib/a.c"
    monkeypatch.chdir(tree / "root")
    found = target([], find_root)
    assert found.under == ()
    assert found.shown("src/lib/a.c") == "src/lib/a.c"


def test_a_folder_without_an_index_is_its_own_root(tree):
    found = target(["other"], find_root)
    assert (found.root, found.under) == (str(tree / "other"), ())
    assert found.shown("c.c") == "other/c.c"
    assert root_of("other", find_root) == str(tree / "other")
    assert (
        root_of("root/src/lib/a.c", find_root) == indexed_root_of("root/b.c", find_root) == str(tree / "root")
    )
    with pytest.raises(RootError, match=r"^root/nothing: no such file or folder$"):
        root_of("root/nothing", find_root)
    with pytest.raises(RootError, match=r"^root/nothing: no such file or folder$"):
        indexed_root_of("root/nothing", find_root)
    assert indexed_root_of("gone/root", find_root) == str(tree / "gone/root")
    with pytest.raises(IndexNotFoundError, match="no index holds other; make one with: codelode index other"):
        indexed_root_of("other", find_root)


@pytest.mark.parametrize(
    ("path", "under", "shown"),
    [
        ("root", (), "root/src/lib/a.c"),
        ("root/", (), "root/src/lib/a.c"),
        ("./root", (), "./root/src/lib/a.c"),
        ("root/src", (b"src",), "root/src/lib/a.c"),
        ("root/src/", (b"src",), "root/src/lib/a.c"),
        ("root/src/../src//lib", (b"src/lib",), "root/src/../src//lib/a.c"),
        ("root/src/lib/a.c", (b"src/lib/a.c",), "root/src/lib/a.c"),
        ("link", (b"src",), "link/lib/a.c"),
    ],
)
def test_paths_are_shown_as_they_were_written(tree, path, under, shown):
    (tree / "link").symlink_to("root/src")
    found = target([path], find_root)
    assert (found.root, found.under) == (str(tree / "root"), under)
    assert found.shown("src/lib/a.c") == shown
    absolute = target([str(tree / "root/src")], find_root)
    assert absolute.shown("src/lib/a.c") == f"{tree}/root/src/lib/a.c"


def test_several_paths_of_one_root(tree):
    found = target(["root/b.c", "root/src", "root/src/lib"], find_root)
    assert found.under == (b"b.c", b"src", b"src/lib")
    assert found.shown("b.c") == "root/b.c"
    assert found.shown("src/x.c") == "root/src/x.c"
    assert target(["root/src", "root"], find_root).under == ()


def test_what_is_in_no_path_is_shown_from_the_current_folder(tree):
    found = target(["root/src"], find_root)
    assert found.shown("src/x.c") == "root/src/x.c"
    assert found.shown("b.c") == str(Path("root", "b.c"))


def test_a_name_that_begins_like_a_folder_is_not_inside_it():
    found = Target("/r", ((b"src", "here/src"), (b"", "r")))
    assert found.shown("src/a") == "here/src/a"
    assert found.shown("src.c") == "r/src.c"


def test_paths_that_do_not_go_together(tree):
    with pytest.raises(QueryError, match=r"root/src and other lie in different indexes"):
        target(["root/src", "other"], find_root)
    with pytest.raises(RootError, match=r"^nothing: no such file or folder$"):
        target(["nothing"], find_root)
    with pytest.raises(RootError, match=r"^: no such file"):
        target([""], find_root)
    with pytest.raises(
        QueryError, match=r"other/c\.c is a file that no index holds; search its folder other"
    ):
        target(["other/c.c"], find_root)


@pytest.mark.skipif(os.name == "nt", reason="names are not bytes there")
def test_names_that_are_no_utf8(tree):
    os.mkdir(b"root/\xe9")  # noqa: PTH102
    name = os.fsdecode(b"root/\xe9")
    found = target([name], find_root)
    assert found.under == (b"\xe9",)
    assert os.fsencode(found.shown("\udce9/\udcffx")) == b"root/\xe9/\xffx"
