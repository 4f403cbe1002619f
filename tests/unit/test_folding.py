import sys

from codelode.query.engine import Program
from codelode.query.folding import variants


def every_character() -> str:
    return "".join(
        chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code <= 0xDFFF and code != 10
    )


def test_variants_cover_what_re2_folds() -> None:
    """Every character: what RE2 takes for it when case is ignored is among its known variants."""
    everything = every_character()
    known = [char for char in everything if (same := variants(char)) and len(same) == 1]
    # Caseless here: then RE2, folding all of them at once, must find none but them.
    spans = "".join(f"\\x{{{first:X}}}-\\x{{{last:X}}}" for first, last in runs(known))
    plain = Program(f"[{spans}]+").find_each(everything.encode())
    assert Program(f"(?i:[{spans}])+").find_each(everything.encode()) == plain

    cased = "".join(char for char in everything if (same := variants(char)) and len(same) > 1)
    assert len(cased) > 2500
    unknown = "".join(char for char in everything if variants(char) is None)
    spans = "".join(f"\\x{{{first:X}}}-\\x{{{last:X}}}" for first, last in runs(list(unknown)))
    near_unknown = found(f"(?i:[{spans}])", cased)
    for char in cased:
        same = set(variants(char) or ())
        assert found(f"(?i:\\x{{{ord(char):X}}})", cased) <= same
        if char in near_unknown:
            assert found(f"(?i:\\x{{{ord(char):X}}})", unknown) <= same


def found(pattern: str, text: str) -> set[str]:
    encoded = text.encode()
    return {encoded[start:end].decode() for start, end in Program(pattern).find_each(encoded)}


def runs(chars: list[str]) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    for code in map(ord, chars):
        if spans and spans[-1][1] == code - 1:
            spans[-1] = (spans[-1][0], code)
        else:
            spans.append((code, code))
    return spans


def test_examples() -> None:
    assert set(variants("s") or ()) == {"s", "S", "\u017f"}
    assert set(variants("é") or ()) == {"é", "É"}
    assert variants("日") == ("日",)
    assert variants("ß") is None  # its capital has another length in Python's tables
