"""Every match across lines, as ``rg -U`` has it, and of patterns beyond RE2, as ``rg --pcre2`` has it."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from pattern_maker import literal, pattern, pattern_for, quote, texts

from codelode.model import Case
from codelode.search.budget import Budget
from codelode.search.patterns import compile_literal, compile_pattern
from codelode.search.spans import Span

FLAGS = {Case.SENSITIVE: "-s", Case.IGNORE: "-i", Case.SMART: "-S"}
CASES = (Case.SMART, Case.SENSITIVE, Case.IGNORE)

Corpus = tuple[Path, dict[str, bytes]]
Answer = dict[str, list[Span]]
"""the matches in each file, in bytes; without empty ones, on which engines differ"""


def rg_with(*flags: str) -> str | None:
    """A ripgrep that knows `flags`."""
    for folder in (str(Path(sys.executable).parent), None, "/usr/bin"):
        found = shutil.which("rg", path=folder)
        if found and not subprocess.run([found, *flags, "x"], input=b"x", capture_output=True).returncode:
            return found
    return None


@pytest.fixture(scope="module")
def rg() -> str:
    found = rg_with()
    assert found, "ripgrep is a development dependency"
    return found


@pytest.fixture(scope="module")
def pcre() -> str:
    return rg_with("--pcre2") or pytest.skip("no ripgrep with PCRE2 here: its wheel has none")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    folder = tmp_path_factory.mktemp("corpus")
    files = texts(seed=2)
    files["pairs.txt"] = PAIRS
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder, files


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """ASCII texts: PCRE's word characters are not quite those of Unicode's annex, and ripgrep 13 cuts characters
    in halves before it gives them to PCRE."""
    folder = tmp_path_factory.mktemp("plain")
    lines = [line for line in (texts(seed=3)["mixed.txt"] + PAIRS).decode().split("\n") if line.isascii()]
    files = {"lines.txt": "\n".join(lines).encode(), "crlf.txt": "\r\n".join(lines).encode()}
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder, files


PAIRS = "\n".join(
    [
        "foo = foo->next",
        "foo = bar->next",
        "été = été->next",
        "foofoo barfoo foobar",
        "if (!x)",
        "\treturn -12;",
        "f(a(b)c)(d)",
        "kk Kk k\u212a",
        "task ta\u017fk",
        "aab aaab",
        "foo_bar foobar",
    ]
).encode()


def ask_rg(rg: str, folder: Path, source: str, case: Case, *flags: str) -> Answer | None:
    """None when it refuses the pattern."""
    run = subprocess.run(
        [rg, "--no-config", "--json", "--encoding=none", "-uu", FLAGS[case], *flags, "-e", source, "."],
        cwd=folder,
        capture_output=True,
        check=False,
    )
    if run.returncode not in (0, 1):
        return None
    answer: Answer = {}
    for row in run.stdout.splitlines():
        event = json.loads(row)
        if event["type"] == "match":
            data = event["data"]
            at = data["absolute_offset"]
            spans = answer.setdefault(Path(data["path"]["text"]).name, [])
            spans += [
                (at + match["start"], at + match["end"])
                for match in data["submatches"]
                if match["start"] < match["end"]
            ]
    return {name: spans for name, spans in answer.items() if spans}


def ask_codelode(files: dict[str, bytes], source: str, case: Case, *, regex: bool = True) -> Answer:
    compiled = compile_pattern(source, case, Budget(60)) if regex else compile_literal(source, case)
    found = zip(files, compiled.find_in_files(list(files.values())), strict=True)
    answer = {name: [span for span in spans if span[0] < span[1]] for name, spans in found}
    assert compiled.budget is None or not compiled.budget.given_up
    return {name: spans for name, spans in answer.items() if spans}


MIDDLES = (
    r"\n",
    r"\n",
    r"\s*\n\s*",
    r"(?s:.)",
    r"(?s:.){0,9}?",
    r"[^f]*\n",
    r"\n?",
    r"$\n^",
    r"\W+?\n",
    r"\r?\n",
)


def multiline(rng: random.Random, text: str) -> str:
    """A pattern that crosses lines, and may well match in `text`."""
    at = text.index("\n", rng.randrange(len(text) - 20))
    before, after = text[max(at - 5, 0) : at], text[at + 1 : at + 6]
    left, right = (
        pattern_for(rng, part) if part and "\n" not in part else pattern(rng) for part in (before, after)
    )
    return left + rng.choice(MIDDLES) + right


@pytest.mark.parametrize("seed", range(4))
def test_across_lines(rg: str, corpus: Corpus, seed: int) -> None:
    rng = random.Random(seed)
    folder, files = corpus
    found = 0
    for i in range(120):
        source = multiline(rng, files[("mixed.txt", "crlf.txt", "pairs.txt")[i % 3]].decode())
        theirs = ask_rg(rg, folder, source, CASES[i % 3], *across(source))
        assert ask_codelode(files, source, CASES[i % 3]) == theirs, (source, CASES[i % 3])
        found += bool(theirs)
    assert found > 30


def across(source: str) -> list[str]:
    """The flag for ripgrep."""
    return ["-U"] if compile_pattern(source, Case.SMART).multiline else []


@pytest.mark.parametrize(
    "source",
    [
        r"\n",
        r"\n+",
        r"\n\n",
        r"foo\s*\n",
        r"\s+",
        r"\s+\n",
        r"[^x]+\n",
        r"(?s).+",
        r"(?s)f.*?r",
        r"(?s-m)^.{5}",
        r"(?s-m).{5}$",
        r"\Afoo(?s:.)",
        r"(?s:.)k\z",
        r"\r\n",
        r"[\r\n]+",
        r"\)\n\t?return",
        r"$\n^\s*\w+",
        r"(?i)\bétÉ\b[^a-z]*\n",
        r"\b\n\b",
        r"\W\n\B",
        "foo\nbar",
        r"\x0a",
        r"\x{A}\w",
    ],
)
@pytest.mark.parametrize("case", CASES)
def test_chosen(rg: str, corpus: Corpus, source: str, case: Case) -> None:
    folder, files = corpus
    assert ask_codelode(files, source, case) == ask_rg(rg, folder, source, case, *across(source))


@pytest.mark.parametrize("seed", range(2))
def test_literals_across_lines(rg: str, corpus: Corpus, seed: int) -> None:
    rng = random.Random(seed)
    folder, files = corpus
    found = 0
    for i in range(60):
        text = files[rng.choice(("mixed.txt", "crlf.txt", "pairs.txt"))].decode()
        at = text.index("\n", rng.randrange(len(text) // 2))
        source = text[max(at - rng.randint(0, 4), 0) : at + rng.randint(1, 4)]
        theirs = ask_rg(rg, folder, source, CASES[i % 3], "-U", "-F")
        assert ask_codelode(files, source, CASES[i % 3], regex=False) == theirs, source
        found += bool(theirs)
    assert found > 50


BEYOND = [
    r"(\w+) = \1->next",
    r"(\w+)\1",
    r"foo(?!bar)",
    r"foo(?=bar)\w",
    r"(?<!foo)bar",
    r"(?<=foo)bar",
    r"(?<=\bfoo|\t)\w+",
    r"a++b",
    r"(?>a|aa)b",
    r"(?>a+)ab",
    r"\((?:[^()]++|(?R))*+\)",
    r"(\((?:[^()]|(?1))*\))",
    r"(f)?(?(1)oo|ba)\w",
    r"(?(?=f)foo|bar)\w*",
    r"(?(DEFINE)(?<w>\w+)) = (?&w)",
    r"(?<n>k)\k<n>",
    r"(?i)(k)\1",
    r"(?i)ta(?=s)sk",
    r"foo\K\w+",
    r"f(*SKIP)(*F)|\w",
    r"^(?!.*foo).+$",
    r"^(?=.*bar)(?=.*foo).+",
    r"(?<!\w)\w{3}(?!\w)",
    r"(?!\s)\W",
    r"[^\W\d]+(?= )",
    r"(?|(f)oo|(b)ar)\1?",
    r"\w+(?=\n)",
    r"(?!\n)\s",
    r"(?s)foo(?=.*bar).",
    r"x\)\R(?=\t)",
    r"(\w)\n\1",
    r"(?<=;)\n",
    r"\h+(?=\w)",
    r"\N+?(?=o)",
    r"\w+\Z(?!x)",
]


@pytest.mark.parametrize("source", BEYOND)
@pytest.mark.parametrize(
    "case", [Case.SENSITIVE, Case.IGNORE]
)  # ripgrep's smart case is another one with PCRE
def test_beyond_re2(pcre: str, plain: Corpus, source: str, case: Case) -> None:
    folder, files = plain
    assert compile_pattern(source, case).engine == "regex"
    theirs = ask_rg(pcre, folder, source, case, "--pcre2", *across(source))
    assert ask_codelode(files, source, case) == theirs


def beyond(rng: random.Random) -> str:
    """A pattern of ASCII parts, on which all engines agree, that RE2 cannot match."""
    word = quote(rng.choice(("foo", "bar", "task", "o", "a", "k", "f", " ", "_")))
    other = rng.choice((r"\w", r"\w+", "[a-f]+", "o*", ".", r"\b", "(?:foo|bar)", quote(literal(rng)[:1])))
    kinds = (
        f"{word}(?={other})",
        f"{word}(?!{other})",
        f"(?<={word}){other}",
        f"(?<!{word}){other}",
        rf"({other}){word}\1",
        f"(?>{other}){word}",
        f"(?:{other})++{word}" if other != r"\b" else f"{word}++",
        f"({word})?(?(1){other}|{word})",
    )
    return "".join(rng.choice(kinds).replace(r"\1", f"\\g{{{-1}}}") for _ in range(rng.choice((1, 1, 2))))


@pytest.mark.parametrize("seed", range(3))
def test_generated_beyond_re2(pcre: str, plain: Corpus, seed: int) -> None:
    rng = random.Random(seed)
    folder, files = plain
    found = 0
    for i in range(100):
        source = beyond(rng)
        case = (Case.SENSITIVE, Case.IGNORE)[i % 2]
        theirs = ask_rg(pcre, folder, source, case, "--pcre2")
        assert ask_codelode(files, source, case) == theirs, (source, case)
        found += bool(theirs)
    assert found > 30
