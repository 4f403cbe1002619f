"""The byte layer below print: encodings, escapes, and what happens when the reader goes away."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codelode.surfaces.output import (
    CHUNK,
    Look,
    Output,
    OutputClosedError,
    OutputFailedError,
    encode,
    look,
)


def test_text_is_utf8_and_foreign_bytes_come_back():
    assert encode("é€\n") == "é€\n".encode()
    assert encode(b"caf\xe9 \xff".decode("utf-8", "surrogateescape")) == b"caf\xe9 \xff"
    assert encode("a\ud800b\udcffc") == b"a\xef\xbf\xbdb\xffc"


@given(st.binary())
def test_every_byte_string_survives(raw):
    assert encode(raw.decode("utf-8", "surrogateescape")) == raw


@given(st.text(st.characters()))
def test_every_text_can_be_written(text):
    assert isinstance(encode(text), bytes)


def test_control_characters_are_shown_not_obeyed_on_a_terminal():
    nasty = "a\x1b[31m\n\r\x07\x7f\x9b\tb\udce9\ud800"
    assert Look(terminal=True).clean(nasty) == r"a\x1b[31m\x0a\x0d\x07\x7f\x9b" + "\tb" + r"\xe9\ud800"
    assert Look(terminal=False).clean(nasty) == nasty


def test_paint_only_with_colours():
    assert Look(colour=True).paint("35", "x") == "\x1b[35mx\x1b[0m"
    assert Look(colour=True).paint("35", "") == ""
    assert Look().paint("35", "x") == "x"


def test_colours_in_a_pipe_only_when_always(monkeypatch):
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO()))
    assert look("auto", {}) == look("never", {}) == Look()
    assert look("always", {"NO_COLOR": "1"}) == Look(colour=True)


def test_writes_are_collected_until_there_are_enough_or_flushed():
    stream = io.BytesIO()
    output = Output(stream)
    output.write("é")
    assert stream.getvalue() == b""
    output.flush()
    assert stream.getvalue() == "é".encode()
    output.lines(["x" * (CHUNK - 1), "y", "z"])
    assert len(stream.getvalue()) == 2 + CHUNK
    eager = io.BytesIO()
    Output(eager, eager=True).write("now")
    assert eager.getvalue() == b"now"


@pytest.mark.parametrize("eager", [False, True])
def test_a_reader_that_went_away(eager):
    reading, writing = os.pipe()
    os.close(reading)
    with pytest.raises(OutputClosedError), os.fdopen(writing, "wb", buffering=0) as stream:
        output = Output(stream, eager=eager)
        output.write("x")
        output.flush()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_named():
    with (
        pytest.raises(OutputFailedError, match="cannot write the output: No space left"),
        Path("/dev/full").open("wb", buffering=0) as stream,
    ):
        output = Output(stream)
        output.write("x")
        output.flush()


def test_a_closed_standard_output(monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    assert look("auto", {}) == Look()
    with pytest.raises(OutputFailedError, match="closed"):
        Output()
