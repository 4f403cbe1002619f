"""The language of a file: by its name, and where that says nothing or two things, by what it holds.

Names are looked at alone where they are enough, which they nearly always are; `of_file` costs a microsecond then.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from codelode.model import RelPath

_EXTENSIONS = """
ada: ada adb ads
asm: asm s
bash: sh bash zsh ksh
bat: bat cmd
bazel: bzl bazel
c: c h
clojure: clj cljs cljc edn
cmake: cmake
cpp: cc cpp cxx c++ hh hpp hxx h++ inl ipp tpp cu cuh
csharp: cs csx
css: css
csv: csv tsv
cython: pyx pxd pxi
d: d di
dart: dart
devicetree: dts dtsi dtso
diff: diff patch
elixir: ex exs
elm: elm
erlang: erl hrl
fish: fish
fortran: f f90 f95 f03 for
fsharp: fs fsx fsi
glsl: glsl vert frag comp geom
go: go
gradle: gradle
graphql: graphql gql
groovy: groovy
haskell: hs lhs
html: html htm xhtml
ini: ini cfg conf properties
java: java
javascript: js mjs cjs jsx
json: json jsonc json5 jsonl
julia: jl
kotlin: kt kts
latex: tex sty cls
less: less
lisp: lisp lsp cl el
lua: lua
make: mk mak
markdown: md markdown mdx
matlab: m
nim: nim nims
nix: nix
objc: mm
ocaml: ml mli
pascal: pas pp
perl: pl pm
php: php phtml
powershell: ps1 psm1 psd1
protobuf: proto
purescript: purs
python: py pyi pyw
r: r
rst: rst
ruby: rb rake gemspec
rust: rs
scala: scala sc sbt
scheme: scm ss rkt
sass: sass
scss: scss
solidity: sol
sql: sql
starlark: star
svelte: svelte
swift: swift
tcl: tcl
terraform: tf tfvars hcl
text: txt
thrift: thrift
toml: toml
typescript: ts mts cts tsx
verilog: v sv svh vh
vhdl: vhd vhdl
vim: vim
vue: vue
xml: xml xsd xsl xslt svg plist
yaml: yaml yml
zig: zig
"""
_NAMES = {
    b"makefile": "make", b"gnumakefile": "make", b"kbuild": "make", b"kconfig": "kconfig",
    b"dockerfile": "dockerfile", b"containerfile": "dockerfile", b"cmakelists.txt": "cmake",
    b"rakefile": "ruby", b"gemfile": "ruby", b"vagrantfile": "ruby", b"podfile": "ruby", b"brewfile": "ruby",
    b"fastfile": "ruby", b"guardfile": "ruby", b"capfile": "ruby", b"dangerfile": "ruby", b".irbrc": "ruby",
    b"jenkinsfile": "groovy", b"build": "bazel", b"workspace": "bazel", b"tiltfile": "starlark",
    b".bashrc": "bash", b".profile": "bash", b".bash_profile": "bash", b".bash_aliases": "bash",
    b".zshrc": "bash", b".zshenv": "bash", b".zprofile": "bash", b"pkgbuild": "bash", b".envrc": "bash",
    b"sconstruct": "python", b"sconscript": "python", b"wscript": "python",
    b"cargo.lock": "toml", b"poetry.lock": "toml", b"uv.lock": "toml", b"pipfile": "toml",
    b"composer.lock": "json", b".babelrc": "json", b".eslintrc": "json", b".prettierrc": "json",
    b".clang-format": "yaml", b".clang-tidy": "yaml", b".gitconfig": "ini", b".gitmodules": "ini",
    b".editorconfig": "ini", b".vimrc": "vim", b".emacs": "lisp",
    b"go.mod": "gomod", b"go.sum": "gomod",
}  # fmt: skip
# Makefile.am, Kconfig.debug, Dockerfile.release; but build.log is no build file.
_FAMILIES = {
    name: _NAMES[name] for name in (b"makefile", b"kconfig", b"kbuild", b"dockerfile", b"containerfile")
}


_INTERPRETERS = """
awk: awk gawk mawk nawk
bash: sh bash dash ash zsh ksh mksh busybox
clojure: clojure clj bb
csh: csh tcsh
elixir: elixir iex
erlang: escript
fish: fish
groovy: groovy
haskell: runhaskell runghc stack cabal
javascript: node nodejs
julia: julia
kotlin: kotlin kotlinc
lisp: sbcl clisp emacs
lua: lua luajit
make: make gmake
nix: nix-shell
ocaml: ocaml utop
perl: perl
php: php
powershell: pwsh powershell
prolog: swipl
python: python pypy ipython uv pipx
r: rscript r
ruby: ruby jruby rake
scala: scala amm
scheme: guile racket
sed: sed gsed
swift: swift
tcl: tclsh wish expect
typescript: deno bun ts-node tsx
"""
"""language: the programs that a first line ``#!`` names, without the digits at their end"""

_EDITOR_NAMES = """
bash: shell-script shell
c: cc-mode
cpp: c++
csharp: cs
javascript: js js2 js-jsx javascriptreact rjsx
lisp: emacs-lisp common-lisp lisp-interaction
latex: tex plaintex
make: makefile makefile-gmake makefile-automake
markdown: gfm
objc: objective-c
perl: cperl
powershell: ps1
python: py python3
rst: rest
terraform: hcl
typescript: typescriptreact
xml: nxml sgml
"""
"""language: what Vim and Emacs call it, where that is neither our name nor an interpreter or an extension"""


def _by_word(table: str) -> dict[bytes, str]:
    return {
        word.encode(): language
        for language, _, words in (line.partition(": ") for line in table.split("\n") if line)
        for word in words.split()
    }


_BY_INTERPRETER = _by_word(_INTERPRETERS)
_BY_EXTENSION = _by_word(_EXTENSIONS)
_BY_EDITOR_NAME = {
    **_BY_EXTENSION,
    **_BY_INTERPRETER,
    **{language.encode(): language for language in {*_BY_EXTENSION.values(), *_NAMES.values()}},
    **_by_word(_EDITOR_NAMES),
}

_SPOKEN = {"c#": "csharp", "f#": "fsharp", "golang": "go", "objective-c++": "objc", "shell": "bash"}
"""what people call a language, where no program does"""

_MODELINES = 5
"""lines at either end of a file in which Vim looks"""
_END_BYTES = 2048
"""of either end of a text that are looked at"""
_SHEBANG = re.compile(rb"#![ \t]*(\S+)[ \t]*([^\r\n]*)")
_EMACS = re.compile(rb"-\*-[ \t]*(?:[^\n]*?\bmode:[ \t]*)?([\w+#-]+)[ \t]*(?:;[^\n]*)?-\*-", re.IGNORECASE)
_VIM = re.compile(rb"(?:^|[ \t])(?:vim?|ex):[^\n]*?\b(?:ft|filetype|syn|syntax)=([\w+#-]+)")

# C has none of these at the start of a line, and includes nothing without a dot.
_CPP = re.compile(
    rb"\n(?:[ \t]*+(?:(?:public|private|protected)(?: slots)?:[ \t]*[\r\n/]"
    rb"|(?:inline )?namespace(?: [\w:]+)?\s*\{|template ?<)"
    rb"|class \w[\w ]*(?:: (?:public|private|protected) |\{)|class \w+;|using (?:namespace |\w+ =|\w+::)"
    rb"|#[ \t]*include <\w+>)"
)
_OBJECTIVE_C = re.compile(
    rb"\n(?:@(?:interface|implementation|protocol|class|import|end|property)\b|#import\b)"
)
_PROLOG = re.compile(rb"\n(?::- |[a-z]\w*\([^\n]*\)(?: :-|\.[ \t]*(?=[\r\n%])))")
_PERL = re.compile(rb"\n(?:use |package |sub |my |our )")
_QT = re.compile(rb"\s*<(?:\?xml|!DOCTYPE)")
_PROBE_BYTES = 8 << 10
"""of a text whose name is ambiguous that are looked at"""


def _header(head: bytes) -> str:
    if _OBJECTIVE_C.search(head):
        return "objc"
    return "cpp" if _CPP.search(head) else "c"


def _dot_m(head: bytes) -> str:
    return "objc" if _OBJECTIVE_C.search(head) else "matlab"


def _dot_pl(head: bytes) -> str:
    return "prolog" if _PROLOG.search(head) and not _PERL.search(head) else "perl"


def _dot_ts(head: bytes) -> str:
    return "xml" if _QT.match(head) else "typescript"


_AMBIGUOUS: dict[bytes, Callable[[bytes], str]] = {
    b"h": _header,
    b"m": _dot_m,
    b"pl": _dot_pl,
    b"ts": _dot_ts,
}
"""extension -> which of its languages a text is in, by its first bytes, with a line end in front"""


def known() -> frozenset[str]:
    """Every language name that `of_file` can return, without the empty one."""
    return frozenset(_BY_EDITOR_NAME.values()) | {"prolog"}


def called(name: str) -> str:
    """Our name of the language that people call `name`: also by an extension, an interpreter, or what an editor
    calls it; ``""`` when there is none."""
    name = name.lower()
    return name if name in known() else _BY_EDITOR_NAME.get(_SPOKEN.get(name, name).encode(), "")


def extension(path: RelPath) -> str:
    """What follows the last dot of a file's name, lower case; the name itself when it has none."""
    name = path[path.rfind(b"/") + 1 :]
    return name[name.rfind(b".") + 1 :].lower().decode("latin-1")


def of_path(path: RelPath) -> str:
    """Language of the file called `path`, by name, then by extension; ``""`` when neither is known."""
    name = path[path.rfind(b"/") + 1 :].lower()
    found = _NAMES.get(name)
    if found:
        return found
    stem, dot, extension = name.rpartition(b".")
    found = _BY_EXTENSION.get(extension, "") if dot and stem else ""
    return found or _FAMILIES.get(name.partition(b".")[0], "")


def of_content(head: bytes, tail: bytes) -> str:
    """The language that a text says it is in: by a mode line of Emacs or Vim, else by its first line; ``""`` if
    it does not.

    `head` and `tail` are its first and last bytes, a few lines of each; they may overlap.
    """
    said = b""
    if b"-*-" in head and (found := _EMACS.search(b"\n".join(head.split(b"\n", 2)[:2]))):
        said = found[1]
    elif b":" in head or b":" in tail:
        lines = (
            head.split(b"\n", _MODELINES)[:_MODELINES]
            + tail.rstrip(b"\n").rsplit(b"\n", _MODELINES)[-_MODELINES:]
        )
        said = next((found[1] for line in lines if b"=" in line and (found := _VIM.search(line))), b"")
    if said and (language := _BY_EDITOR_NAME.get(said.lower())):
        return language
    shebang = _SHEBANG.match(head) if head.startswith(b"#!") else None
    return _of_shebang(shebang[1], shebang[2].split()) if shebang else ""


def _of_shebang(program: bytes, arguments: list[bytes]) -> str:
    name = program[program.rfind(b"/") + 1 :]
    if name == b"env":
        # -S may stand alone or before its word; variables may be set for the program
        words = (word.removeprefix(b"-S") for word in arguments)
        name = next((word for word in words if word and word[:1] != b"-" and b"=" not in word), b"")
        name = name[name.rfind(b"/") + 1 :]
    name = name.lower().removesuffix(b".exe")
    return _BY_INTERPRETER.get(name) or _BY_INTERPRETER.get(name.rstrip(b"0123456789.-"), "")


def of_file(path: RelPath, text: bytes) -> str:
    """Language of the file called `path` that holds `text` (UTF-8); ``""`` when neither tells."""
    found = of_path(path)
    if not found:
        return of_content(text[:_END_BYTES], text[-_END_BYTES:])
    choose = _AMBIGUOUS.get(path[path.rfind(b".") + 1 :].lower())
    return found if choose is None else choose(b"\n" + text[:_PROBE_BYTES])
