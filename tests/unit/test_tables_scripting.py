"""The tables of JavaScript, TypeScript, Ruby, PHP, Lua, the shells, Perl, Elixir, Haskell, OCaml, Julia and Groovy.

That a table fits its grammar is tested for all of them in `test_tables_compiled`.
"""

from __future__ import annotations

import pytest
from outlines import definitions, names, outline, part

from codelode.structure.rules import PRIVATE, PROTECTED, PUBLIC

JAVASCRIPT = """\
import fs, { join } from "fs";
const path = require("path");
/** A shop. */
export default class Shop extends Store {
  static #count = 1;
  open = () => 2;
  constructor(name) { super(name); }
  get size() { return `a${this.total()}`; }
  async *items() {}
  #hidden() {}
  "quoted"() {}
}
export const load = async (url) => { const local = 1; }, LIMIT = 3;
var run = function named() { function inner() {} };
exports.sell = function () {};
Shop.prototype.buy = function buy() {};
module.exports = { pay() {}, refund: function () {}, tax: () => 1, rate: 3, deep: { down() {} } };
(function (root) { var local = 1; function wrapped() {} }).call(this);
describe("a shop", () => { it("sells", function () { const helper = () => {}; }); });
function Factory() { this.price = 1; this.make = function () {}; return { made() {} }; }
let [first, second] = list, { third, fourth: renamed } = object;
if (first) { function conditional() {} }
function* ids() {}
"""


def test_javascript() -> None:
    assert outline("javascript", JAVASCRIPT) == [
        "class Shop",
        "  field #count",
        "  method open",
        "  method constructor",
        "  property size",
        "  method items",
        "  method #hidden",
        "  method quoted",
        "function load",
        "constant LIMIT",
        "function run",
        "  function named",
        "    function inner",
        "function sell",
        "method Shop.buy",
        "method pay",
        "method refund",
        "method tax",
        "method down",
        "function wrapped",
        "function helper",
        "function Factory",
        "  method make",
        "  method made",
        "variable first",
        "variable second",
        "variable third",
        "variable renamed",
        "function conditional",
        "function ids",
    ]


TYPESCRIPT = """\
import { A } from "./a";
@Injectable()
export class Service<T> extends Base implements Api {
  private readonly url: string = "";
  protected cache?: Map<string, T>;
  constructor(private a: A) { super(); }
  async get(id: string): Promise<T> { return this.a.b(id); }
  private parse(): void {}
  over(a: string): void;
  over(a: any) {}
  handler = () => {};
}
export interface Api { get(id: string): void; name: string; readonly size?: number; }
export type Id = string | number;
export enum Color { Red, Green = 2 }
export abstract class Shape { abstract area(): number; }
export namespace Outer.Inner { export const unit = 1; function helper() {} }
declare module "plugin" { export function install(): void; }
declare global { interface Window { shop: any } }
declare function ambient(x: number): string;
export const twice = (x: number): number => 2 * x;
export const options = { verbose: true, log() {} } as const;
export function over(a: string): void;
export function over(a: any) { function nested() {} }
"""


def test_typescript() -> None:
    assert outline("typescript", TYPESCRIPT) == [
        "class Service",
        "  field url",
        "  field cache",
        "  method constructor",
        "  method get",
        "  method parse",
        "  method over",
        "  method over",
        "  method handler",
        "interface Api",
        "  method get",
        "  property name",
        "  property size",
        "type Id",
        "enum Color",
        "  constant Red",
        "  constant Green",
        "class Shape",
        "  method area",
        "module Outer.Inner",
        "  constant unit",
        "  function helper",
        "module plugin",
        "  function install",
        "interface Window",
        "  property shop",
        "function ambient",
        "function twice",
        "constant options",
        "  method log",
        "function over",
        "function over",
        "  function nested",
    ]


TSX = """\
export const Button = (props: Props) => <button onClick={() => props.go()}>{props.label}</button>;
export function List<T,>({ items }: { items: T[] }) {
  const render = (item: T) => <li>{item}</li>;
  return <ul>{items.map(render)}</ul>;
}
"""


def test_tsx() -> None:
    assert outline("typescript", TSX, "tsx") == [
        "function Button",
        "function List",
        "  function render",
    ]


RUBY = """\
require "set"
# A shop.
module Market::Stall
  VERSION = "1"
  LEFT, RIGHT = 1, 2
  class Shop < Store
    include Comparable
    attr_accessor :name, :owner
    attr_reader "size"
    RATES = { a: 1 }.freeze
    def initialize(name); @name = name; end
    def self.open; end
    def ==(other) = true
    def open?; items.each { |item| item.sell }; end
    def price=(value); end
    class << self
      def reset; end
    end
    private def hidden; end
    alias_method :new_name, :old_name
    alias second first
    define_method(:computed) { |x| x }
    Point = Struct.new(:x) do
      def norm; end
    end
  end
end
describe "a shop" do
  def helper; end
  it("sells") { local = 1 }
end
class Market::Other; end
Market::LIMIT = 1
CACHE ||= {}
task :deploy => [:build] do end
"""


def test_ruby() -> None:
    assert outline("ruby", RUBY) == [
        "module Market::Stall",
        "  constant VERSION",
        "  constant LEFT",
        "  constant RIGHT",
        "  class Shop",
        "    property name",
        "    property owner",
        "    property size",
        "    constant RATES",
        "    method initialize",
        "    method open",
        "    method ==",
        "    method open?",
        "    method price=",
        "    method reset",
        "    method hidden",
        "    method new_name",
        "    method second",
        "    method computed",
        "    class Point",
        "      method norm",
        "function helper",
        "class Market::Other",
        "constant Market::LIMIT",
        "constant CACHE",
        "target deploy",
    ]


PHP = """\
<?php
namespace App\\Shop;
use App\\Store as Base;
const LIMIT = 1, OTHER = 2;
define('DEFINED', 3);
/** A shop. */
#[Entity]
abstract class Shop extends Base implements Countable {
    use Sells;
    public const OPEN = 1;
    private static ?int $count = 1, $size;
    public function __construct(private readonly int $id, $name) {}
    abstract protected function rent(): void;
    private static function price(Item $item): ?int { return $item->price(1) + self::TAX; }
    function anonymous() { return new class extends Item { function made() {} }; }
}
interface Sells { public function sell(); }
trait Buys { function buy() {} }
enum Suit: string { case Hearts = 'H'; public function label(): string {} }
function top(int $a) { return function () { $local = 1; }; }
if (!function_exists('fallback')) { function fallback() {} }
$closure = fn($x) => $x;
"""


def test_php() -> None:
    assert outline("php", PHP) == [
        "module App\\Shop",
        "constant LIMIT",
        "constant OTHER",
        "constant DEFINED",
        "class Shop",
        "  constant OPEN",
        "  field count",
        "  field size",
        "  method __construct",
        "    field id",
        "  method rent",
        "  method price",
        "  method anonymous",
        "    method made",
        "interface Sells",
        "  method sell",
        "trait Buys",
        "  method buy",
        "enum Suit",
        "  constant Hearts",
        "  method label",
        "function top",
        "function fallback",
        "function closure",
    ]


LUA = """\
local json = require("json")
local M = {}
-- Sells.
function M.sell(item) return item.price(1) end
function M:open() self.closed = false end
local function helper() local function inner() end end
M.buy = function(x) local f = function() end end
local Rates = { full = function() end, half = 2 }
LIMIT = 5
return M
"""


def test_lua() -> None:
    assert outline("lua", LUA) == [
        "variable M",
        "function M.sell",
        "method M.open",
        "function helper",
        "  function inner",
        "function M.buy",
        "  function f",
        "variable Rates",
        "  function full",
        "constant LIMIT",
    ]


BASH = """\
#!/bin/bash
# Sells.
sell() { local price=1; pay "$price" "$(tax)"; }
function buy { echo "bought"; }
TOTAL=1
export RATE=2
readonly LIMIT=3
if true; then
  refund() { :; }
fi
cat <<EOF
not() { a function; }
EOF
"""


def test_bash() -> None:
    assert outline("bash", BASH) == [
        "function sell",
        "function buy",
        "variable TOTAL",
        "variable RATE",
        "constant LIMIT",
        "function refund",
    ]


POWERSHELL = """\
# Sells.
function Get-Price { Write-Output "a" }
function script:Set-Price($a) { function Inner { } }
filter Select-Open { $_ }
class Shop : Store {
  [int] $Size
  Shop() { }
  [int] Sell([string] $item) { return 1 }
  hidden [void] Hide() { }
}
enum Color { Red; Green = 2 }
"""


def test_powershell() -> None:
    assert outline("powershell", POWERSHELL) == [
        "function Get-Price",
        "function Set-Price",
        "  function Inner",
        "function Select-Open",
        "class Shop",
        "  property Size",
        "  method Shop",
        "  method Sell",
        "  method Hide",
        "enum Color",
        "  constant Red",
        "  constant Green",
    ]


PERL = """\
package Market::Shop;
use strict;
use constant LIMIT => 3;
use constant { LEFT => 1, RIGHT => 2 };
# Sells.
sub sell { my ($self) = @_; $self->pay(1); }
our $total = 2;
my $local = sub { };
has 'name' => (is => 'rw');
package Market::Other { sub inside { } }
BEGIN { sub early { } }
*alias = sub { };
__END__
sub not_code { }
"""


def test_perl() -> None:
    assert outline("perl", PERL) == [
        "module Market::Shop",
        "constant LIMIT",
        "constant LEFT",
        "constant RIGHT",
        "function sell",
        "variable total",
        "function local",
        "property name",
        "module Market::Other",
        "  function inside",
        "function early",
        "function alias",
    ]


ELIXIR = """\
defmodule Market.Shop do
  @moduledoc "A shop."
  use GenServer
  @limit 1
  @type id :: integer
  @callback open(id) :: boolean
  @doc "Sells."
  @spec sell(id, integer) :: integer
  def sell(id, count \\\\ 1) when id > 1, do: Bank.pay(id) |> round()
  def sell(id, count) do
    "#{id} #{count}"
  end
  defp hidden(x), do: x
  def open?, do: true
  defmacro twice(x) do quote do unquote(x) * 2 end end
  defguard is_id(x) when x > 0
  defdelegate close(id), to: Other
  defimpl String.Chars, for: Shop do
    def to_string(shop), do: shop
  end
end
defprotocol Sellable do
  def price(item)
end
"""


def test_elixir() -> None:
    assert outline("elixir", ELIXIR) == [
        "module Market.Shop",
        "  constant limit",
        "  type id",
        "  method open",
        "  function sell",
        "  function hidden",
        "  function open?",
        "  macro twice",
        "  macro is_id",
        "  function close",
        "  impl String.Chars",
        "    function to_string",
        "interface Sellable",
        "  function price",
    ]


HASKELL = """\
module Market.Shop (sell) where
import qualified Data.Map as M
import Data.List
-- | A shop.
data Shop a = Open Int | Closed { reason :: String } deriving Show
newtype Id = Id { unId :: Int }
type Name = String
class Sellable a where
  price :: a -> Int
  price x = 1
instance Sellable Int where
  price = id
sell :: Int -> Int
sell 0 = 1
sell n = helper n
  where helper x = x
a <+> b = a
limit = 5
type family Elem c where Elem Int = Int
foreign import ccall "sin" c_sin :: Double -> Double
"""


def test_haskell() -> None:
    assert outline("haskell", HASKELL) == [
        "type Shop",
        "  constant Open",
        "  constant Closed",
        "  field reason",
        "type Id",
        "  constant Id",
        "  field unId",
        "type Name",
        "class Sellable",
        "  method price",
        "impl Sellable",
        "  method price",
        "function sell",
        "function <+>",
        "function limit",
        "type Elem",
        "function c_sin",
    ]


OCAML = """\
open List
(** Sells. *)
let sell item count = pay item
let limit = 1
let rec even n = odd n and odd n = even n
let twice = fun x -> x + x
let () = print_newline ()
type shop = Open | Closed of int
type item = { mutable price : int }
exception Sold of string
module Stall = struct let size = 1 end
module type SELLER = sig val sell : int end
class cart = object method add = 1 val items = 2 end
external sine : float -> float = "c_sine"
let ( +: ) a b = a
"""


def test_ocaml() -> None:
    assert outline("ocaml", OCAML) == [
        "function sell",
        "variable limit",
        "function even",
        "function odd",
        "function twice",
        "type shop",
        "  constant Open",
        "  constant Closed",
        "type item",
        "  field price",
        "constant Sold",
        "module Stall",
        "  variable size",
        "interface SELLER",
        "  function sell",
        "class cart",
        "  method add",
        "  field items",
        "function sine",
        "function +:",
    ]


OCAML_INTERFACE = """\
(** Sells. *)
val sell : int -> int
type shop = Open | Closed
exception Sold
module Stall : sig val size : int end
"""


def test_ocaml_interface() -> None:
    assert outline("ocaml", OCAML_INTERFACE, "mli") == [
        "function sell",
        "type shop",
        "  constant Open",
        "  constant Closed",
        "constant Sold",
        "module Stall",
        "  function size",
    ]


JULIA = """\
module Market
using Base: show
"Sells."
function sell(x::Int)::Int where T
  function inner() end
  local y = 1
end
price(x) = x + 1
tax(x::T) where {T} = x
Base.show(io::IO, s::Shop) = 1
struct Shop{T} <: Store
  size::Int
  Shop(a) = new(a)
end
abstract type Store end
const LIMIT = 1
total = 2
macro twice(x) end
@inline half(x) = x / 2
end
"""


def test_julia() -> None:
    assert outline("julia", JULIA) == [
        "module Market",
        "  function sell",
        "    function inner",
        "  function price",
        "  function tax",
        "  function show",
        "  struct Shop",
        "    field size",
        "    function Shop",
        "  type Store",
        "  constant LIMIT",
        "  variable total",
        "  macro twice",
        "  function half",
    ]


GROOVY = """\
package market
import java.util.List
/** A shop. */
class Shop extends Store implements Sellable {
  private int size = 1
  Shop() { }
  def sell(int count) { bank.pay(count) }
  protected static void open(String[] args) { }
}
interface Sellable { void sell() }
enum Color { RED, GREEN }
def total = 1
task deploy { }
"""


def test_groovy() -> None:
    assert outline("groovy", GROOVY) == [
        "class Shop",
        "  field size",
        "  method Shop",
        "  method sell",
        "  method open",
        "interface Sellable",
        "  method sell",
        "enum Color",
        "  constant RED",
        "  constant GREEN",
        "variable total",
        "target deploy",
    ]


def visibilities(language: str, text: str, extension: str = "") -> dict[str, int]:
    raw, found = definitions(language, text, extension)
    starts_ends = zip(found.name_starts, found.name_ends, strict=True)
    return {raw[a:b].decode(): seen for (a, b), seen in zip(starts_ends, found.visibilities, strict=True)}


def test_visibility() -> None:
    assert visibilities("typescript", TYPESCRIPT)["url"] == PRIVATE
    assert visibilities("typescript", TYPESCRIPT)["cache"] == PROTECTED
    assert visibilities("typescript", TYPESCRIPT)["get"] == PUBLIC
    assert visibilities("typescript", TYPESCRIPT)["Api"] == PUBLIC
    assert visibilities("typescript", TYPESCRIPT)["helper"] == 0
    assert visibilities("javascript", JAVASCRIPT)["#hidden"] == PRIVATE
    assert visibilities("javascript", JAVASCRIPT)["load"] == PUBLIC
    assert visibilities("javascript", JAVASCRIPT)["run"] == 0
    assert visibilities("php", PHP)["count"] == PRIVATE
    assert visibilities("php", PHP)["size"] == PRIVATE  # the second of a list
    assert visibilities("php", PHP)["rent"] == PROTECTED
    assert visibilities("php", PHP)["anonymous"] == PUBLIC
    assert visibilities("elixir", ELIXIR)["hidden"] == PRIVATE
    assert visibilities("elixir", ELIXIR)["sell"] == PUBLIC
    assert visibilities("powershell", POWERSHELL)["Hide"] == PRIVATE
    assert visibilities("groovy", GROOVY)["open"] == PROTECTED


def test_what_leads_a_definition() -> None:
    assert part("javascript", JAVASCRIPT, "Shop", "lead") == "/** A shop. */\nexport default"
    assert part("typescript", "/** Runs. */\nexport const run = () => 1;\n", "run", "lead").startswith(
        "/** Runs."
    )
    assert part("typescript", TYPESCRIPT, "Service", "lead") == "@Injectable()\nexport"
    assert part("ruby", RUBY, "Stall", "lead") == "# A shop."
    assert part("php", PHP, "Shop", "lead") == "/** A shop. */"
    assert part("lua", LUA, "sell", "lead") == "-- Sells."
    assert part("perl", PERL, "sell", "lead") == "# Sells."
    assert part("elixir", ELIXIR, "sell", "lead").startswith('@doc "Sells."\n  @spec sell')
    assert part("elixir", ELIXIR, "hidden", "lead") == ""
    assert part("haskell", "-- | A.\ndata A = B\n-- | Sells.\nsell :: Int\n", "sell", "lead") == "-- | Sells."
    assert part("haskell", "class A a where\n  -- Sells.\n  sell :: a\n", "sell", "lead") == "-- Sells."
    assert part("ruby", "class A\n  # Sells.\n  def sell; end\nend\n", "sell", "lead") == "# Sells."
    assert part("javascript", "// Sells.\nexports.sell = () => 1;\n", "sell", "lead") == "// Sells."
    assert part("ocaml", OCAML, "sell", "lead") == "(** Sells. *)\nlet"
    assert part("julia", JULIA, "sell", "lead") == '"Sells."'


def test_where_signatures_end() -> None:
    assert part("javascript", JAVASCRIPT, "load", "signature") == "load = async (url)"
    assert part("javascript", JAVASCRIPT, "sell", "signature") == "exports.sell = function ()"
    assert part("javascript", JAVASCRIPT, "LIMIT", "signature") == "LIMIT = 3"
    assert part("javascript", "const long = {\n  a: 1,\n};\n", "long", "signature") == "long ="
    assert part("typescript", TYPESCRIPT, "Id", "signature") == "type Id = string | number;"
    assert part("typescript", TYPESCRIPT, "get", "signature") == "async get(id: string): Promise<T>"
    assert part("ruby", "def sell(item)\n  1\nend\n", "sell", "signature") == "def sell(item)"
    assert part("php", PHP, "price", "signature") == "private static function price(Item $item): ?int"
    assert part("julia", JULIA, "sell", "signature") == "function sell(x::Int)::Int where T"
    assert part("elixir", "def sell(a) do\n  1\nend\n", "sell", "signature") == "def sell(a)"


def test_clauses_of_a_function_are_one_definition() -> None:
    assert part("haskell", HASKELL, "sell", "whole").endswith("where helper x = x")
    assert part("elixir", ELIXIR, "sell", "whole").endswith('"#{id} #{count}"\n  end')
    assert outline("elixir", "defmodule A do\n def f, do: 1\n def g, do: 2\n def f(x), do: x\nend\n") == [
        "module A",
        "  function f",
        "  function g",
        "  function f",
    ]


def test_what_an_exported_object_holds_is_found_behind_casts_and_calls() -> None:
    text = "export default wrap({ methods: { open() {} }, close: () => 1 } satisfies Shop, (x) => { class Y {} });\n"
    assert names("typescript", text) == ["open", "close", "Y"]
    assert names("javascript", "let later;\nlater = function () {};\n") == ["later", "later"]
    assert names("javascript", "module.exports = a || function named() {};\n") == ["named"]


def test_what_functions_assign_is_theirs() -> None:
    assert names("javascript", "function f() { const a = 1; let g = () => { var b; }; }\n") == ["f", "g"]
    assert names("lua", "function f() local a = 1; b = 2 end\n") == ["f"]
    assert names("bash", "f() { local a=1; b=2; }\n") == ["f"]
    assert names("php", "<?php function f() { $g = function () {}; }\n") == ["f"]


def test_methods_in_objects_inside_of_functions_have_no_keyword_and_are_found() -> None:
    text = "function f() {\n  return {\n    /** doc */\n    open(a, b = g()) {\n    },\n  };\n}\n"
    assert names("javascript", text) == ["f", "open"]
    assert names("javascript", "function f() { if (a) { b(); } while (c) { d(); } }\n") == ["f"]


def test_constants_of_ruby_behind_a_modifier_and_in_blocks() -> None:
    assert names(
        "ruby", "LIMIT = 1 unless defined?(LIMIT)\nincluded do\n  RATE = 2\n  local == 3\nend\n"
    ) == ["LIMIT", "RATE"]
    assert names("ruby", "@route ||= Class.new(Base) do\n  def open; end\nend\n") == ["open"]


def test_deep_nesting_is_left_at_some_depth() -> None:
    deep = "f(() => {" * 400 + "function inner() {}" + "})" * 400
    assert names("javascript", "function outer() {}\n" + deep) == ["outer"]


WHOLE = {
    "javascript": (JAVASCRIPT, "load"),
    "typescript": (TYPESCRIPT, "Id"),
    "ruby": (RUBY, "RATES"),
    "php": (PHP, "DEFINED"),
    "lua": (LUA, "sell"),
    "bash": (BASH[: BASH.index("cat")], "sell"),
    "powershell": (POWERSHELL, "Get-Price"),
    "perl": (PERL[: PERL.index("__END__")], "sell"),
    "elixir": (ELIXIR, "id"),
    "haskell": (HASKELL[HASKELL.index("data") :], "Id"),
    "ocaml": (OCAML, "limit"),
    "julia": (JULIA, "price"),
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
    raw, found = definitions(language, garbage + text.encode() + garbage[::-1])
    for row in range(len(found)):
        assert 0 <= found.leads[row] <= found.starts[row] <= found.name_starts[row]
        assert found.name_starts[row] < found.name_ends[row] <= found.ends[row] <= len(raw)
        assert found.starts[row] <= found.bodies[row] <= found.ends[row]
        assert found.parents[row] < row


@pytest.mark.parametrize("language", sorted(WHOLE))
def test_ends_of_lines_make_no_difference(language: str) -> None:
    text, _ = WHOLE[language]
    assert names(language, text.replace("\n", "\r\n")) == names(language, text)
