from hypothesis import given
from hypothesis import strategies as st

from codelode.model import Match
from codelode.search.lines import MatchedLine, columns, group_lines, matches_in, numbered, with_context

TEXT = b"one\r\ntwo two\n\nfour\nfive"


def matched(text: bytes, *words: bytes) -> list[MatchedLine]:
    spans = [(i, i + len(word)) for word in words for i in range(len(text)) if text.startswith(word, i)]
    return group_lines(text, sorted(spans))


def test_lines_of_spans() -> None:
    assert group_lines(TEXT, []) == []
    assert matched(TEXT, b"two", b"five") == [
        MatchedLine(2, 5, 12, [(0, 3), (4, 7)], 2),
        MatchedLine(5, 19, 23, [(0, 4)], 5),
    ]
    assert TEXT[0:4] == b"one\r"
    assert matched(TEXT, b"one") == [MatchedLine(1, 0, 4, [(0, 3)], 1)]


def test_empty_spans() -> None:
    assert group_lines(b"a\n\nb", [(1, 1), (2, 2), (3, 3), (4, 4)]) == [
        MatchedLine(1, 0, 1, [(1, 1)], 1),
        MatchedLine(2, 2, 2, [(0, 0)], 2),
        MatchedLine(3, 3, 4, [(0, 0), (1, 1)], 3),
    ]


@given(
    st.lists(st.sampled_from([b"a", b"bb", b"", b"\r", "é".encode()]), max_size=12), st.booleans(), st.data()
)
def test_lines_against_splitting(lines: list[bytes], closed: bool, data: st.DataObject) -> None:
    text = b"\n".join(lines) + (b"\n" if closed else b"")
    split = text.split(b"\n")
    starts = [sum(len(line) + 1 for line in split[:i]) for i in range(len(split))]
    chosen = sorted(data.draw(st.sets(st.integers(0, len(split) - 1))))
    spans = [(starts[i], starts[i] + len(split[i])) for i in chosen]
    expected = [
        MatchedLine(i + 1, starts[i], starts[i] + len(split[i]), [(0, len(split[i]))], i + 1) for i in chosen
    ]
    assert group_lines(text, spans) == expected


def test_matches_across_lines() -> None:
    text = "é\nab\ncd\n\nef\n".encode()
    spans = [(0, 4), (4, 5), (6, 10), (11, 12)]
    lines = group_lines(text, spans)
    assert lines == [
        MatchedLine(1, 0, 5, [(0, 4), (4, 5)], 2),
        MatchedLine(3, 6, 9, [(0, 4)], 4),
        MatchedLine(5, 10, 12, [(1, 2)], 5),
    ]
    # The first ends inside line 2, where the second is; the third begins in line 3 and ends with line 4's newline.
    assert [match for line in lines for match in matches_in(text, line)] == [
        Match(1, 1, 3),
        Match(2, 2, 1),
        Match(3, 1, 4),
        Match(5, 2, 1),
    ]


def test_a_newline_at_the_end_of_a_match_ends_its_line() -> None:
    lines = group_lines(b"a\nb\nc", [(0, 2), (2, 4)])
    assert [(line.number, line.last, line.start, line.end) for line in lines] == [(1, 1, 0, 1), (2, 2, 2, 3)]
    assert group_lines(b"a\n\n\nb", [(1, 5)]) == [MatchedLine(1, 0, 5, [(1, 5)], 4)]


def test_context_around_matches_across_lines() -> None:
    text = b"0\n1\n2\n3\n4\n5\n"
    (group,) = with_context(text, group_lines(text, [(4, 7)]), 1)
    assert (group.first, group.last, text[group.start : group.end]) == (2, 5, b"1\n2\n3\n4")


def test_columns_are_characters() -> None:
    assert columns(b"a\tbc", [(0, 1), (2, 4), (4, 4)]) == [(1, 1), (3, 2), (5, 0)]
    line = "é日x\U0001f600y".encode()
    assert columns(line, [(0, 2), (2, 5), (5, 6), (6, 10), (11, 11)]) == [
        (1, 1),
        (2, 1),
        (3, 1),
        (4, 1),
        (6, 0),
    ]
    assert columns(line, [(0, 6), (6, 6)]) == [(1, 3), (4, 0)]


def shown(text: bytes, context: int, *words: bytes) -> list[list[tuple[int, bytes]]]:
    return [list(numbered(text, group)) for group in with_context(text, matched(text, *words), context)]


def test_context() -> None:
    text = b"0\n1\n2 x\n3\n4\n5\n6 x\n7 x\n8\n"
    assert shown(text, 0, b"x") == [[(3, b"2 x")], [(7, b"6 x")], [(8, b"7 x")]]
    assert shown(text, 1, b"x") == [
        [(2, b"1"), (3, b"2 x"), (4, b"3")],
        [(6, b"5"), (7, b"6 x"), (8, b"7 x"), (9, b"8")],
    ]
    # Two lines between: the groups touch, and become one.
    assert [[number for number, _ in group] for group in shown(text, 2, b"x")] == [list(range(1, 10))]
    assert shown(text, 99, b"4") == [list(enumerate(text.split(b"\n")[:-1], 1))]


def test_context_at_the_ends() -> None:
    assert shown(TEXT, 1, b"one") == [[(1, b"one\r"), (2, b"two two")]]
    assert shown(TEXT, 2, b"five") == [[(3, b""), (4, b"four"), (5, b"five")]]
    assert shown(b"\n\nx\n\n", 5, b"x") == [[(1, b""), (2, b""), (3, b"x"), (4, b"")]]
    assert shown(b"\n\nx\n\n\n", 1, b"x") == [[(2, b""), (3, b"x"), (4, b"")]]


def test_groups_know_their_bytes_and_matches() -> None:
    (group,) = with_context(TEXT, matched(TEXT, b"two", b"four"), 1)
    assert (group.first, group.last) == (1, 5)
    assert TEXT[group.start : group.end] == TEXT
    assert [line.number for line in group.matched] == [2, 4]
