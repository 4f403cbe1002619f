"""Plain-language questions are drawn from what the tree says of itself."""

from __future__ import annotations

from pathlib import Path

from bench import corpora, queries

SOURCE = """\
/**
 * name_{0}() - look up the entry number {0} in the table. It sleeps.
 * @table: where
 */
int name_{0}(struct table *table);
"""
OPTION = """\
config OPTION_{0}
\tbool "an option"
\thelp
\t  Say Y here if you want option {0}
\t  to be in the kernel. Else say N.
"""


def tree(folder: Path, count: int) -> corpora.Corpus:
    for number in range(count):
        (folder / f"d{number}").mkdir()
        (folder / f"d{number}" / "table.c").write_text(SOURCE.format(number), encoding="utf-8")
        (folder / f"d{number}" / "Kconfig").write_text(OPTION.format(number), encoding="utf-8")
    (folder / "short.h").write_text("/**\n * f() - free it\n */\nvoid f(void);\n", encoding="utf-8")
    return corpora.counted("tree", folder)


def test_first_sentences_half_of_sources_half_of_options(tmp_path: Path) -> None:
    asked = queries.plain_queries(tree(tmp_path, 4), 6)
    assert len(asked) == 6
    assert all(question.endswith(" in the table.") for question in asked[:3])
    assert all(question.endswith(" to be in the kernel.") for question in asked[3:])


def test_the_same_each_time_and_no_more_than_there_are(tmp_path: Path) -> None:
    corpus = tree(tmp_path, 3)
    asked = queries.plain_queries(corpus, 100)
    assert len(asked) == len(set(asked)) == 6
    assert asked == queries.plain_queries(corpus, 100)
    assert "free it" not in asked
