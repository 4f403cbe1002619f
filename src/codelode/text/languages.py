"""The language of a file, by its name."""

from __future__ import annotations

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
scss: scss sass
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
    b"rakefile": "ruby", b"gemfile": "ruby", b"vagrantfile": "ruby", b"jenkinsfile": "groovy",
    b"build": "bazel", b"workspace": "bazel", b".bashrc": "bash", b".profile": "bash",
    b"go.mod": "gomod", b"go.sum": "gomod",
}  # fmt: skip
# Makefile.am, Kconfig.debug, Dockerfile.release; but build.log is no build file.
_FAMILIES = {
    name: _NAMES[name] for name in (b"makefile", b"kconfig", b"kbuild", b"dockerfile", b"containerfile")
}
_BY_EXTENSION = {
    extension.encode(): language
    for language, _, extensions in (line.partition(": ") for line in _EXTENSIONS.split("\n") if line)
    for extension in extensions.split()
}


def known() -> frozenset[str]:
    """Every language name that `of_path` can return, without the empty one."""
    return frozenset(_BY_EXTENSION.values()) | frozenset(_NAMES.values())


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
