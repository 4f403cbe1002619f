"""docs/embedders.md against the settings, the extras, and the code."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from codelode.config import load
from codelode.embed.modelfiles import hub_cache
from codelode.embed.server import KEYS
from codelode.ingest.chunktext import MOST_BYTES
from codelode.settings import EMBEDDERS, Settings

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "embedders.md").read_text("utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")] for line in TEXT.splitlines() if line[:3] == "| `"
]


def test_every_kind_has_its_row():
    forms = [f"`{kind}:{after}`" if after else f"`{kind}`" for kind, after in EMBEDDERS.items()]
    assert sorted(row[0] for row in ROWS) == sorted(forms)


def test_extras_exist():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    named = set(re.findall(r"codelode\[([\w-]+)\]", TEXT))
    assert named == {"model2vec", "onnx", "sentence-transformers"}
    assert named <= project["optional-dependencies"].keys()


def test_the_example_is_valid(tmp_path):
    (example,) = re.findall(r"```toml\n(.*?)```", TEXT, re.S)
    (tmp_path / "codelode.toml").write_text(example)
    loaded = load(str(tmp_path), {}, {"XDG_CONFIG_HOME": str(tmp_path)})
    assert loaded == Settings(
        embedder="openai:http://localhost:11434/v1",
        embedder_model="nomic-embed-text",
        embedder_query_prefix="search_query: ",
        embedder_text_prefix="search_document: ",
    )


def test_settings_numbers_and_variables_are_those_of_the_code(monkeypatch):
    for name in re.findall(r"`((?:embed|embedd)\w*_\w+)`", TEXT):
        assert hasattr(Settings(), name), name
    assert f"most {MOST_BYTES:,} bytes" in " ".join(TEXT.split())
    assert "`CODELODE_API_KEY`, else `OPENAI_API_KEY`" in TEXT
    assert KEYS == ("CODELODE_API_KEY", "OPENAI_API_KEY")
    for name in ("HF_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    assert "else `~/.cache/huggingface/hub`" in TEXT
    assert hub_cache() == Path("~/.cache/huggingface/hub").expanduser()
