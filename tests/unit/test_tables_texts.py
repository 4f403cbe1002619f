"""The tables of SQL, markup (HTML, CSS, SCSS, Markdown), data (JSON, YAML, TOML) and build files."""

from __future__ import annotations

import pytest
from outlines import definitions, names, outline, part

from codelode.structure.tables import rules_for

SQL = """\
-- Who buys.
CREATE TABLE IF NOT EXISTS shop.customers (id INT PRIMARY KEY, name TEXT NOT NULL);
CREATE VIEW active AS SELECT * FROM customers;
CREATE MATERIALIZED VIEW totals AS SELECT 1;
CREATE UNIQUE INDEX by_name ON customers (name);
CREATE FUNCTION price(a int) RETURNS int AS $$ SELECT 1 $$ LANGUAGE sql;
CREATE TRIGGER on_sale BEFORE INSERT ON customers FOR EACH ROW EXECUTE FUNCTION price();
CREATE TYPE mood AS ENUM ('a', 'b');
CREATE SCHEMA archive;
CREATE TABLE `old`.`items` (`key` int);
INSERT INTO items VALUES (1);
"""


def test_sql() -> None:
    assert outline("sql", SQL) == [
        "table shop.customers",
        "  field id",
        "  field name",
        "view active",
        "view totals",
        "index by_name",
        "function price",
        "event on_sale",
        "type mood",
        "module archive",
        "table `old`.items",
        "  field key",
    ]


HTML = """\
<!DOCTYPE html>
<html><body id="top">
<h1>The <b>shop</b></h1>
<div id='goods' class="wide"><h2 id="fruit">Fruit</h2><p>Apples</p></div>
<input id=name name="n">
<script id="data">var x = "<p id='no'>";</script>
</body></html>
"""


def test_html() -> None:
    assert outline("html", HTML) == [
        "id top",
        "  heading The <b>shop</b>",
        "  id goods",
        "    heading Fruit",
        "  id name",
        "  id data",
    ]


CSS = """\
/* Buttons. */
.button, #main > a:hover { color: red; --gap: 1px; }
@media (min-width: 1px) { .wide { width: 2px } }
@keyframes fade { from { opacity: 0 } to { opacity: 1 } }
:root { --brand: blue; }
"""


def test_css() -> None:
    assert outline("css", CSS) == [
        "selector .button",
        "selector #main > a:hover",
        "  variable --gap",
        "selector .wide",
        "rule fade",
        "selector :root",
        "  variable --brand",
    ]


SCSS = """\
$brand: blue;
@mixin rounded($radius) { border: $radius; &:hover { color: red } }
@function twice($x) { @return $x * 2; }
.menu { .item { color: $brand; } &-open { width: 1px; } @include rounded(1px); }
%shared { margin: 0 }
"""


def test_scss() -> None:
    assert outline("scss", SCSS) == [
        "variable brand",
        "function rounded",
        "function twice",
        "selector .menu",
        "  selector .item",
        "  selector &-open",
        "selector %shared",
    ]


MARKDOWN = """\
---
title: x
---
# Shop
text
## Open `hours`
### Sunday
## Prices ##
```python
# no heading
```
# Contact
"""


def test_markdown() -> None:
    assert outline("markdown", MARKDOWN) == [
        "heading Shop",
        "  heading Open `hours`",
        "    heading Sunday",
        "  heading Prices",
        "heading Contact",
    ]


JSON = """\
{"name": "shop", "scripts": {"test": "x", "more": {"deep": {"deeper": 1}}}, "files": ["a", {"b": 1}], "": 0}
"""


def test_json() -> None:
    assert outline("json", JSON) == [
        "key name",
        "key scripts",
        "  key test",
        "  key more",
        "    key deep",
        "key files",
    ]


YAML = """\
# about it
name: shop
jobs:
  "build it":
    steps:
      - run: make
        with: {deep: 1}
&anchor also: *anchor
---
second: document
"""


def test_yaml() -> None:
    assert outline("yaml", YAML) == [
        "key name",
        "key jobs",
        "  key build it",
        "    key steps",
        "key also",
        "key second",
    ]


TOML = """\
top = 1
[tool.shop]
a.b = "v"
"quoted key" = { inner = 1 }
[[items]]
price = [1]
"""


def test_toml() -> None:
    assert outline("toml", TOML) == [
        "key top",
        "key tool.shop",
        "  key a.b",
        "  key quoted key",
        "    key inner",
        "key items",
        "  key price",
    ]


MAKE = """\
# How to compile.
CC := gcc
obj-$(CONFIG_X) += x.o \\
	y.o
CFLAGS += -O2
all: shop.o other.o
	$(CC) -o $@
shop.o: shop.c ; cc
.PHONY: all
%.o: %.c
	compile
define RECIPE
x
endef
ifdef DEBUG
debug: all
endif
export PREFIX = /usr
$(OBJ): x
"""


def test_make() -> None:
    assert outline("make", MAKE) == [
        "variable CC",
        "target all",
        "target shop.o",
        "macro RECIPE",
        "target debug",
        "variable PREFIX",
    ]


DOCKERFILE = """\
# How to build.
ARG VERSION=1
FROM debian:12 AS build
ENV HOME=/root LANG=C
RUN make
FROM scratch
COPY --from=build /a /b
"""


def test_dockerfile() -> None:
    assert outline("dockerfile", DOCKERFILE) == [
        "variable VERSION",
        "target build",
        "variable HOME",
        "variable LANG",
        "target scratch",
    ]


TERRAFORM = """\
# The machine.
resource "aws_instance" "web" {
  ami = "x"
  nested { b = var.region }
}
variable "region" { default = "eu" }
locals {
  name = "a-${var.region}"
}
module "net" { source = "./net" }
output "address" { value = aws_instance.web.id }
data "aws_ami" "linux" {}
terraform {}
"""


def test_terraform() -> None:
    assert outline("terraform", TERRAFORM) == [
        "resource aws_instance.web",
        "variable region",
        "variable name",
        "module net",
        "variable address",
        "resource aws_ami.linux",
    ]


def test_sections_of_markdown_hold_their_text() -> None:
    assert part("markdown", MARKDOWN, "Shop", "whole").endswith("```")
    assert part("markdown", MARKDOWN, "Shop", "signature") == "# Shop"
    assert part("markdown", MARKDOWN, "Sunday", "whole") == "### Sunday"
    assert names("markdown", "Title\n=====\ntext\n\nPart\n----\n") == ["Title", "Part"]
    assert names("markdown", "# A#\n#\n") == ["A#"]


def test_keys_are_shown_and_never_indexed() -> None:
    for language in ("json", "toml", "yaml"):
        rules = rules_for(language)
        assert rules is not None
        assert not rules.indexed


def test_keys_are_shown_to_a_depth() -> None:
    assert names("json", '{"a":' * 2_000 + "1" + "}" * 2_000) == ["a"] * 3
    yaml = "".join(f"{'  ' * depth}k{depth}:\n" for depth in range(9)) + " " * 18 + "v: 1\n"
    assert names("yaml", yaml) == ["k0", "k1", "k2"]


def test_computed_names_of_variables_do_not_swallow_a_makefile() -> None:
    text = (
        "obj-$(A) += a.o\nobj-$(B) := b.o \\\n\tc.o\n# comment\nall: a.o\n\tcc\nflags-y += -O2\nlast: all\n"
    )
    assert names("make", text) == ["all", "last"]
    assert part("make", text, "all", "whole") == "all: a.o\n\tcc"


def test_headings_and_ids_of_html_nest() -> None:
    assert outline("html", '<h1 id="a"></h1><div><p ID=b>x</p></div>') == ["id a", "id b"]
    assert outline("html", "<h2>One <i>or</i> two</h2><br id='c'/>") == ["heading One <i>or</i> two", "id c"]


def test_what_leads_a_definition() -> None:
    assert part("sql", SQL, "customers", "lead") == "-- Who buys."
    assert part("css", CSS, ".button", "lead") == "/* Buttons. */"
    assert part("make", MAKE, "CC", "lead") == "# How to compile."
    assert part("terraform", TERRAFORM, "web", "lead") == "# The machine."


WHOLE = {
    "sql": (SQL, "customers"),
    "html": (HTML, "top"),
    "css": (CSS, ".button"),
    "scss": (SCSS, "rounded"),
    "markdown": (MARKDOWN, "Shop"),
    "json": (JSON, "name"),
    "yaml": (YAML, "name"),
    "toml": (TOML, "top"),
    "make": (MAKE, "CC"),
    "dockerfile": (DOCKERFILE, "build"),
    "terraform": (TERRAFORM, "region"),
}


@pytest.mark.parametrize("language", sorted(WHOLE))
def test_half_of_a_file_still_yields_what_is_whole(language: str) -> None:
    text, early = WHOLE[language]
    assert early in names(language, text[: len(text) * 6 // 10])


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
