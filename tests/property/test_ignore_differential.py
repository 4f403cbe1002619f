"""The scan's idea of what is ignored against git's and ripgrep's own, on made and on handwritten trees.

git decides.  Where ripgrep 14.1 is known to differ from git, the generator for ripgrep leaves the construct
out, and `test_where_ripgrep_differs_git_wins` holds what is expected:

* ``foo**/bar``: git treats what follows the literal beginning as a pattern of its own: ``**/`` leads there;
* trailing white space: ripgrep trims tabs too, git only spaces;
* unclosed brackets and unknown classes: git matches nothing, ripgrep reports or takes them literally;
* ``core.excludesFile``'s anchored rules: git counts from the work tree's top, ripgrep from where it started;
* a ``.git`` that is no repository: git walks on as if it was not there, ripgrep takes it for a boundary;
* ``[!a]``: ripgrep lets it match a slash;
* ``[[:space:]]``: git's own tables have neither vertical tab nor form feed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codelode.ingest.scan import scan
from codelode.model import SkipReason
from codelode.settings import Settings

RG = shutil.which("rg", path=str(Path(sys.executable).parent)) or "rg"
NAMES = [
    "a",
    "b",
    "ab",
    "abc",
    "b.c",
    ".a",
    "a b",
    "B",
    "a]",
    "-",
    "a*",
    "\\a",
    "#a",
    "!b",
    "a\nb",
    "é",
    "\udcff",
    "a ",
]
FOLDERS = ["", "a/", "a/b/", "a/b/ab/", "ab/", "ab/a/", "b.c/", "b.c/a/", ".a/", "B/"]
IGNORE_FILES = {".gitignore", ".ignore", ".codelodeignore"}

# One tree serves all examples of a test; hypothesis would warn of the fixture otherwise.
many = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)


class Tree:
    """A work tree with isolated configuration, and the three answers about it."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, *, git: bool = True) -> None:
        self.home = folder / "home"
        self.root = folder / "tree"
        self.home.mkdir()
        self.root.mkdir()
        self.global_ignore = self.home / ".config" / "git" / "ignore"
        self.global_ignore.parent.mkdir(parents=True)
        for name in list(os.environ):
            if name.startswith("GIT_"):
                monkeypatch.delenv(name)
        monkeypatch.setenv("HOME", str(self.home))
        monkeypatch.setenv("USERPROFILE", str(self.home))
        monkeypatch.setenv("XDG_CONFIG_HOME", str(self.home / ".config"))
        monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
        self.exclude = self.root / ".git" / "info" / "exclude"
        self.written: list[Path] = []
        if git:
            self.init("")

    def init(self, folder: str) -> None:
        top = self.root / folder
        subprocess.run(["git", "init", "-q", "--template=", str(top)], check=True)
        (top / ".git" / "info").mkdir()

    def fill(self) -> None:
        for folder in FOLDERS:
            (self.root / folder).mkdir(exist_ok=True)
        for folder in FOLDERS:
            for name in NAMES:
                path = self.root / folder / name
                if not path.exists():
                    path.write_bytes(b"")

    def rules(self, files: dict[Path, bytes]) -> None:
        """Writes these ignore files, and removes those of the example before."""
        for path in self.written:
            path.unlink()
        for path, content in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        self.written = list(files)

    def write(self, **contents: str) -> None:
        for path, content in contents.items():
            target = self.root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content.encode())

    def ours(self, folder: str = "") -> set[bytes]:
        found = scan(str(self.root / folder), Settings())
        assert not found.errors
        links = {SkipReason.SYMLINK, SkipReason.OUTSIDE_ROOT}
        return {row[0] for row in found.files} | {row[0] for row in found.skipped if row[1] in links}

    def git(self, folder: str = "") -> set[bytes]:
        command = ["git", "ls-files", "-z", "-co", "--exclude-standard"]
        listed = subprocess.run(command, cwd=self.root / folder, check=True, capture_output=True)
        return set(listed.stdout.split(b"\0")) - {b""}

    def rg(self, *options: str) -> set[bytes]:
        command = [RG, "--files", "--hidden", *options, "--null", "-g", "!.git"]
        listed = subprocess.run(command, cwd=self.root, capture_output=True)
        assert not listed.stderr
        return set(listed.stdout.split(b"\0")) - {b""}


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tree:
    return Tree(tmp_path, monkeypatch)


@pytest.fixture
def plain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tree:
    return Tree(tmp_path, monkeypatch, git=False)


def globs(pieces: list[str]) -> st.SearchStrategy[bytes]:
    body = st.lists(st.sampled_from(pieces), min_size=1, max_size=6).map("".join)
    line = st.tuples(st.sampled_from(["", "", "", "!"]), body, st.sampled_from(["", "", "/"]))
    return line.map("".join).map(os.fsencode)


def contents(line: st.SearchStrategy[bytes], ends: list[bytes]) -> st.SearchStrategy[bytes]:
    return st.lists(st.tuples(line, st.sampled_from(ends)), min_size=1, max_size=5).map(
        lambda lines: b"".join(text + end for text, end in lines)
    )


WORDS = ["a", "b", "ab", "c", ".", "a/b", "/", "/", "*", "*", "**", "**/", "/**", "/**/", "?", "B"]
PLAIN = [*WORDS, "[ab]", "[a-c]", "\\*"]
SANE = [*PLAIN, "[!a]", "[^b]"]
WILD = [
    *SANE,
    *[
        "[",
        "]",
        "[]",
        "[]a]",
        "[!]",
        "[^]-a]",
        "[a-",
        "[b-a]",
        "[a\\-b]",
        "[\\",
        "\\",
        "-",
        "#",
        "!",
        " ",
        "\\ ",
    ],
    *[
        "[[:alpha:]]",
        "[[:punct:]b]",
        "[^[:lower:]]",
        "[[:upper:]-z]",
        "[[:nope:]]",
        "[[:",
        ":]",
        "[[:alpha]",
        "é",
    ],
    *[
        "[\udcff]",
        "\udcc3",
        "\t",
        "\\/",
        "[/]",
        "[!-/]",
        "a ",
        "\\#",
        "\\!",
        "***",
        "\\a",
        "[*]",
        "[?]",
        "a\0b",
    ],
]
ENDS = [b"\n", b"\n", b"\r\n", b"  \n", b"\\ \n", b"\t\n", b"\\\\ \n", b" \\  \n", b"\r\r\n", b""]


@many
@given(content=contents(globs(WILD), ENDS), bom=st.booleans())
def test_any_ignore_file_reads_as_git_reads_it(tree: Tree, content: bytes, bom: bool) -> None:
    tree.fill()
    tree.rules({tree.root / ".gitignore": b"\xef\xbb\xbf" * bom + content})
    assert tree.ours() == tree.git()


@many
@given(content=contents(globs(WILD), ENDS))
def test_ignore_case_folds_as_git_folds(tree: Tree, content: bytes) -> None:
    tree.fill()
    with (tree.root / ".git" / "config").open("w") as config:
        config.write("[core]\n\trepositoryformatversion = 0\n\tignoreCase = true\n")
    content = content.replace(b"a", b"A")
    tree.rules({tree.root / ".gitignore": content})
    assert tree.ours() == tree.git()


def placed(names: list[str], pieces: list[str]) -> st.SearchStrategy[dict[str, bytes]]:
    where = st.tuples(st.sampled_from(FOLDERS), st.sampled_from(names)).map("".join)
    extra = st.sampled_from([".git/info/exclude", "../home/.config/git/ignore"])
    return st.dictionaries(st.one_of(where, where, extra), contents(globs(pieces), [b"\n"]), max_size=6)


@many
@given(files=placed([".gitignore"], SANE))
def test_nested_global_and_excluded_as_git(tree: Tree, files: dict[str, bytes]) -> None:
    tree.fill()
    tree.rules({tree.root / path: content for path, content in files.items()})
    assert tree.ours() == tree.git()
    for folder in ("a/b", "ab"):
        # Started inside an ignored folder git lists nothing; a root that was asked for by name is indexed.
        if any(path.startswith(folder.encode() + b"/") for path in tree.git()):
            assert tree.ours(folder) == tree.git(folder)


def without_quirks(content: bytes) -> bytes:
    """`content` without the lines that ripgrep reads in another way than git (see the head of this file)."""
    kept = []
    for line in content.splitlines():
        body = line.removeprefix(b"!").removesuffix(b"/").removeprefix(b"/")
        parts = body.split(b"/")
        stars = any(b"**" in part and part != b"**" for part in parts)
        if not stars and b"" not in parts and b"." not in parts:
            kept.append(line)
    return b"\n".join(kept) + b"\n"


@many
@given(files=placed([".gitignore", ".ignore"], PLAIN))
def test_all_kinds_of_ignore_files_as_ripgrep(tree: Tree, files: dict[str, bytes]) -> None:
    tree.fill()
    tree.rules({tree.root / path: without_quirks(content) for path, content in files.items()})
    assert tree.ours() == tree.rg()


def test_handwritten_tree_as_git_and_ripgrep(tree: Tree) -> None:
    tree.write(
        **{
            ".gitignore": "*.o\n!keep.o\n/build/\n/doc/*\n!/doc/index.md\nlogs/**\n"
            "**/cache/\na/**/z\n\\#x\n*.tmp  \n",
            ".git/info/exclude": "*.swp\n!b.o\n",
            "../home/.config/git/ignore": "*.swp\n.DS_Store\n/top-only\n*.bak\n",
            "x.o": "",
            "keep.o": "",
            "b.o": "",
            "x.swp": "",
            ".DS_Store": "",
            "top-only": "",
            "build/keep.o": "",
            "sub/build/x": "",
            "sub/top-only": "",
            "doc/a.md": "",
            "doc/index.md": "",
            "doc/sub/index.md": "",
            "logs/deep/er/x": "",
            "cache": "",
            "sub/cache/x": "",
            "sub/keep/cache/y": "",
            "a/z": "",
            "a/b/z": "",
            "a/b/c/z": "",
            "#x": "",
            "x.tmp": "",
            "sub/.gitignore": "!*.o\nkeep.o\n*.bak\n!n.bak\n",
            "sub/x.o": "",
            "sub/keep.o": "",
            "sub/n.bak": "",
            "n.bak": "",
            "white/.gitignore": "*\n!*/\n!*.c\n",
            "white/a.c": "",
            "white/a.h": "",
            "white/in/b.c": "",
            "white/in/b.h": "",
        }
    )
    assert tree.ours() == tree.git() == tree.rg() == tree.rg("--no-require-git")
    assert tree.ours("sub") == tree.git("sub")
    assert b"build/x" in tree.ours("sub")
    assert b"keep.o" not in tree.ours("sub")


def test_links_are_listed_but_a_linked_ignore_file_is_not_read(tree: Tree) -> None:
    tree.write(rules="secret\n", secret="", **{"d/secret": ""})
    (tree.root / ".gitignore").symlink_to("rules")
    (tree.root / "d" / "up").symlink_to("..")
    (tree.root / "build").symlink_to("d")
    tree.exclude.write_text("build/\n")  # for folders only: not for a link to one
    assert tree.ours() == tree.git()
    assert {b"secret", b"d/up", b"build"} <= tree.ours()


def test_dot_ignore_beats_gitignore_at_any_depth(tree: Tree) -> None:
    tree.write(**{".ignore": "!*.log\n/no\n", "d/.gitignore": "*.log\n", "d/a.log": "", "no": "", "d/no": ""})
    assert tree.ours() == tree.rg() == {b".ignore", b"d/.gitignore", b"d/a.log", b"d/no"}


def test_nested_repository_starts_afresh(tree: Tree) -> None:
    tree.write(**{".gitignore": "*.o\n", ".ignore": "*.x\n", "in/a.o": "", "in/a.x": "", "in/skip": ""})
    tree.init("in")
    tree.write(
        **{".git/info/exclude": "*.c\n", "in/.git/info/exclude": "skip\n", "in/a.c": "", "in/d/a.o": ""}
    )
    assert tree.ours() == tree.rg() == {b".gitignore", b".ignore", b"in/a.o", b"in/a.c", b"in/d/a.o"}
    assert tree.ours("in") == tree.git("in")


def test_without_a_repository_ignore_files_count_all_the_same(plain: Tree) -> None:
    plain.write(**{".gitignore": "*.o\n", "a.o": "", "a.c": "", "d/.gitignore": "!b.o\n", "d/b.o": ""})
    plain.global_ignore.write_text("*.c\n")
    assert plain.ours() == plain.rg("--no-require-git") == {b".gitignore", b"d/.gitignore", b"d/b.o"}


def test_worktree_and_submodule_use_their_repositories_excludes(tree: Tree) -> None:
    tree.write(**{".git/info/exclude": "*.o\n", "tracked": ""})
    git = ["git", "-c", "user.name=n", "-c", "user.email=e", "-c", "protocol.file.allow=always"]
    run = {"cwd": tree.root, "check": True, "capture_output": True}
    subprocess.run([*git, "add", "tracked"], **run)
    subprocess.run([*git, "commit", "-qm", "first"], **run)
    subprocess.run([*git, "worktree", "add", "-q", "--detach", "../linked"], **run)
    tree.write(**{"../linked/a.o": "", "../linked/a.c": ""})
    assert tree.ours("../linked") == tree.git("../linked") == {b"tracked", b"a.c"}
    subprocess.run([*git, "submodule", "add", "-q", "../tree/.git", "module"], **run)
    tree.write(**{".git/modules/module/info/exclude": "*.c\n", "module/a.c": "", "module/a.o": ""})
    assert tree.ours("module") == tree.git("module")
    assert {b"module/a.o", b"module/tracked"} <= tree.ours()
    assert b"module/a.c" not in tree.ours()


def test_where_ripgrep_differs_git_wins(tree: Tree) -> None:
    tree.write(
        **{
            ".gitignore": "foo**/bar\ntab\t\n[[:nope:]]\nx[!y]z\n[[:space:]]\n",
            "foobar": "",
            "foo/bar": "",
            "foo1/bar": "",
            "tab": "",
            "n": "",
            "x/z": "",
            "\v": "",
            "sub/.git/config": "",
            "sub/foobar": "",
            "sub/foo/bar": "",
            "sub/x.t": "",
        }
    )
    tree.exclude.write_text("*.t\n")
    found = tree.git()
    kept = {b".gitignore", b"tab", b"n", b"x/z", b"\v", b"sub/foobar", b"sub/foo/bar"}
    assert tree.ours() == found == kept
    assert tree.rg() != found


CLASSES = ["alnum", "alpha", "blank", "cntrl", "digit", "graph"]
CLASSES += ["lower", "print", "punct", "space", "upper", "xdigit"]


@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize("form", ["[[:{}:]]_", "[^[:{}:]]_", "[[:{}:]-~]_"])
def test_posix_classes_hold_the_bytes_that_git_gives_them(tree: Tree, name: str, form: str) -> None:
    for byte in set(range(1, 256)) - {ord("/")}:
        (tree.root / os.fsdecode(bytes((byte, ord("_"))))).touch()
    tree.write(**{".gitignore": form.format(name) + "\n"})
    assert tree.ours() == tree.git()


CONFIGS = {
    "plain": "[core]\n\texcludesFile = {home}/mine\n",
    "tilde, comment, odd case": "# c\n[CORE] ExcludesFile=~/mine ; c\n",
    "quoted": '[core]\nexcludesfile = "~/mi"ne  # c\n',
    "continued, with BOM and CRLF": "\ufeff[core]\r\nexcludesfile = ~/mi\\\r\nne\r\n",
    "behind a header": '[core "sub"]\nexcludesfile = /no\n[core]excludesfile=~/mine\n',
    "last wins": "[core]\nexcludesfile = /no\n\n[other]\nx\n[core]\nexcludesfile = ~/mine\n",
    "included": "[include]\npath = more\n",
    "relative": "[core]\nexcludesfile = mine-in-tree\n",
    "empty": "[core]\nexcludesfile =\n",
    "unset": "[user]\nname = x\n",
    "subsection only": '[core "x\\"]y"]\nexcludesfile = ~/mine\n',
}


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in CONFIGS.items()])
@pytest.mark.parametrize("place", ["home", "xdg", "repository", "GIT_CONFIG_GLOBAL"])
def test_excludes_file_of_the_configuration(
    tree: Tree, monkeypatch: pytest.MonkeyPatch, text: str, place: str
) -> None:
    places = {
        "home": tree.home / ".gitconfig",
        "xdg": tree.home / ".config" / "git" / "config",
        "repository": tree.root / ".git" / "config",
        "GIT_CONFIG_GLOBAL": tree.home / "elsewhere",
    }
    file = places[place]
    file.write_text(text.replace("{home}", tree.home.as_posix()), newline="")
    (file.parent / "more").write_text("[core]\nexcludesFile = ~/mine\n")
    if place == "GIT_CONFIG_GLOBAL":
        monkeypatch.setenv(place, str(file))
        (tree.home / ".gitconfig").write_text("[core]\nexcludesfile = /no\n")
    (tree.home / "mine").write_text("*.mine\n/anchored\n")
    tree.global_ignore.write_text("*.default\n")
    tree.write(**{"mine-in-tree": "*.tree\n", "a.mine": "", "a.default": "", "a.tree": "", "anchored": ""})
    tree.write(**{"d/anchored": "", "d/a.mine": ""})
    assert tree.ours() == tree.git()
    assert tree.ours("d") == tree.git("d")
