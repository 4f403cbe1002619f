"""Declarations, types and base classes read from text."""

from __future__ import annotations

import pytest

from codelode.structure.scoping import base_names, find_declarations, scoping_of, type_name, without_prose


@pytest.mark.parametrize(
    ("language", "code", "expected"),
    [
        ("python", "def f(x: Foo | None, y=1):\n    x = bar()\n", ["Foo | None", "bar()\n"]),
        ("go", "func (x *Foo) g(a, x pkg.Bar) {\n\tx := baz()\n", ["*Foo", "pkg.Bar", "baz()\n"]),
        ("typescript", "f(x: Foo<T>, y) { const x = new Bar() }", ["Foo<T>", "new Bar() }"]),
        ("java", "List<Foo> x = g(); return x; for (Bar x : xs) {}", ["List<Foo>", "return", "Bar"]),
        ("rust", "fn f(x: &mut Foo) { let mut x = Bar::new(); }", ["&mut Foo", "Bar::new()"]),
        ("cpp", "const Foo *x; ns::Bar& x = y;", ["Foo", "ns::Bar"]),
    ],
)
def test_declarations(language: str, code: str, expected: list[str]) -> None:
    found = find_declarations(scoping_of(language), code, "x", 0, len(code))
    written = [one.written for one in found]
    for one in expected:
        assert any(row.startswith(one) for row in written), (one, written)


def test_a_field_says_so() -> None:
    code = "class A:\n    def f(self, x):\n        self.x = Foo()\n        x = Bar()\n"
    found = find_declarations(scoping_of("python"), code, "x", 0, len(code))
    assert [(one.written.partition("\n")[0], one.is_field) for one in found] == [
        ("Foo()", True),
        ("Bar()", False),
    ]


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Optional[pkg.Foo]", "pkg.Foo"),
        ('t.Optional["Foo"]', "Foo"),
        ("*Foo", "Foo"),
        ("const ns::Foo &", "ns.Foo"),
        ("Foo | None", "Foo"),
        ("Box<dyn Foo>", "Foo"),
        ("&'a mut Foo<T>", "Foo"),
        ("Any", ""),
        ("return", ""),
        ("Foo[]", "[]"),
    ],
)
def test_type_name(written: str, name: str) -> None:
    assert type_name(written) == name


@pytest.mark.parametrize(
    ("language", "signature", "names"),
    [
        ("python", "class A(B, c.D[int], metaclass=E)", ["B", "c.D"]),
        ("java", "public class A<T> extends B<T> implements C, D", ["B", "C", "D"]),
        ("cpp", "class A : public B, private ns::C<int>", ["B", "ns::C"]),
        ("typescript", "class A extends B implements C", ["B", "C"]),
        ("go", "type A struct", []),
    ],
)
def test_bases(language: str, signature: str, names: list[str]) -> None:
    assert base_names(scoping_of(language), signature) == names


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("python", 'x: "Foo" = 1  # x: Bar\n"""x = Baz()\n"""', 'x: "Foo" = 1          \n"           \n   '),
        ("go", "a := `\\`; x := 1 // x Foo", "a := `  ; x := 1         "),
        ("java", 'f("//"); /* x\n y */ g();', 'f("//");     \n      g();'),
    ],
)
def test_prose_is_blanked_in_its_place(language: str, text: str, expected: str) -> None:
    found = without_prose(language, text)
    assert len(found) == len(text)
    assert found == expected
