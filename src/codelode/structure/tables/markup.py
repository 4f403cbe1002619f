"""HTML, CSS, SCSS and Markdown."""

from __future__ import annotations

from typing import Any

from codelode.structure.rules import SCOPE, Definition, Rules, Span, named, types_of

_HEADINGS = (b"h1", b"h2", b"h3", b"h4", b"h5", b"h6")


def _start_tag(node: Any) -> Any:
    first = node.child(0)
    return first if first is not None and first.type in ("start_tag", "self_closing_tag") else None


def _identifier(tag: Any) -> Any:
    """The value of a tag's ``id``."""
    for attribute in tag.named_children[1:]:
        if attribute.type != "attribute" or attribute.named_child_count < 2:
            continue
        name, value = attribute.named_children[:2]
        if name.end_byte - name.start_byte == 2 and name.text.lower() == b"id":
            return named("attribute_value")(value) if value.type == "quoted_attribute_value" else value
    return None


def _heading_text(element: Any) -> Any:
    """From the first to the last word of an element."""
    inner = [child for child in element.named_children if child.type in ("text", "element", "entity")]
    return Span(inner[0].start_byte, inner[-1].end_byte) if inner else None


def _element_kind(node: Any, text: bytes, _holder: str) -> str:
    tag = _start_tag(node)
    if tag is None or tag.named_child_count == 0:
        return ""
    name = tag.named_children[0]
    if text[name.start_byte : name.end_byte].lower() in _HEADINGS and _heading_text(node) is not None:
        return "heading"
    return "id" if tag.named_child_count > 1 and _identifier(tag) is not None else ""


def _element_name(node: Any) -> Any:
    tag = _start_tag(node)
    if tag.named_children[0].text.lower() in _HEADINGS and (text := _heading_text(node)) is not None:
        return text
    return _identifier(tag)


def _content(node: Any) -> Any:
    """What follows the start tag; a void element has nothing."""
    return node.child(1) if node.child_count > 1 else None


_ELEMENT = Definition(_element_kind, _element_name, body=_content, inside=SCOPE)

HTML = Rules(
    language="html",
    grammar="tree_sitter_html:language",
    definitions={"element": _ELEMENT, "script_element": _ELEMENT, "style_element": _ELEMENT},
    containers=types_of("document"),
    strings=types_of("text raw_text"),
)


def _selectors(node: Any) -> Any:
    selectors = named("selectors")(node)
    return None if selectors is None else list(selectors.named_children)


def _property_kind(node: Any, text: bytes, _holder: str) -> str:
    """Custom properties and SCSS variables; others only use what CSS defines."""
    return "variable" if text.startswith((b"--", b"$"), node.start_byte) else ""


def _property(node: Any) -> Any:
    """The name of a custom property; of an SCSS variable, without its dollar sign."""
    name: Any = named("property_name")(node)
    return Span(name.start_byte + 1, name.end_byte) if name is not None and name.text[:1] == b"$" else name


_CSS_DEFINITIONS = {
    "rule_set": Definition("selector", _selectors, body=named("block"), inside=SCOPE),
    "keyframes_statement": Definition("rule", named("keyframes_name"), body=named("keyframe_block_list")),
    "declaration": Definition(_property_kind, _property, body=""),
}
_CSS: dict[str, Any] = {
    "containers": types_of("stylesheet block media_statement supports_statement at_rule"),
    "strings": types_of("string_value"),
    "calls": {"call_expression": ""},
    "imports": types_of("import_statement"),
}

CSS = Rules(language="css", grammar="tree_sitter_css:language", definitions=_CSS_DEFINITIONS, **_CSS)

SCSS = Rules(
    language="scss",
    grammar="tree_sitter_scss:language",
    definitions=_CSS_DEFINITIONS
    | {
        "mixin_statement": Definition("function", body=named("block")),
        "function_statement": Definition("function", body=named("block")),
    },
    **_CSS
    | {
        "containers": _CSS["containers"] | {"include_statement"},
        "imports": _CSS["imports"] | types_of("use_statement forward_statement"),
        "calls": {"call_expression": "", "include_statement": ""},
        "comments": types_of("comment js_comment"),
    },
)


def _trimmed(inline: Any) -> Any:
    """A heading's text, without the closing ``#`` of ``## Title ##``."""
    if inline is None:
        return None
    text = inline.text.rstrip()
    bare = text.rstrip(b"#")
    if bare != text and bare[-1:].isspace():
        text = bare.rstrip()
    return Span(inline.start_byte, inline.start_byte + len(text))


def _section_heading(node: Any) -> Any:
    heading = named("atx_heading")(node)
    return None if heading is None else _trimmed(heading.child_by_field_name("heading_content"))


def _section_body(node: Any) -> Any:
    """What follows the heading of a section."""
    heading = named("atx_heading")(node)
    return None if heading is None else heading.next_sibling


MARKDOWN = Rules(
    language="markdown",
    grammar="tree_sitter_markdown:language",
    definitions={
        "section": Definition("heading", _section_heading, body=_section_body, inside=SCOPE),
        "setext_heading": Definition(
            "heading", lambda node: _trimmed(node.child_by_field_name("heading_content")), body=""
        ),
    },
    comments=frozenset(),
    strings=types_of("inline code_fence_content indented_code_block html_block"),
)

TABLES = {"css": CSS, "html": HTML, "markdown": MARKDOWN, "scss": SCSS}
