"""The tables of C, C++, C#, Dart, Go, Java, Kotlin, Objective-C, Python, Rust, Scala, Swift and Zig."""

from __future__ import annotations

import random
import re

import pytest
from outlines import assert_spans_hold_together, definitions, names, outline, part

from codelode.structure.grammars import unknown_types
from codelode.structure.rules import PRIVATE, PROTECTED, PUBLIC
from codelode.structure.tables import languages, rules_for


@pytest.mark.parametrize("language", languages())
def test_a_table_names_only_what_its_grammar_has(language: str) -> None:
    rules = rules_for(language)
    assert rules is not None
    try:
        assert unknown_types(rules) == []
    except ImportError:
        pytest.skip(f"{rules.grammar} is not installed")


C = """\
#define LIMIT 10
#define MAX(a, b) \\
    ((a) > (b))
enum color { RED, GREEN = 2 };
struct point { int x; union { int a; } u; };
struct point;
typedef struct { int n; } counter_t, *counter_p;
typedef int (*callback)(int);
static const int table[] = { 1, 2 };
static int (*hook)(int) = 0, *other_hook = 0;
extern int other;
int prototype(int);
static int __init start(void)
{
    int local = 1;
    return local;
}
int (*returns_pointer(int a))(void) { return 0; }
int old(a) int a; { return a; }
SYSCALL_DEFINE2(close_it, unsigned int, fd)
{
    return 0;
}
#ifdef X
void conditional(void) { }
#else
void otherwise(void) { }
#endif
"""


def test_c() -> None:
    assert outline("c", C) == [
        "macro LIMIT",
        "macro MAX",
        "enum color",
        "  constant RED",
        "  constant GREEN",
        "struct point",
        "type counter_t",
        "type counter_p",
        "type callback",
        "variable table",
        "variable hook",
        "variable other_hook",
        "function start",
        "function returns_pointer",
        "function old",
        "function close_it",
        "function conditional",
        "function otherwise",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "static __always_inline __alloc_size(1) void *kmalloc(size_t size, gfp_t flags)\n{\n\treturn 0;\n}\n",
        "__printf(1, 2)\nint kmalloc(const char *format, ...)\n{\n\treturn 0;\n}\n",
        "void kmalloc(struct lock *lock) __acquires(&lock)\n{\n}\n",
    ],
)
def test_c_where_attributes_stand_in_the_way(text: str) -> None:
    assert outline("c", text) == ["function kmalloc"]


def test_c_spans() -> None:
    assert part("c", C, "start", "signature") == "static int __init start(void)"
    assert part("c", C, "close_it", "whole").endswith("return 0;\n}")
    assert part("c", C, "MAX", "whole") == "#define MAX(a, b) \\\n    ((a) > (b))"
    assert part("c", "/* about it */\nint f(void) { }\n", "f", "lead") == "/* about it */"
    assert part("c", "int a; /* about a */\nint f(void) { }\n", "f", "lead") == ""
    assert part("c", "/* far away */\n\nint f(void) { }\n", "f", "lead") == ""


CPP = """\
namespace outer::inner {
template <typename T>
class Box : public Base {
 public:
  Box() : value_(1) {}
  ~Box() = default;
  virtual int area() const = 0;
  int declared_only();
  bool operator==(const Box& o) const { return true; }
  enum class State { kOn, kOff };
  using Value = T;
  friend class Other;
 private:
  T value_;
};
}  // namespace
int outer::Box::size(int n) const noexcept { return n; }
template <> int Box<int>::get<char>() { return 1; }
extern "C" {
int plain(void) { return 1; }
}
const int kLimit = 3;
int outer::Box::count = 1;
auto lambda = [](int x) { return x; };
void uses_local() {
  struct Local { int method() { return 1; } };
}
TEST_F(BoxTest, Grows) {
  uses_local();
}
concept Small = sizeof(T) < 8;
"""


def test_cpp() -> None:
    assert outline("cpp", CPP) == [
        "module outer::inner",
        "  class Box",
        "    method Box",
        "    method ~Box",
        "    method area",
        "    method operator==",
        "    enum State",
        "      constant kOn",
        "      constant kOff",
        "    type Value",
        "method outer::Box::size",
        "method Box<int>::get",
        "function plain",
        "variable kLimit",
        "variable outer::Box::count",
        "variable lambda",
        "function uses_local",
        "  struct Local",
        "    method method",
        "function BoxTest::Grows",
        "type Small",
    ]


def test_cpp_spans() -> None:
    assert part("cpp", CPP, "Box", "lead") == "template <typename T>"
    assert part("cpp", CPP, "size", "signature") == "int outer::Box::size(int n) const noexcept"
    text = "/// doc\n[[nodiscard]] int f() { return 1; }\n"
    assert part("cpp", text, "f", "lead") == "/// doc"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "class EXPORT_API Shown : public Base {\n  int f() { return 1; }\n};\n",
            ["class Shown", "  method f"],
        ),
        ("struct ALIGN_AS(64) Aligned {\n};\n", ["struct Aligned"]),
        ("\nDEFINE_THINGS(a, b)\n\nint f() { return 1; }\n", ["function f"]),
        ("struct A { operator bool() const { return true; } };\n", ["struct A", "  method operator bool"]),
        ("struct FOO bar = { 1 };\n", ["variable bar"]),
    ],
)
def test_cpp_where_macros_stand_in_the_way(text: str, expected: list[str]) -> None:
    assert outline("cpp", text) == expected


CSHARP = """\
using System;
namespace Shop.Core
{
    /// <summary>doc</summary>
    [Serializable]
    public class Cart<T> : Base, ICart where T : new()
    {
        private const int Limit = 1;
        int first, second = 2;
        public event EventHandler Changed;
        public int Total { get; set; } = 1;
        public Cart(int a) : base(a) { }
        ~Cart() { }
        protected async Task<int> Add<U>(int a) { int Local(int b) { return b; } return Local(a); }
        public static Cart operator +(Cart a, Cart b) => a;
        void IDisposable.Dispose() { }
        enum Mode { On, Off = 2 }
        struct Point { }
        interface IThing { void Do(); }
        record Row(int A);
        delegate void Handler(int a);
    }
}
"""


def test_csharp() -> None:
    assert outline("csharp", CSHARP) == [
        "module Shop.Core",
        "  class Cart",
        "    constant Limit",
        "    field first",
        "    field second",
        "    event Changed",
        "    property Total",
        "    method Cart",
        "    method Cart",
        "    method Add",
        "    method operator +",
        "    method Dispose",
        "    enum Mode",
        "      constant On",
        "      constant Off",
        "    struct Point",
        "    interface IThing",
        "      method Do",
        "    class Row",
        "    type Handler",
    ]
    assert part("csharp", CSHARP, "Cart", "lead") == "/// <summary>doc</summary>"


DART = """\
import 'a.dart';
/// doc
@immutable
abstract class Shape<T> extends Base with Mix {
  static const k = 2, j = 3;
  final int side = 1;
  Shape(this.side);
  Shape.named(int a) { }
  factory Shape.made() => Shape(1);
  int area(int a) { int local() { return 1; } return 1; }
  int get width => 1;
  operator ==(Object o) => true;
  int abstractly();
}
mixin Mix on Base { void mixed() {} }
extension Ext on String { int extended() => 1; }
enum Color { red, green; void paint() {} }
typedef Number = int;
typedef int Function2(int a);
int top() => 1;
const limit = 2;
"""


def test_dart() -> None:
    assert outline("dart", DART) == [
        "class Shape",
        "  constant k",
        "  constant j",
        "  field side",
        "  method Shape",
        "  method named",
        "  method made",
        "  method area",
        "  method width",
        "  method ==",
        "  method abstractly",
        "class Mix",
        "  method mixed",
        "impl Ext",
        "  method extended",
        "enum Color",
        "  constant red",
        "  constant green",
        "  method paint",
        "type Number",
        "type Function2",
        "function top",
        "constant limit",
    ]
    assert part("dart", DART, "area", "whole").endswith("return 1; }")


GO = """\
package main

import "fmt"

// Box holds things.
type Box[T any] struct {
	Size int
	a, b string
}

type Shape interface {
	Area(n int) error
}

type (
	Alias = int
	Named string
)

const Limit = 1
const (
	First, Second = iota, 2
)

var Global = 1

// Grow is a method.
func (b *Box[T]) Grow(n int) error {
	type local struct{ x int }
	const inner = 1
	return nil
}

func main() { fmt.Println("x") }
"""


def test_go() -> None:
    assert outline("go", GO) == [
        "struct Box",
        "  field Size",
        "  field a",
        "  field b",
        "interface Shape",
        "  method Area",
        "type Alias",
        "type Named",
        "constant Limit",
        "constant First",
        "constant Second",
        "variable Global",
        "method Box.Grow",
        "  struct local",
        "    field x",
        "function main",
    ]
    assert part("go", GO, "Grow", "lead") == "// Grow is a method."
    assert part("go", GO, "Grow", "signature") == "func (b *Box[T]) Grow(n int) error"


JAVA = """\
package a.b;
import java.util.List;
/** doc */
@Deprecated
public final class Cart<T> extends Base implements Thing {
  private static final int LIMIT = 1, OTHER = 2;
  int count;
  public Cart() { super(); }
  @Override protected <U> void add(int a) throws Error {
    Runnable r = new Runnable() { public void run() { } };
  }
  abstract int later();
  enum Mode { ON, OFF(1) { void special() { } }; void common() { } }
  interface Inner { void signed(); int CONST = 2; }
  @interface Ann { int value() default 1; }
  record Row(int a) { Row { } }
}
"""


def test_java() -> None:
    assert outline("java", JAVA) == [
        "class Cart",
        "  constant LIMIT",
        "  constant OTHER",
        "  field count",
        "  method Cart",
        "  method add",
        "    method run",
        "  method later",
        "  enum Mode",
        "    constant ON",
        "    constant OFF",
        "      method special",
        "    method common",
        "  interface Inner",
        "    method signed",
        "    constant CONST",
        "  interface Ann",
        "    method value",
        "  class Row",
        "    method Row",
    ]
    assert part("java", JAVA, "Cart", "lead") == "/** doc */"


KOTLIN = """\
package a.b
import c.d
/** doc */
@Ann
open class Cart<T>(val size: Int, plain: String = "x") : Base(size), Thing {
  companion object {
    const val LIMIT = 1
  }
  private val count: Int get() = 1
  constructor(x: Int) : this(x, "a") { }
  override suspend fun <T> add(a: Int): Int {
    fun local() = 1
    val hidden = 2
    return local()
  }
  inner class Inside
  enum class Mode(val z: Int) {
    ON(1), OFF { fun special() {} };
    fun common() {}
  }
  interface Inner {
    fun signed()
  }
  object Single { }
}
fun String.extended(): Int = 1
val top = 1
typealias Number = Int
"""


def test_kotlin() -> None:
    assert outline("kotlin", KOTLIN) == [
        "class Cart",
        "  property size",
        "  constant LIMIT",
        "  property count",
        "  method constructor",
        "  method add",
        "    function local",
        "  class Inside",
        "  enum Mode",
        "    property z",
        "    constant ON",
        "    constant OFF",
        "      method special",
        "    method common",
        "  interface Inner",
        "    method signed",
        "  class Single",
        "function extended",
        "variable top",
        "type Number",
    ]


OBJECTIVE_C = """\
#import <Foundation/Foundation.h>
@interface Foo : Bar <P>
@property (nonatomic, copy) NSString *name;
- (void)declared:(int)a;
@end
@interface Foo (Category)
@end
@implementation Foo
static int helper(int a) { return a; }
// about it
- (void)add:(int)a with:(int)b { [self foo:1]; }
@end
@protocol P
- (void)asked;
@end
"""


def test_objective_c() -> None:
    assert outline("objc", OBJECTIVE_C) == [
        "class Foo",
        "  property name",
        "impl Foo",
        "impl Foo",
        "  function helper",
        "  method add",
        "interface P",
        "  method asked",
    ]
    assert part("objc", OBJECTIVE_C, "add", "signature") == "- (void)add:(int)a with:(int)b"


PYTHON = '''\
"""Module."""
import os
LIMIT = 3
name: str = "x"
type Alias = int
class Cart(Base):
    """doc"""
    size = 1
    @property
    def total(self) -> int:
        def inner():
            hidden = 1
        return 1
    class Inside: pass
if os:
    def conditional(): pass
# about it
@decorated
async def work(a, b=1): pass
'''


def test_python() -> None:
    assert outline("python", PYTHON) == [
        "constant LIMIT",
        "variable name",
        "type Alias",
        "class Cart",
        "  variable size",
        "  method total",
        "    function inner",
        "  class Inside",
        "function conditional",
        "function work",
    ]
    assert part("python", PYTHON, "work", "lead") == "# about it\n@decorated"
    assert part("python", PYTHON, "total", "signature") == "def total(self) -> int:"


RUST = """\
use a::b;
/// doc
#[derive(Debug)]
pub struct Cart<T> { pub size: i32, other: T }
struct Pair(i32);
enum Mode { On, Off(i32), Odd { x: i32 } }
union Bits { a: i32 }
pub trait Thing { const K: i32; type Item; fn required(&self); fn provided(&self) { } }
impl<T> Thing for a::Cart<T> {
    type Item = i32;
    fn required(&self) { fn nested() {} }
}
impl Cart<i32> { pub(crate) async fn new() -> Self { Self } }
impl (i32, i32) { fn odd() {} }
const LIMIT: i32 = 1;
static mut STATE: i32 = 2;
type Alias = i32;
macro_rules! make { () => {} }
extern "C" { fn foreign(a: i32); }
mod tests { #[test] fn works() {} }
"""


def test_rust() -> None:
    assert outline("rust", RUST) == [
        "struct Cart",
        "  field size",
        "  field other",
        "struct Pair",
        "enum Mode",
        "  constant On",
        "  constant Off",
        "  constant Odd",
        "union Bits",
        "  field a",
        "trait Thing",
        "  constant K",
        "  type Item",
        "  method required",
        "  method provided",
        "impl Cart",
        "  type Item",
        "  method required",
        "    function nested",
        "impl Cart",
        "  method new",
        "function odd",
        "constant LIMIT",
        "variable STATE",
        "type Alias",
        "macro make",
        "function foreign",
        "module tests",
        "  function works",
    ]
    assert part("rust", RUST, "Cart", "lead") == "/// doc\n#[derive(Debug)]"


SCALA = """\
package a.b
import c.d
/** doc */
@ann
abstract class Cart[T](val size: Int) extends Base(size) with Thing {
  private val count: Int = 1
  val (left, right) = (1, 2)
  type Number = Int
  def add(a: Int): Int = { def local = 1; val hidden = 2; local }
  protected def later: Int
}
object Cart { case class Row(a: Int) }
trait Thing { def signed(): Unit }
enum Mode { case On, Off; case Odd(x: Int) }
def top = 1
"""


def test_scala() -> None:
    assert outline("scala", SCALA) == [
        "class Cart",
        "  field count",
        "  field left",
        "  field right",
        "  type Number",
        "  method add",
        "    function local",
        "  method later",
        "class Cart",
        "  class Row",
        "trait Thing",
        "  method signed",
        "enum Mode",
        "  constant On",
        "  constant Off",
        "  constant Odd",
        "function top",
    ]


SWIFT = """\
import Foundation
/// doc
@available(iOS 13, *)
public final class Cart<T>: Base, Thing {
  private let count: Int = 1
  static let k = 2, j = 3
  init(a: Int) { }
  deinit { }
  func add(_ a: Int) -> Int { func local() {}; let hidden = 1; return hidden }
  subscript(i: Int) -> Int { 1 }
  enum Mode { case on, off(Int); case odd }
  typealias Number = Int
}
extension Outer.Cart where T == Int { func more() {} }
protocol Thing { associatedtype A; func signed(); var v: Int { get } }
struct Point { }
func top() {}
let limit = 1
"""


def test_swift() -> None:
    assert outline("swift", SWIFT) == [
        "class Cart",
        "  property count",
        "  property k",
        "  property j",
        "  method init",
        "  method deinit",
        "  method add",
        "    function local",
        "  method subscript",
        "  enum Mode",
        "    constant on",
        "    constant off",
        "    constant odd",
        "  type Number",
        "impl Cart",
        "  method more",
        "interface Thing",
        "  type A",
        "  method signed",
        "  property v",
        "struct Point",
        "function top",
        "variable limit",
    ]


ZIG = """\
const std = @import("std");
pub const shown = @import("other.zig");
/// doc
pub const Cart = struct {
    size: i32,
    const limit = 1;
    pub fn init(a: i32) Cart { const hidden = a; return .{ .size = hidden }; }
};
const Mode = enum { on, off };
var state: i32 = 1;
pub fn List(comptime T: type) type {
    return struct {
        items: []T,
        fn push() void {}
    };
}
test "grows" { }
"""


def test_zig() -> None:
    assert outline("zig", ZIG) == [
        "constant shown",
        "struct Cart",
        "  field size",
        "  constant limit",
        "  method init",
        "enum Mode",
        "  constant on",
        "  constant off",
        "variable state",
        "function List",
        "  field items",
        "  function push",
        "function grows",
    ]


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("c", "static int f(void) { }\nint g(void) { }\nstatic inline int h(void) { }\n", [PRIVATE, 0, 0]),
        ("go", "package a\nfunc Shown() {}\nfunc hidden() {}\n", [PUBLIC, PRIVATE]),
        ("rust", "pub fn a() {}\npub(crate) fn b() {}\nfn c() {}\n", [PUBLIC, PROTECTED, PRIVATE]),
        (
            "java",
            "public class A { private int b; protected int c; int d; }",
            [PUBLIC, PRIVATE, PROTECTED, 0],
        ),
        ("csharp", "public class A { int b; internal int C; }", [PUBLIC, PRIVATE, PROTECTED]),
        ("kotlin", "class A {\n  private val b = 1\n}\n", [PUBLIC, PRIVATE]),
        ("scala", "class A { private[x] def b = 1 }", [PUBLIC, PRIVATE]),
        ("swift", "public class A { private func b() {}; func c() {} }", [PUBLIC, PRIVATE, PROTECTED]),
        ("python", "def a(): pass\ndef _b(): pass\ndef __c__(): pass\n", [PUBLIC, PRIVATE, PUBLIC]),
        ("dart", "int a() => 1;\nint _b() => 1;\n", [PUBLIC, PRIVATE]),
        ("zig", "pub fn a() void {}\nfn b() void {}\n", [PUBLIC, PRIVATE]),
    ],
)
def test_visibility(language: str, text: str, expected: list[int]) -> None:
    assert definitions(language, text)[1].visibilities == expected


WHOLE = {
    "c": (C, "start"),
    "cpp": (CPP, "Box"),
    "csharp": (CSHARP, "Limit"),
    "go": (GO, "Box"),
    "java": (JAVA, "count"),
    "kotlin": (KOTLIN[KOTLIN.index("/** doc") : KOTLIN.index("fun String")], "LIMIT"),
    "python": (PYTHON, "total"),
    "rust": (RUST, "Pair"),
    "scala": (SCALA, "count"),
    "swift": (SWIFT, "count"),
    "zig": (ZIG, "Cart"),
    "dart": (DART, "side"),
}
CONFLICT = "{0}<<<<<<< ours\n{0}=======\n{0}>>>>>>> theirs\n{0}"


@pytest.mark.parametrize("language", sorted(WHOLE))
def test_half_of_a_file_still_yields_what_is_whole(language: str) -> None:
    text, early = WHOLE[language]
    assert early in names(language, text[: len(text) * 6 // 10])


@pytest.mark.parametrize("language", sorted(WHOLE))
def test_conflict_markers_hide_nothing(language: str) -> None:
    text, _ = WHOLE[language]
    assert names(language, CONFLICT.format(text)) == 4 * names(language, text)


@pytest.mark.parametrize("language", sorted(WHOLE))
def test_garbage_is_survived(language: str) -> None:
    text, _ = WHOLE[language]
    garbage = bytes(range(256)) * 20
    assert_spans_hold_together(*definitions(language, garbage + text.encode() + garbage[::-1]))


@pytest.mark.parametrize("language", sorted(WHOLE))
def test_a_name_is_where_it_is_said_to_be_with_crlf_and_a_byte_order_mark(language: str) -> None:
    text, _ = WHOLE[language]
    windows = "\ufeff" + text.replace("\n", "\r\n")
    assert names(language, windows) == names(language, text)


@pytest.mark.parametrize("language", sorted(WHOLE))
def test_spans_hold_together_in_mutilated_text(language: str) -> None:
    tokens = re.findall(rb"\w+|\s+|[^\w\s]", WHOLE[language][0].encode())
    rng = random.Random(language)
    for _ in range(60):
        broken = list(tokens)
        for _ in range(rng.randint(1, 6)):
            at, of = rng.randrange(len(broken)), rng.randrange(len(tokens))
            broken[at : at + rng.randint(0, 8)] = tokens[of : of + rng.randint(0, 8)]
        assert_spans_hold_together(*definitions(language, b"".join(broken)))
