from hypothesis import given
from hypothesis import strategies as st

from codelode.text.folding import fold_in_place


@given(st.text(st.sampled_from(list("aBΣσςİKſÉß\u212aẞǅ ")), max_size=20))
def test_a_character_is_folded_alone_and_stays_where_it_is(text: str) -> None:
    raw = text.encode()
    parts = [fold_in_place(char.encode()) for char in text]
    assert fold_in_place(raw) == b"".join(parts)
    assert [len(part) for part in parts] == [len(char.encode()) for char in text]


def test_letters_keep_their_place() -> None:
    assert fold_in_place("İSTANBUL ΟΔΟΣ".encode()).decode() == "İstanbul οδοσ"


def test_no_character_moves_what_follows() -> None:
    chars = [chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000]
    assert [char for char in chars if len(fold_in_place(char.encode())) != len(char.encode())] == []
