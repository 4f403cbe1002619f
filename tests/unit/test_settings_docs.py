"""docs/settings.md against the settings themselves."""

from __future__ import annotations

import ast
import itertools
import json
import re
from dataclasses import fields
from pathlib import Path

from codelode import settings
from codelode.config import _FLAGS, groups, load
from codelode.settings import Settings
from codelode.structure import custom
from codelode.structure.rules import Definition
from codelode.surfaces import arguments

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "settings.md").read_text("utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")] for line in TEXT.splitlines() if line[:3] == "| `"
]


def comments() -> dict[str, str]:
    """The string below each field of Settings, on one line."""
    tree = ast.parse(Path(settings.__file__).read_text("utf-8"))
    (body,) = [node.body for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Settings"]
    found = {}
    for field, comment in itertools.pairwise(body):
        if isinstance(field, ast.AnnAssign) and isinstance(comment, ast.Expr):
            assert isinstance(comment.value, ast.Constant)
            found[field.target.id] = " ".join(comment.value.value.split())
    return found


def test_every_setting_has_its_row_in_order():
    assert [row[0] for row in ROWS] == [f"`{name}`" for name in settings.names()]


def test_rows_say_what_the_code_says():
    flags = {f"`{option}`" for name in ("index", "search") for option in re.findall(r"--[\w-]+", _help(name))}
    assert comments().keys() == set(settings.names())
    for (shown, default, variable, flag, meaning), field in zip(ROWS, fields(Settings), strict=True):
        value = list(field.default) if isinstance(field.default, tuple) else field.default
        assert default == f"`{json.dumps(value)}`"
        assert variable == ("" if field.name == "grammars" else f"`CODELODE_{field.name.upper()}`")
        assert meaning == comments()[field.name], shown
        expected = f"`{_FLAGS.get(field.name, '--' + field.name)}`"
        assert flag == (expected if expected in flags else "")


def _help(name: str) -> str:
    return arguments.parser_of(name).format_help()


def test_the_example_is_valid(tmp_path):
    example, *_ = re.findall(r"```toml\n(.*?)```", TEXT, re.S)
    (tmp_path / "codelode.toml").write_text(example)
    loaded = load(str(tmp_path), {}, {"XDG_CONFIG_HOME": str(tmp_path)})
    wanted = Settings(jobs=2, exclude=("third_party/", "*.min.js"), max_ranked_bytes=2_000_000)
    assert loaded == wanted


def test_the_example_of_groups_is_valid(tmp_path):
    _, example, _ = re.findall(r"```toml\n(.*?)```", TEXT, re.S)
    (tmp_path / "codelode").mkdir()
    (tmp_path / "codelode/config.toml").write_text(example)
    assert set(groups({"XDG_CONFIG_HOME": str(tmp_path)})) == {"backend", "all"}


def test_the_example_of_a_grammar_is_valid(tmp_path):
    *_, example = re.findall(r"```toml\n(.*?)```", TEXT, re.S)
    (tmp_path / "codelode.toml").write_text(example)
    loaded = load(str(tmp_path), {}, {"XDG_CONFIG_HOME": str(tmp_path)})
    (grammar,) = custom.parse(loaded.grammars)
    assert grammar.extensions == ("nim", "nims")
    assert grammar.rules.definitions["type_declaration"] == Definition("type", "left", "right", "scope")
    assert grammar.rules.members == {"dot_expression": ("left", "right")}
    assert loaded.fingerprint() != Settings().fingerprint()
