"""The grammar of the command line, and docs/cli.md against it."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import pytest

from codelode.errors import UsageError
from codelode.surfaces import arguments

DOCS = Path(__file__).parents[2] / "docs" / "cli.md"


def refused(name: str, *words: str) -> str:
    with pytest.raises(UsageError) as caught:
        arguments.parse(name, words)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_search_defaults():
    options = arguments.parse("search", ["parse config"])
    assert options.words == ["parse config"]
    assert (options.mode, options.case, options.color) == ("auto", "smart", "auto")
    assert (options.limit, options.context, options.budget) == (None, None, None)
    assert (options.lang, options.path) == ([], [])
    assert not any((options.all, options.explain, options.no_refresh, options.json))
    assert arguments.flags(options) == dict.fromkeys(
        ("jobs", "memory_mb", "ignore_files", "embed_after_index")
    )


@pytest.mark.parametrize(
    "words",
    [
        ["q", "one", "two", "--mode", "exact", "-n", "3"],
        ["--mode", "exact", "q", "-n3", "one", "two"],
        ["-n", "3", "q", "one", "--mode=exact", "two"],
        ["--mode", "exact", "-n", "3", "--", "q", "one", "two"],
        ["q", "-n", "3", "--mode", "exact", "one", "--", "two"],
    ],
)
def test_options_may_stand_anywhere(words):
    options = arguments.parse("search", words)
    assert options.words == ["q", "one", "two"]
    assert (options.mode, options.limit) == ("exact", 3)


def test_what_follows_two_dashes_is_no_option():
    assert arguments.parse("search", ["--", "--json", "--"]).words == ["--json", "--"]
    assert arguments.parse("search", ["-", "a"]).words == ["-", "a"]


@pytest.mark.parametrize(
    ("words", "case"),
    [
        (["-i"], "ignore"),
        (["-s"], "sensitive"),
        (["-i", "-s"], "sensitive"),
        (["--case", "smart"], "smart"),
        (["--case", "sensitive", "--ignore-case"], "ignore"),
    ],
)
def test_the_last_word_on_case_counts(words, case):
    assert arguments.parse("search", ["q", *words]).case == case


def test_repeated_and_negated_filters():
    options = arguments.parse(
        "search", ["q", "--path", "*.c", "--path", "!drivers/", "--lang", "c,cpp", "--lang=go"]
    )
    assert options.path == ["*.c", "!drivers/"]
    assert options.lang == ["c,cpp", "go"]


def test_index_options_become_settings():
    options = arguments.parse(
        "index", ["tree", "--jobs", "auto", "--memory=512", "--no-ignore", "--no-embed"]
    )
    assert options.words == ["tree"]
    assert arguments.flags(options) == {
        "jobs": "auto",
        "memory_mb": "512",
        "ignore_files": False,
        "embed_after_index": False,
    }
    assert not (options.rebuild or options.no_wait or options.json or options.quiet)


@pytest.mark.parametrize(
    ("name", "words", "message"),
    [
        ("search", [], "QUERY is missing; see: codelode search --help"),
        ("search", ["--"], "QUERY is missing; see: codelode search --help"),
        ("drop", [], "PATH is missing; see: codelode drop --help"),
        ("status", ["a", "b"], "unexpected 'b'; see: codelode status --help"),
        ("list", ["a"], "unexpected 'a'; see: codelode list --help"),
        ("index", ["--job", "2"], "unknown option --job; see: codelode index --help"),
        (
            "search",
            ["-EINVAL"],
            "unknown option -EINVAL; write -- before a query that starts with a dash; see: codelode search",
        ),
        ("search", ["q", "-n", "0"], "argument -n/--limit: '0' is no whole number from 1 up"),
        ("search", ["q", "-n", "x"], "argument -n/--limit: 'x' is no whole number from 1 up"),
        ("search", ["q", "-C", "-1"], "argument -C/--context"),
        ("search", ["q", "--budget", "0"], "argument --budget: '0' is no whole number from 1 up"),
        ("search", ["q", "--mode", "psychic"], "argument --mode: invalid choice: 'psychic'"),
        ("search", ["q", "--mode"], "argument --mode: expected one argument"),
    ],
)
def test_refusals_are_one_line(name, words, message):
    assert refused(name, *words).startswith(message)


def test_context_of_zero_lines_is_not_no_context():
    assert arguments.parse("search", ["q", "-C0"]).context == 0


def actions(name: str) -> dict[str, argparse.Action]:
    made = arguments.parser_of(name)._actions
    return {", ".join(f"`{option}`" for option in action.option_strings): action for action in made}


@pytest.mark.parametrize("name", list(arguments.COMMANDS))
def test_docs_describe_every_option_and_no_other(name):
    """Each command has a section with its usage and a table of its options, in the words of --help."""
    section = re.search(rf"^## codelode {name}$(.*?)(?=^## |\Z)", DOCS.read_text("utf-8"), re.M | re.S)
    assert section, f"docs/cli.md has no section for {name}"
    assert f"codelode {arguments.COMMANDS[name].usage}\n" in section[1]
    rows = dict(re.findall(r"^\| (`-[^|]*?)(?: [A-Z]+)? \| (.*) \|$", section[1], re.M))
    known = {option: action.help for option, action in actions(name).items() if "--help" not in option}
    assert rows == known


def test_docs_have_no_section_for_a_command_that_is_not_there():
    sections = re.findall(r"^## codelode (\w+)$", DOCS.read_text("utf-8"), re.M)
    assert sections == list(arguments.COMMANDS)


def test_overview_names_every_command():
    text = arguments.overview()
    for name, command in arguments.COMMANDS.items():
        assert re.search(rf"^  {name} +{re.escape(command.summary)}$", text, re.M)


@pytest.mark.parametrize("name", list(arguments.COMMANDS))
def test_help_of_every_command_can_be_formatted(name):
    text = arguments.parser_of(name).format_help()
    assert text.startswith(f"usage: codelode {arguments.COMMANDS[name].usage}\n")
    assert all(
        re.search(rf"{option}\b", text) for shown in actions(name) for option in re.findall("`(.*?)`", shown)
    )
