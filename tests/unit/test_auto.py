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
        ("/foo bar /", Mode.REGEX, "foo bar "),
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
        ("sym:operator new", Mode.SYMBOL, "operator new"),
        ('"say "x" twice"', Mode.EXACT, 'say "x" twice'),
        ('" if "', Mode.EXACT, " if "),
        ('x = "abc" + y', Mode.EXACT, 'x = "abc" + y'),
        ('#include "foo.h"', Mode.EXACT, '#include "foo.h"'),
        ("foo.*bar -test", Mode.REGEX, "foo.*bar -test"),
        ("foo(*p)", Mode.EXACT, "foo(*p)"),
        ("a * b", Mode.EXACT, "a * b"),
        ("x^2", Mode.EXACT, "x^2"),
        ("HEAD~1", Mode.EXACT, "HEAD~1"),
        ("file://x", Mode.EXACT, "file://x"),
        ("type: string", Mode.HYBRID, "type: string"),
        ("switch case: x", Mode.HYBRID, "switch case: x"),
        ("a:b c", Mode.HYBRID, "a:b c"),
        ("text:foo retry", Mode.HYBRID, "text:foo retry"),
        ("char *p", Mode.HYBRID, "char *p"),
        ("char* p", Mode.HYBRID, "char* p"),
        ("ls -la", Mode.HYBRID, "ls -la"),
        ("gcc -shared foo", Mode.HYBRID, "gcc -shared foo"),
        ("rebase --onto main -keep", Mode.HYBRID, "rebase --onto main -keep"),
        ("mount /dev/ again", Mode.HYBRID, "mount /dev/ again"),
        ("a / b / c", Mode.HYBRID, "a / b / c"),
        ("bitwise AND", Mode.HYBRID, "bitwise AND"),
        ("x IS NOT NULL", Mode.HYBRID, "x IS NOT NULL"),
        ("SELECT a FROM b WHERE c AND d", Mode.HYBRID, "SELECT a FROM b WHERE c AND d"),
        ("why is foo NOT called", Mode.HYBRID, "why is foo NOT called"),
        ("cats and dogs or not", Mode.HYBRID, "cats and dogs or not"),
        ("lang:go x\ny", Mode.HYBRID, "lang:go x\ny"),
        ('change the "current" state', Mode.HYBRID, 'change the "current" state'),
        ("don't force -fbyte", Mode.HYBRID, "don't force -fbyte"),
        ("resolve panic with OR operator", Mode.HYBRID, "resolve panic with OR operator"),
        ('fix "x y" (maybe', Mode.HYBRID, 'fix "x y" (maybe'),
        ("fix retr* (maybe", Mode.HYBRID, "fix retr* (maybe"),
    ],
)
def test_choices(query: str, mode: Mode, pattern: str) -> None:
    chosen, text, why = choose_mode(query)
    assert (chosen, text) == (mode, pattern)
    assert why


@pytest.mark.parametrize(
    ("query", "sign"),
    [
        ("lang:go", "field lang:"),
        ("retry path:x", "field path:"),
        ("-file:test foo", "field file:"),
        ("(l:go OR lang:c) foo", "field l:"),
        ("type:string", "field type:"),
        ("sym:Foo kind:class", "field sym:"),
        ("sym:foo -test", "field sym:"),
        ("sym:/Backoff$/", "field sym:"),
        ("sym:get*", "field sym:"),
        ("sym:^get", "field sym:"),
        ("retry AND backoff", "operator AND"),
        ("READ OR (WRITE", "operator OR"),
        ("NOT foo", "operator NOT"),
        ("retry NOT test", "operator NOT"),
        ("retry near/5 backoff", "operator near/5"),
        ("retry NEAR/x backoff", "operator NEAR/x"),
        ('~"growing delays"', "meaning"),
        ('"a b"~5', "room"),
        ('"a b" "c d"', "phrase beside"),
        ('"a.*b" foo', "phrase beside"),
        ('retry -"a b"', "phrase beside"),
        ("/foo.*/ bar", "pattern beside"),
        ("retry -test", "NOT (-test)"),
        ("retr*", "wildcard"),
        ("w?rd later", "wildcard"),
        ("retry~1", "fuzzy"),
        ("langs:go retry", "nearly a field (langs:)"),
    ],
)
def test_the_query_language(query: str, sign: str) -> None:
    mode, text, why = choose_mode(f" {query}\n")
    assert (mode, text) == (Mode.QUERY, query)
    assert sign in why
    assert why.endswith("of the query language")


@given(st.text(st.sampled_from(list("ab_.*+?()[]{}|^$\\/\"' \n\0-:;,<>=&é\ud800~NOTAD")), max_size=12))
def test_never_raises(query: str) -> None:
    mode, _, why = choose_mode(query)
    assert mode in (Mode.HYBRID, Mode.EXACT, Mode.REGEX, Mode.QUERY)
    assert why
