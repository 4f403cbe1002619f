"""From PATHs to a root and filters, and from hits back to paths as the user wrote them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from codelode import Index
from codelode.errors import IndexNotFoundError, QueryError, RootError, UsageError
from codelode.surfaces.targets import Target, indexed_root_of, root_of, search_target, target


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


def test_paths_of_several_indexes_have_a_root_in_common(tree):
    found = search_target(["root/src", "other", "root/b.c"], find_root=find_root)
    assert found.root == str(tree)
    assert found.roots == (str(tree / "root"), str(tree / "other"))
    assert found.under == (b"root/src", b"other", b"root/b.c")
    assert found.shown("root/src/lib/a.c") == "root/src/lib/a.c"
    assert search_target(["root", "other"], find_root=find_root).under == ()
    assert search_target(["root/src"], find_root=find_root) == target(["root/src"], find_root)


def test_a_folder_without_an_index_is_the_root_of_what_is_given_inside_it(tree):
    (tree / "other/deep").mkdir()
    found = search_target(["other/deep", "other/c.c", "other"], find_root=find_root)
    assert (found.root, found.roots, found.under) == (str(tree / "other"), (), ())
    found = search_target(["other/deep", "root", "."], find_root=find_root)
    assert found.roots == (str(tree), str(tree / "root"))
    assert found.shown("other/deep/x") == "other/deep/x"


def test_a_root_inside_another(tree):
    (tree / "root/src/root").mkdir()
    (tree / "root/src/root/d.c").touch()
    found = search_target(["root/src/root", "./root/"], find_root=find_root)
    assert (found.root, found.under) == (str(tree / "root"), ())
    assert found.roots == (str(tree / "root/src/root"), str(tree / "root"))
    assert found.shown("src/root/d.c") == "root/src/root/d.c"
    assert found.shown("b.c") == "./root/b.c"


@pytest.fixture
def groups(tree, monkeypatch):
    """The groups code (root and what is gone), all (by a glob) and none (a glob that matches nothing)."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tree / "config"))
    (tree / "config/codelode").mkdir(parents=True)
    (tree / "config/codelode/config.toml").write_text(
        f'[groups]\ncode = ["{tree}/root", "{tree}/gone"]\nall = "{tree}/*o*er"\nnone = ["{tree}/x*"]\n'
    )


def test_groups_of_the_settings(tree, groups):
    found = search_target([], ["code"], find_root=find_root)
    assert found.roots == (str(tree / "root"), str(tree / "gone")), "a missing folder is reported later"
    found = search_target(["root/src"], ["all", "code"], find_root=find_root)
    assert found.roots == (str(tree / "root"), str(tree / "other"), str(tree / "gone"))
    assert found.shown("other/c.c") == f"{tree}/other/c.c"
    assert search_target([], ["all"], find_root=find_root).root == str(tree / "other")
    with pytest.raises(UsageError, match=r"^unknown group 'coda'; did you mean 'code'\?$"):
        search_target([], ["coda"])
    with pytest.raises(UsageError, match=r"^unknown group 'x'; known are all, code, none$"):
        search_target([], ["x"])
    with pytest.raises(UsageError, match=r"^no folder matches the group 'none': .*/x\*$"):
        search_target([], ["none"])


def test_without_groups_it_says_how_to_make_one(tree, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tree / "config"))
    with pytest.raises(
        UsageError, match=r'unknown group .* make it in .*config\.toml, under \[groups\]: api = \["'
    ):
        search_target([], ["api"])


def test_all_indexes_are_those_of_the_cache_folder(tree, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tree / "cache"))
    with pytest.raises(IndexNotFoundError, match="there is no index of a folder that exists"):
        search_target([], all_indexes=True)
    (tree / "gone").mkdir()
    for name in ("root", "other", "gone"):
        with Index(tree / name) as index:
            index.refresh()
    (tree / "gone").rmdir()
    assert search_target([], all_indexes=True).roots == (str(tree / "other"), str(tree / "root"))
    with Index(tree / "other") as index:
        Path(index.location, "catalog.db").write_bytes(b"no database" * 1000)
        found = search_target([], all_indexes=True)
        assert (found.root, found.roots, found.under) == (str(tree / "root"), (str(tree / "root"),), ())
        ((place, why),) = found.unreadable
        assert (place, "cannot be read" in why) == (index.location, True)
    with pytest.raises(UsageError, match="--all-indexes searches all there is: leave out PATHs and --group"):
        search_target(["root"], all_indexes=True)
