"""Settings from files, the environment and flags: precedence, and errors that say where."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codelode import config, settings
from codelode.errors import SettingsError
from codelode.settings import Settings


@pytest.fixture
def place(tmp_path, monkeypatch):
    """An empty root that is also the current folder, and an environment with an empty user folder."""
    root = tmp_path / "root"
    root.mkdir()
    monkeypatch.chdir(root)
    home = tmp_path / "home"
    return root, {"XDG_CONFIG_HOME": str(home), "PATH": "/bin"}


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def error(root, environ, flags=None) -> str:
    with pytest.raises(SettingsError) as caught:
        config.load(str(root), flags or {}, environ)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_nothing_given_means_the_defaults(place):
    root, environ = place
    assert config.load(str(root), {}, environ) == Settings()


def test_later_sources_win(place):
    root, environ = place
    user = Path(environ["XDG_CONFIG_HOME"]) / "codelode" / "config.toml"
    write(user, "jobs = 1\nmemory_mb = 301\nbatch_mb = 11\ncache_mb = 21\nmax_ranked_bytes = 31\n")
    write(
        root / "pyproject.toml",
        "[tool.codelode]\nmemory_mb = 302\nbatch_mb = 12\ncache_mb = 22\nmax_ranked_bytes=32\n",
    )
    write(root / "codelode.toml", "batch_mb = 13\ncache_mb = 23\nmax_ranked_bytes = 33\n")
    environ |= {"CODELODE_CACHE_MB": "24", "CODELODE_MAX_RANKED_BYTES": "34"}
    loaded = config.load(str(root), {"max_ranked_bytes": 35, "jobs": None}, environ)
    given = (loaded.jobs, loaded.memory_mb, loaded.batch_mb, loaded.cache_mb, loaded.max_ranked_bytes)
    assert given == (1, 302, 13, 24, 35)


def test_every_setting_can_come_from_every_source(place):
    root, environ = place
    values = {
        "jobs": (3, "3"),
        "memory_mb": (512, "512"),
        "batch_mb": (2, "2"),
        "parallel": (False, "false"),
        "max_ranked_bytes": (9, "9"),
        "max_exact_bytes": (99, "99"),
        "max_parsed_bytes": (7, "7"),
        "include": (["*.c", "*.h"], os.pathsep.join(["*.c", "*.h"])),
        "exclude": (["out/"], "out/"),
        "ignore_files": (False, "no"),
        "index_dir": (".codelode", ".codelode"),
        "cache_mb": (5, "5"),
        "slow_query_ms": (12, "12"),
        "regex_budget_s": (13, "13"),
        "loaded_vectors_mb": (6, "6"),
        "embedder": ("openai:http://localhost:1", "openai:http://localhost:1"),
        "embedder_model": ("m", "m"),
        "embedder_dims": (8, "8"),
        "embedder_query_prefix": ("q: ", "q: "),
        "embedder_text_prefix": ("t: ", "t: "),
        "embedder_timeout_s": (9, "9"),
        "embedder_rpm": (10, "10"),
        "embed_after_index": (False, "off"),
        "embedding_cache_mb": (11, "11"),
    }
    assert set(values) | {"grammars"} == set(settings.names()), "grammars are tables: files only"

    def toml(value: object) -> str:
        return str(value).lower() if isinstance(value, bool) else repr(value)

    wanted = config.load(str(root), {name: value for name, (value, _) in values.items()}, environ)
    assert wanted != Settings()
    from_environment = {f"CODELODE_{name.upper()}": text for name, (_, text) in values.items()}
    assert config.load(str(root), {}, environ | from_environment) == wanted
    write(root / "codelode.toml", "".join(f"{name} = {toml(value)}\n" for name, (value, _) in values.items()))
    assert config.load(str(root), {}, environ) == wanted


GRAMMAR = """\
[grammars.nim]
module = "tree_sitter_nim"
extensions = [".Nim"]
definitions = { proc_declaration = "function" }
"""


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("module", "modul", "codelode.toml:1: grammars.nim: unknown key 'modul'; known are module, "),
        ('module = "tree_sitter_nim"', "", "grammars.nim: give either module (a Python package) or library"),
        ('[".Nim"]', "[]", "grammars.nim: extensions says which files it is for"),
        (
            '"function"',
            '"proc"',
            "grammars.nim.definitions.proc_declaration: unknown kind 'proc'; known are function,",
        ),
        (
            '"function"',
            '{ name = "x" }',
            "proc_declaration must be a kind, or a table with kind, name, body, inside",
        ),
        (
            '"function"',
            '{ kind = "type", inside = "x" }',
            "inside must be 'scope' or 'inner', or be left out",
        ),
        (
            "definitions =",
            "calls = [1]\ndefinitions =",
            "grammars.nim: calls must be a table of node type = field",
        ),
        ("definitions =", "comments = 1\ndefinitions =", "grammars.nim: comments must be a list of strings"),
        (
            "definitions =",
            "members = { a = 1 }\ndefinitions =",
            "members must be a table of node type = [object",
        ),
    ],
)
def test_bad_grammars_say_what_is_wrong(place, old, new, complaint):
    root, environ = place
    write(root / "codelode.toml", GRAMMAR)
    assert config.load(str(root), {}, environ).grammars
    write(root / "codelode.toml", GRAMMAR.replace(old, new))
    message = error(root, environ)
    assert message.startswith("codelode.toml:1: ")
    assert complaint in message


def test_grammars_do_not_come_from_the_environment(place):
    root, environ = place
    complaint = "CODELODE_GRAMMARS: grammars must be tables in a settings file: [grammars.<language>]"
    assert error(root, environ | {"CODELODE_GRAMMARS": "nim"}) == complaint


def test_jobs_may_be_auto_everywhere(place):
    root, environ = place
    write(root / "codelode.toml", 'jobs = "auto"\n')
    assert config.load(str(root), {}, environ).jobs == 0
    assert config.load(str(root), {"jobs": "auto"}, environ | {"CODELODE_JOBS": "2"}).jobs == 0


def test_unknown_key_in_the_trees_file(place):
    root, environ = place
    write(root / "codelode.toml", "# ours\nmemory_mb = 512\njob = 2\n")
    assert error(root, environ) == "codelode.toml:3: unknown setting 'job'; did you mean 'jobs'?"


def test_unknown_key_that_resembles_nothing_lists_the_known_ones(place):
    root, environ = place
    write(root / "codelode.toml", "colour = 1\n")
    message = error(root, environ)
    assert message.startswith("codelode.toml:1: unknown setting 'colour'; known are ")
    assert all(name in message for name in settings.names())


def test_unknown_key_in_the_users_file_names_its_whole_path(place):
    root, environ = place
    user = Path(environ["XDG_CONFIG_HOME"]) / "codelode" / "config.toml"
    write(user, "\n\n  'memory' = 2\n")
    assert error(root, environ).startswith(f"{user}:3: unknown setting 'memory'")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[project]\njobs = 'many'\n[tool.codelode]\ninclude = [\n 'jobs = 1',\n]\njobs = 'x'\n", 7),
        ("[tool]\ncodelode.jobs = 'x'\n", 2),
        ("[tool]\nother = 1\n\ncodelode = { jobs = 'x' }\n", 4),
        ("tool.codelode.jobs = 'x'\n", 1),
        ("[ tool . 'codelode' ]\n\"jobs\" = 'x'\n", 2),
        ("[tool.x]\ntext = '''\n[tool.codelode]\njobs = 1\n'''\n[tool.codelode]\njobs = 'x'\n", 7),
        ('[tool.x]\nt = """a"""\n[tool.codelode]\nparallel = true\njobs = \'x\'\n', 5),
    ],
)
def test_bad_value_in_pyproject_is_found_in_every_spelling(place, text, line):
    root, environ = place
    write(root / "pyproject.toml", text)
    assert error(root, environ) == f"pyproject.toml:{line}: jobs must be a whole number, not 'x'"


def test_tool_codelode_that_is_no_table(place):
    root, environ = place
    write(root / "pyproject.toml", "[tool]\nruff = 1\ncodelode = 3\n")
    assert error(root, environ) == "pyproject.toml:3: tool.codelode must be a table"


@pytest.mark.parametrize(
    ("text", "line"),
    [("jobs = 1\nmemory_mb =\n", 2), ("jobs = 1\n\ninclude = [\n", 3), ("jobs = 1\njobs = 2\n", 2), ("x", 1)],
)
def test_toml_syntax_errors_carry_their_line(place, text, line):
    root, environ = place
    write(root / "codelode.toml", text)
    message = error(root, environ)
    assert message.startswith(f"codelode.toml:{line}: ")
    assert "(at " not in message


def test_file_that_is_not_utf8_names_the_line(place):
    root, environ = place
    (root / "codelode.toml").write_bytes(b"jobs = 1\n# caf\xe9\n")
    assert error(root, environ) == "codelode.toml:2: is not UTF-8"


def test_byte_order_mark_and_crlf_are_fine(place):
    root, environ = place
    (root / "codelode.toml").write_bytes(b"\xef\xbb\xbfjobs = 3\r\ninclude = [\r\n  '*.c',\r\n]\r\n")
    loaded = config.load(str(root), {}, environ)
    assert (loaded.jobs, loaded.include) == (3, ("*.c",))


def test_a_pyproject_that_does_not_name_us_is_not_even_parsed(place):
    root, environ = place
    write(root / "pyproject.toml", "this is [ no TOML\n")
    assert config.load(str(root), {}, environ) == Settings()
    write(root / "pyproject.toml", "this is [ no TOML\n[tool.codelode]\n")
    assert error(root, environ).startswith("pyproject.toml:1: ")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs FIFOs")
def test_only_regular_files_are_opened(place):
    root, environ = place
    os.mkfifo(root / "codelode.toml")  # opening it would wait for ever
    (root / "pyproject.toml").mkdir()
    assert config.load(str(root), {}, environ) == Settings()


@pytest.mark.skipif(
    not Path("/proc/self/mem").is_file(), reason="needs a file that cannot be read, even by root"
)
def test_unreadable_file_is_an_error_with_its_name(place):
    root, environ = place
    (root / "codelode.toml").symlink_to("/proc/self/mem")
    assert error(root, environ) == "codelode.toml: cannot be read: Input/output error"


def test_values_out_of_range_name_file_and_line(place):
    root, environ = place
    write(root / "codelode.toml", "jobs = 2\nmemory_mb = 3\n")
    assert error(root, environ) == "codelode.toml:2: memory_mb is 3; it must be at least 256"


def test_two_settings_that_contradict_each_other_name_the_later_source(place):
    root, environ = place
    write(root / "codelode.toml", "max_exact_bytes = 500\nmax_ranked_bytes = 400\n")
    assert config.load(str(root), {}, environ).max_exact_bytes == 500
    message = error(root, environ | {"CODELODE_MAX_RANKED_BYTES": "501"})
    assert message.startswith("CODELODE_MAX_RANKED_BYTES: max_ranked_bytes (501) is above")


def test_environment_errors_name_the_variable(place):
    root, environ = place
    assert error(root, environ | {"CODELODE_JOBS": "two"}) == (
        "CODELODE_JOBS: jobs must be a whole number, not 'two'"
    )
    assert error(root, environ | {"CODELODE_JOB": "2"}) == (
        "CODELODE_JOB: unknown setting; did you mean 'CODELODE_JOBS'?"
    )
    assert config.load(str(root), {}, environ | {"CODELODE_DEBUG": "1"}) == Settings()


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"jobs": "two"}, "--jobs: jobs must be a whole number, not 'two'"),
        ({"memory_mb": 7}, "--memory: memory_mb is 7; it must be at least 256"),
        ({"ignore_files": "maybe"}, "--no-ignore: ignore_files must be true or false, not 'maybe'"),
    ],
)
def test_flag_errors_name_the_flag(place, flags, message):
    root, environ = place
    assert error(root, environ, flags) == message


def test_user_file_places():
    if sys.platform != "win32":
        assert config.user_file({"XDG_CONFIG_HOME": "/x"}) == "/x/codelode/config.toml"
        assert config.user_file({"XDG_CONFIG_HOME": "rel", "HOME": "/h"}).startswith("/h/")
    assert Path(config.user_file({})).parts[-2:] == ("codelode", "config.toml")


def test_toml_is_imported_only_when_a_file_exists(place):
    root, environ = place
    program = (
        "import os, sys; from codelode import config; config.load(os.getcwd(), {}, os.environ);"
        "print('tomllib' in sys.modules)"
    )
    keep = {k: v for k, v in os.environ.items() if not k.startswith(("CODELODE_", "COV"))} | environ

    def run() -> str:
        return subprocess.run(
            [sys.executable, "-c", program], env=keep, capture_output=True, text=True, check=True
        ).stdout.strip()

    assert run() == "False"
    write(root / "codelode.toml", "jobs = 1\n")
    assert run() == "True"


KEYS = st.sampled_from(["jobs", "a", "b-c", '"q u"', "'l'"])


@given(
    st.lists(st.one_of(st.just(""), st.just("# jobs = 1"), KEYS.map(lambda k: f"[t.{k}]")), max_size=8), KEYS
)
def test_line_of_finds_the_one_key_wherever_it_stands(before, key):
    """A file of distinct tables, then one table with one key."""
    lines = [
        *dict.fromkeys(line for line in before if line),
        "[wanted]",
        f"  {key} = 1",
        "[after]",
        f"{key} = 2",
    ]
    found = config._line_of("\n".join(lines), ("wanted", key.strip("\"'")))
    assert found == lines.index(f"  {key} = 1") + 1


@pytest.mark.parametrize(
    "server", ["https://example.org/v1", "http://localhost.example.org", "http://127.0.0.1x"]
)
@pytest.mark.parametrize("name", ["codelode.toml", "pyproject.toml"])
def test_a_tree_may_not_send_itself_to_another_machine(place, name, server):
    root, environ = place
    table = "[tool.codelode]\n" if name == "pyproject.toml" else ""
    write(root / name, f'{table}embedder_model = "m"\nembedder = "openai:{server}"\n')
    with pytest.raises(SettingsError, match=rf"{name}:\d: openai:{server} is a server on another machine"):
        config.load(str(root), {}, environ)


def test_a_server_on_this_machine_or_one_of_the_user_s_own_choice(place):
    root, environ = place
    for server in ("http://localhost:11434/v1", "http://127.0.0.1", "http://[::1]:8080/v1"):
        write(root / "codelode.toml", f'embedder_model = "m"\nembedder = "openai:{server}"\n')
        assert config.load(str(root), {}, environ).embedder == f"openai:{server}"
    write(root / "codelode.toml", "")
    own = {"CODELODE_EMBEDDER": "openai:https://example.org/v1", "CODELODE_EMBEDDER_MODEL": "m"}
    assert config.load(str(root), {}, environ | own).embedder == "openai:https://example.org/v1"
    secret = environ | {"CODELODE_API_KEY": "k"}
    assert config.load(str(root), {}, secret) == Settings(), "the key is no setting"


def test_groups_are_lists_of_folders_in_the_users_file_only(place):
    root, environ = place
    user = Path(environ["XDG_CONFIG_HOME"]) / "codelode" / "config.toml"
    assert config.groups(environ) == {}
    write(user, 'jobs = 1\n[groups]\nweb = ["~/web", "/srv/*"]\none = "/srv/one"\n')
    assert config.groups(environ) == {
        "web": (os.path.expanduser("~/web"), "/srv/*"),  # noqa: PTH111
        "one": ("/srv/one",),
    }
    assert config.load(str(root), {}, environ).jobs == 1
    write(root / "codelode.toml", 'jobs = 2\n\n[groups]\nweb = ["/"]\n')
    assert error(root, environ).startswith("codelode.toml:3: groups belong into your own settings file, ")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("groups = 3\n", ":1: groups must be a table"),
        ("[groups]\nweb = 3\n", ":2: web must be a list of folders"),
        ("[groups]\na = ['/a']\n\nweb = []\n", ":4: web must be a list of folders"),
        ("[groups]\nweb = ['/a', 1]\n", ":2: web must be a list of folders"),
        ("[groups]\nweb = ['src']\n", ":2: src must begin with ~ or be an absolute path"),
    ],
)
def test_bad_groups_say_where(place, text, message):
    _, environ = place
    user = Path(environ["XDG_CONFIG_HOME"]) / "codelode" / "config.toml"
    write(user, text)
    with pytest.raises(SettingsError) as caught:
        config.group_folders("web", environ)
    assert str(caught.value) == f"{user}{message}"
