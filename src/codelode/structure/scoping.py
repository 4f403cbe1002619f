"""How languages find what a name means: a small table each, and patterns of declarations in their text.

The patterns say what a variable was declared as or first set to; in ``{x}`` goes the variable.  They read text, not
trees, since the declaration often stands in another file than the one that is parsed.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from codelode.structure.rules import types_of

_PYTHON_TYPE = r"([\"']?[A-Za-z_][\w.]*(?:\[[^\n=]*?\])?(?:\s*\|\s*[\w.]+(?:\[[^\n=]*?\])?)*)"
_PREFIX_TYPE = r"([A-Za-z_][\w.:\\]*(?:<[^;(){{}}=]*>)?(?:\s*\[\])?)[\s*&]+"
_REST = r"([^\n;]+)"


@dataclass(frozen=True, slots=True)
class Scoping:
    """The rules of one language."""

    family: str
    """languages whose definitions it can call have the same"""
    selves: frozenset[str] = frozenset()
    """what a method calls its own object or class"""
    supers: frozenset[str] = frozenset()
    """what it calls its base class"""
    implicit_self: bool = False
    """A bare name can be a method of the enclosing class"""
    strict: bool = False
    """A bare name that is neither in the file nor imported is no definition of the tree"""
    packages: bool = False
    """All files of a folder share their names"""
    nested: bool = True
    """Functions can stand in functions, and are then seen there only"""
    anonymous: bool = False
    """Functions without a name hold definitions, which are seen in them only"""
    declared: tuple[str, ...] = ()
    """patterns of a declaration of ``{x}`` whose group is its type"""
    assigned: tuple[str, ...] = ()
    """patterns of an assignment to ``{x}`` whose group is the expression"""
    result: str = ""
    """pattern of a signature whose group is the type of the result"""
    bases: str = ""
    """pattern of a class's signature whose groups list its base classes"""
    common: frozenset[str] = frozenset()
    """methods of the language's own classes, which an object of unknown class most likely is"""


_PYTHON_COMMON = frozenset(
    name
    for kind in (
        str,
        bytes,
        bytearray,
        int,
        float,
        list,
        tuple,
        dict,
        set,
        io.TextIOWrapper,
        io.BytesIO,
        re.Pattern,
        re.Match,
    )
    for name in dir(kind)
)
_JAVASCRIPT_COMMON = types_of(
    "add all apply at bind call catch charAt charCodeAt clear concat delete endsWith entries every exec fill filter "
    "finally find findIndex flat flatMap forEach get getTime has includes indexOf join keys lastIndexOf localeCompare "
    "map match matchAll next normalize padEnd padStart parse pop push reduce reduceRight repeat replace replaceAll "
    "resolve reverse search set shift slice some sort splice split startsWith stringify substr substring test then "
    "throw toFixed toJSON toLowerCase toString toUpperCase trim trimEnd trimStart unshift valueOf values"
)
_GO_COMMON = types_of(
    "Add Bytes Close Done Err Error Flush Format Get Len Less Load Lock Name Next Pop Push RLock RUnlock Read Reset "
    "Run Scan Seek Set Size Stop Store String Swap Sync Unlock Unwrap Value Wait Write WriteString"
)
_RUST_COMMON = types_of(
    "all and_then any as_bytes as_mut as_ref as_slice as_str borrow borrow_mut chain clear clone cloned cmp collect "
    "contains contains_key copied count drain entry enumerate eq expect extend filter filter_map find first flat_map "
    "flush fmt fold for_each from get get_mut get_or_insert_with hash insert into into_iter is_empty is_err is_none "
    "is_ok is_some iter iter_mut join keys last len lines lock map map_err max min new next ok ok_or or_else parse "
    "partial_cmp peek pop position push push_str read recv remove replace resize retain rev send skip sort split "
    "starts_with sum swap take to_owned to_string to_vec trim truncate unwrap unwrap_or unwrap_or_default "
    "unwrap_or_else values with_capacity write zip"
)

_JAVASCRIPT = Scoping(
    family="javascript",
    selves=frozenset({"this"}),
    supers=frozenset({"super"}),
    strict=True,
    declared=(
        r"(?<![\w$.]){x}\s*[?!]?\s*:\s*(?:readonly\s+)?([A-Z][\w.$]*(?:<[^=;\n]*>)?(?:\[\])*|string|number|boolean)",
    ),
    assigned=(r"(?<![\w$.])(?:this\.)?{x}\s*(?::[^=;\n]+)?=(?![=>])\s*" + _REST,),
    result=r"\)\s*:\s*([\w.$]+(?:<.*>)?(?:\[\])*)",
    bases=r"\b(?:extends|implements)\s+([\w.$, ]+)",
    anonymous=True,
    common=_JAVASCRIPT_COMMON,
)

_C_LIKE = (r"(?<![\w.]){x}".join((_PREFIX_TYPE, r"\s*(?=[=;,):\[{{(]|$)")),)
_ASSIGNED = (r"(?<![\w.>])(?:this\.|this->)?{x}\s*=(?!=)\s*" + _REST,)
_COLON_TYPED = (r"(?<![\w.]){x}\s*:\s*([A-Za-z_][\w.]*(?:<[^=;\n]*>|\[[^=;\n]*\])?\??)",)

_SCOPINGS = {
    "python": Scoping(
        family="python",
        selves=frozenset({"self", "cls"}),
        supers=frozenset({"super()"}),
        strict=True,
        declared=(r"(?<![\w.])(?:self\.)?{x}\s*:\s*" + _PYTHON_TYPE,),
        assigned=(
            r"(?<![\w.])(?:self\.|cls\.)?{x}\s*(?::[^=\n]+)?=(?!=)\s*([^\n]+)",
            r"\bwith\s+([^\n]+?)\s+as\s+{x}\b",
        ),
        result=r"->\s*" + _PYTHON_TYPE,
        bases=r"\(([^()]*)",
        common=_PYTHON_COMMON,
    ),
    "javascript": _JAVASCRIPT,
    "typescript": _JAVASCRIPT,
    "go": Scoping(
        family="go",
        strict=True,
        packages=True,
        declared=(r"(?<![\w.]){x}(?:[ \t]*,[ \t]*\w+)*[ \t]+(\*?[A-Za-z_][\w.]*)(?![\w.(])",),
        assigned=(r"(?<![\w.]){x}(?:[ \t]*,[ \t]*\w+)*[ \t]*:?=(?!=)[ \t]*([^\n;]+)",),
        result=r"\)[ \t]*\(?(?:\w+[ \t]+)?(\*?[A-Za-z_][\w.]*)(?:[ \t]*,[^)]*)?\)?[ \t]*$",
        common=_GO_COMMON,
    ),
    "rust": Scoping(
        family="rust",
        selves=frozenset({"self", "Self"}),
        strict=True,
        declared=(
            r"(?<![\w.]){x}\s*:\s*((?:&\s*)?(?:'\w+\s+)?(?:mut\s+)?(?:dyn\s+|impl\s+)?[\w:]+(?:<[^=;\n]*>)?)",
        ),
        assigned=(r"\blet\s+(?:mut\s+)?{x}\s*(?::[^=;]+)?=\s*([^;]+)",),
        result=r"->\s*([^{{]+)",
        common=_RUST_COMMON,
    ),
    "java": Scoping(
        family="jvm",
        selves=frozenset({"this"}),
        supers=frozenset({"super"}),
        implicit_self=True,
        strict=True,
        packages=True,
        nested=False,
        declared=_C_LIKE,
        assigned=_ASSIGNED,
        result=_PREFIX_TYPE.replace("{{", "{").replace("}}", "}") + r"\w+\s*\(",
        bases=r"\b(?:extends|implements)\s+([\w.<>?, ]+)",
    ),
    "kotlin": Scoping(
        family="jvm",
        selves=frozenset({"this"}),
        supers=frozenset({"super"}),
        implicit_self=True,
        packages=True,
        declared=_COLON_TYPED,
        assigned=_ASSIGNED,
        result=r"\)\s*:\s*([\w.]+)",
        bases=r"\)?\s*:\s*([\w.<>(), ]+)",
    ),
    "scala": Scoping(
        family="jvm",
        selves=frozenset({"this"}),
        supers=frozenset({"super"}),
        implicit_self=True,
        packages=True,
        declared=_COLON_TYPED,
        assigned=_ASSIGNED,
        result=r"\)\s*:\s*([\w.]+)",
        bases=r"\b(?:extends|with)\s+([\w.]+)",
    ),
    "csharp": Scoping(
        family="csharp",
        selves=frozenset({"this"}),
        supers=frozenset({"base"}),
        implicit_self=True,
        nested=False,
        declared=_C_LIKE,
        assigned=_ASSIGNED,
        result=_PREFIX_TYPE.replace("{{", "{").replace("}}", "}") + r"\w+\s*\(",
        bases=r":\s*([\w.<>, ]+)",
    ),
    "c": Scoping(family="c", nested=False, declared=_C_LIKE),
    "cpp": Scoping(
        family="c",
        selves=frozenset({"this", "(*this)"}),
        implicit_self=True,
        nested=False,
        declared=_C_LIKE,
        assigned=_ASSIGNED,
        result=_PREFIX_TYPE.replace("{{", "{").replace("}}", "}") + r"[\w:]+\s*\(",
        bases=r":(?!:)\s*((?:(?:public|protected|private|virtual)\s+)*[\w:<>, ]+)",
    ),
    "php": Scoping(
        family="php",
        selves=frozenset({"$this", "self", "static"}),
        supers=frozenset({"parent"}),
        declared=(r"\??([A-Za-z_\\][\w\\]*)\s+{x}\b",),
        assigned=(r"(?<![\w>])(?:\$this->)?{x}\s*=(?![=>])\s*" + _REST,),
        result=r"\)\s*:\s*\??([\w\\]+)",
        bases=r"\b(?:extends|implements)\s+([\w\\, ]+)",
    ),
    "ruby": Scoping(
        family="ruby",
        selves=frozenset({"self"}),
        supers=frozenset({"super"}),
        implicit_self=True,
        nested=False,
        assigned=(r"(?<![\w.]){x}\s*(?:\|\|)?=(?![=~>])\s*([^\n]+)",),
        bases=r"<\s*([\w:]+)",
    ),
    "swift": Scoping(
        family="swift",
        selves=frozenset({"self", "Self"}),
        supers=frozenset({"super"}),
        implicit_self=True,
        declared=_COLON_TYPED,
        assigned=_ASSIGNED,
        result=r"->\s*([\w.]+)",
        bases=r":\s*([\w., ]+)",
    ),
    "dart": Scoping(
        family="dart",
        selves=frozenset({"this"}),
        supers=frozenset({"super"}),
        implicit_self=True,
        declared=_C_LIKE,
        assigned=_ASSIGNED,
        bases=r"\b(?:extends|implements|with)\s+([\w., ]+)",
    ),
}


def scoping_of(language: str) -> Scoping:
    """The rules of `language`; for one without a table: its own family, and nothing known."""
    found = _SCOPINGS.get(language)
    return found if found is not None else Scoping(family=language)


@cache
def pattern(template: str, name: str) -> re.Pattern[str]:
    """A pattern of `Scoping` for the variable `name`."""
    return re.compile(template.replace("{x}", re.escape(name)).replace("{{", "{").replace("}}", "}"), re.M)


class Declaration(NamedTuple):
    """A place that says what a variable is."""

    offset: int
    """byte at which it begins"""
    is_type: bool
    """its type is written, not only an expression"""
    written: str
    is_field: bool
    """it says itself that it is a field of the object: ``self.x = ...``"""


_EXPRESSION = 600
"""Bytes of an assigned expression that are looked at"""

_ON_SELF = re.compile(r"(?:self|cls|this|\$this)(?:\.|->)|@")
_PROPERTY = re.compile(r"\b(?:private|public|protected|readonly)\s+$")


def find_declarations(scoping: Scoping, code: str, name: str, start: int, end: int) -> list[Declaration]:
    """The declarations of `name` in `code` (a character a byte) between `start` and `end`."""
    text = code[start:end]
    found = []
    for is_type, templates in ((True, scoping.declared), (False, scoping.assigned)):
        for template in templates:
            for match in pattern(template, name).finditer(text):
                at = match.start(1)
                written = match[1] if is_type else text[at : at + _EXPRESSION]
                before = text[max(0, match.start() - 20) : match.start()]
                is_field = bool(_ON_SELF.match(match[0]) or _PROPERTY.search(before))
                found.append(Declaration(start + match.start(), is_type, written, is_field))
    return found


_HASHED = frozenset({"python", "ruby"})
_PLAIN_TEXT = re.compile(
    r"\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`|//[^\n]*|/\*.*?\*/", re.S
)
_GO_TEXT = re.compile(r"\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|`[^`]*`|//[^\n]*|/\*.*?\*/", re.S)
_HASHED_TEXT = re.compile(
    r"\"\"\".*?\"\"\"|'''.*?'''|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|#[^\n]*", re.S
)


def without_prose(language: str, text: str) -> str:
    """`text` with blanks for what is in comments and long strings, so that patterns of code do not find prose;
    everything stays in its place.  A short string stays, since a type can be quoted."""
    prose = _HASHED_TEXT if language in _HASHED else _GO_TEXT if language == "go" else _PLAIN_TEXT
    return prose.sub(_blanked, text)


def _blanked(found: re.Match[str]) -> str:
    text = found[0]
    if text[0] in "\"'" and not text.startswith(('"""', "'''")):
        return text
    inner = re.sub(r"[^\n]", " ", text)
    return text[0] + inner[1:] if text[0] in "\"'`" else inner


_WRAPPERS = re.compile(
    r"^(?:(?:\w+\.)?(?:Optional|Type|type|ClassVar|Final|Annotated)\[|(?:Box|Rc|Arc|Readonly|Partial|NonNullable)<)"
)
_QUALIFIERS = re.compile(r"\b(?:const|mut|dyn|impl|readonly|struct|class|final|static|override)\s+")
_LIFETIME = re.compile(r"&\s*'\w+\s+")
_NO_TYPES = types_of(
    "abstract class enum extends implements interface namespace struct throws union "
    "return new throw else in delete case goto await yield not and or if while using typeof import package "
    "public private protected static final const var let val auto function def"
)
ANYTHING = types_of("Any any object Object unknown Self var auto dynamic T")
"""Types that say nothing of the object"""


def type_name(written: str) -> str:
    """The class that a declaration names: ``Foo`` of ``Optional[pkg.Foo]``, ``*Foo``, ``const Foo &`` (with the
    module: ``pkg.Foo``); "" when it is no type, or says nothing."""
    text = _QUALIFIERS.sub("", _LIFETIME.sub("&", written).strip().strip("\"'&* ?"))
    while found := _WRAPPERS.match(text):
        text = text[found.end() :].rstrip("]>")
    for part in text.split("|"):
        name = part.strip().strip("\"'&* ?")
        if name in ("None", "null", "undefined", ""):
            continue
        if name.endswith("[]"):
            return "[]"
        core = re.match(r"[\w.:$\\]+", name)
        if core is None or core[0] in _NO_TYPES or core[0] in ANYTHING:
            return ""
        return core[0].replace("::", ".").replace("\\", ".").strip(".")
    return ""


_BASE = re.compile(r"(?<![\w=.:\\])([A-Za-z_][\w.:\\]*+)(?!\s*=)")
_MODIFIERS = types_of("public protected private virtual extends implements with metaclass")


def base_names(scoping: Scoping, signature: str) -> list[str]:
    """The base classes that the signature of a class names, in its order."""
    if not scoping.bases:
        return []
    found = []
    for listed in re.findall(scoping.bases, signature):
        plain = re.sub(r"<[^<>]*>|\[[^\[\]]*\]", "", listed)
        found += [name for name in _BASE.findall(plain) if name not in _MODIFIERS]
    return found
