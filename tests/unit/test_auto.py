import pytest
from hypothesis import given
from hypothesis import strategies as st

from codelode.model import Mode
from codelode.query.auto import choose_mode


@pytest.mark.parametrize(
    ("query", "mode", "pattern"),
    [
        ('"return -EINVAL"', Mode.EXACT, "return -EINVAL"),
        ('"lock"', Mode.EXACT, "lock"),
        ("/foo.*bar/", Mode.REGEX, "foo.*bar"),
        ("/foo(/", Mode.EXACT, "/foo(/"),
        ("/usr/", Mode.REGEX, "usr"),
        ("foo.*bar", Mode.REGEX, "foo.*bar"),
        (r"\w+_lock", Mode.REGEX, r"\w+_lock"),
        ("[a-z]+_init", Mode.REGEX, "[a-z]+_init"),
        ("^static", Mode.REGEX, "^static"),
        ("return$", Mode.REGEX, "return$"),
        ("kmalloc|kzalloc", Mode.REGEX, "kmalloc|kzalloc"),
        ("x{3,5}", Mode.REGEX, "x{3,5}"),
        (r"foo\(", Mode.REGEX, r"foo\("),
        ("foo.*(", Mode.EXACT, "foo.*("),
        ("mutex_lock", Mode.EXACT, "mutex_lock"),
        ("getUserName", Mode.EXACT, "getUserName"),
        ("HTTPServer", Mode.EXACT, "HTTPServer"),
        ("std::vector", Mode.EXACT, "std::vector"),
        ("p->next", Mode.EXACT, "p->next"),
        ("os.path.join", Mode.EXACT, "os.path.join"),
        ("main()", Mode.EXACT, "main()"),
        ("#include", Mode.EXACT, "#include"),
        ("return -EINVAL;", Mode.EXACT, "return -EINVAL;"),
        ("return -EINVAL", Mode.EXACT, "return -EINVAL"),
        ("if (x == NULL)", Mode.EXACT, "if (x == NULL)"),
        ("a = b", Mode.EXACT, "a = b"),
        ("sym:lock", Mode.SYMBOL, "lock"),
        ("sym: ns::fn ", Mode.SYMBOL, "ns::fn"),
        ("sym:", Mode.HYBRID, "sym:"),
        ("lock", Mode.HYBRID, "lock"),
        ("TODO", Mode.HYBRID, "TODO"),
        ("page fault handling", Mode.HYBRID, "page fault handling"),
        ("how is the lock taken?", Mode.HYBRID, "how is the lock taken?"),
        ("read-copy update", Mode.HYBRID, "read-copy update"),
        ("where is foo_bar called", Mode.HYBRID, "where is foo_bar called"),
        ("Bonjour.", Mode.HYBRID, "Bonjour."),
        ("", Mode.HYBRID, ""),
        ('""', Mode.HYBRID, '""'),
        ("a.b\nc_d()", Mode.HYBRID, "a.b\nc_d()"),
    ],
)
def test_choices(query: str, mode: Mode, pattern: str) -> None:
    chosen, text, why = choose_mode(query)
    assert (chosen, text) == (mode, pattern)
    assert why


@given(st.text(st.sampled_from(list("ab_.*+?()[]{}|^$\\/\"' \n\0-:;,<>=&é\ud800")), max_size=12))
def test_never_raises(query: str) -> None:
    mode, _, why = choose_mode(query)
    assert mode in (Mode.HYBRID, Mode.EXACT, Mode.REGEX)
    assert why
