"""What several roots have in common."""

from __future__ import annotations

import ntpath
import posixpath

from codelode.locating import common_root


def test_roots_below_one_folder() -> None:
    assert common_root(["/src/api", "/src/web/app"], posixpath) == ("/src", [b"api/", b"web/app/"])
    assert common_root(["/a", "/b"], posixpath) == ("/", [b"a/", b"b/"])


def test_a_root_and_a_folder_inside_it() -> None:
    assert common_root(["/src/web/app", "/src/web"], posixpath) == ("/src/web", [b"app/", b""])
    assert common_root(["/src"], posixpath) == ("/src", [b""])


def test_names_that_only_begin_alike() -> None:
    assert common_root(["/src/web", "/src/web-old"], posixpath) == ("/src", [b"web/", b"web-old/"])


def test_drives_of_windows() -> None:
    same = common_root(["C:\\src\\api", "C:\\src\\web\\app"], ntpath)
    assert same == ("C:\\src", [b"api/", b"web/app/"])
    other = common_root(["C:\\src\\api", "D:\\web", "\\\\server\\share\\x"], ntpath)
    assert other == ("", [b"C/src/api/", b"D/web/", b"server/share/x/"])
    assert common_root(["C:\\", "D:\\"], ntpath) == ("", [b"C/", b"D/"])
