"""Languages by file name."""

from __future__ import annotations

import pytest

from codelode.text import languages


@pytest.mark.parametrize(
    ("path", "language"),
    [
        (b"a.py", "python"),
        (b"deep/er/a.PY", "python"),
        (b"drivers/net/a.c", "c"),
        (b"a.h", "c"),
        (b"Makefile", "make"),
        (b"Makefile.am", "make"),
        (b"sub/Dockerfile", "dockerfile"),
        (b"Kconfig", "kconfig"),
        (b"Kconfig.debug", "kconfig"),
        (b"CMakeLists.txt", "cmake"),
        (b"go.mod", "gomod"),
        (b".bashrc", "bash"),
        (b"README.md", "markdown"),
        (b"a.tar.gz", ""),
        (b"noextension", ""),
        (b".hidden", ""),
        (b".py", ""),
        (b"a.c/b", ""),
        (b"a.", ""),
        (b"", ""),
        (b"\xff\xfe.rs", "rust"),
    ],
)
def test_of_path(path: bytes, language: str) -> None:
    assert languages.of_path(path) == language


def test_known_are_all_that_can_come() -> None:
    assert {"python", "c", "dockerfile", "kconfig"} <= languages.known()
    assert "" not in languages.known()
    assert len(languages.known()) < 255  # a column of uint8


@pytest.mark.parametrize(
    ("first", "language"),
    [
        (b"#!/bin/sh", "bash"),
        (b"#! /bin/bash -e", "bash"),
        (b"#!/usr/bin/env python3", "python"),
        (b"#!/usr/bin/env -S python3 -u", "python"),
        (b"#!/usr/bin/env -Spython3 -u", "python"),
        (b"#!/usr/bin/env -i PATH=/bin ruby", "ruby"),
        (b"#!/usr/bin/env -S uv run --script", "python"),
        (b"#!/opt/python3.11/bin/python3.11", "python"),
        (b"#!/usr/local/bin/lua5.3", "lua"),
        (b"#!/usr/bin/perl -w", "perl"),
        (b"#!/usr/bin/make -f", "make"),
        (b"#!/usr/bin/env node\r", "javascript"),
        (b"#!/usr/bin/gawk -f", "awk"),
        (b"#!/usr/bin/env", ""),
        (b"#!", ""),
        (b"#!/usr/bin/unheard-of", ""),
        (b"# /usr/bin/python", ""),
    ],
)
def test_shebangs(first: bytes, language: str) -> None:
    text = first + b"\nbody\n"
    assert languages.of_content(text, text) == language
    assert languages.of_file(b"tools/run", text) == language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (b"-*- python -*-\n", "python"),
        (b"#!/bin/sh\n# -*- mode: Tcl; coding: utf-8 -*-\n", "tcl"),
        (b"// -*- C++ -*-\n", "cpp"),
        (b"/* -*- coding: utf-8; mode: C; -*- */\n", "c"),
        (b"a\nb\n// -*- C++ -*-\n", ""),
        (b"# vim: set ft=ruby :\n", "ruby"),
        (b"# vi: ts=4 filetype=sh\n", "bash"),
        (b"1\n2\n3\n4\n# vim: syntax=cs\n", "csharp"),
        (b"1\n2\n3\n4\n5\n# vim: ft=ruby\n6\n7\n8\n9\n10\n", ""),
        (b"1\n2\n3\n4\n5\n6\n# vim: ft=ruby\n8\n9\n10\n11\n", "ruby"),
        (b"# vim: ft=nonsense\n", ""),
        (b"# vim: ts=4 sw=4\n", ""),
        (b"gvim: ft=ruby\n", ""),
        (b"", ""),
    ],
)
def test_mode_lines(text: bytes, language: str) -> None:
    assert languages.of_file(b"NEWS", text) == language


def test_the_end_of_a_large_text_is_looked_at_too() -> None:
    text = b"line of some length\n" * 10_000 + b"# vim: ft=make\n"
    assert languages.of_file(b"rules", text) == "make"


@pytest.mark.parametrize(
    ("path", "text", "language"),
    [
        (b"a.py", b"#!/bin/sh\n", "python"),  # a name that says something is believed
        (b"a.h", b"int f(void);\n", "c"),
        (b"a.h", b"#ifdef __cplusplus\nextern \"C\" {\n#endif\nstruct class *c;\n", "c"),
        (b"a.h", b"/* a\nclass of\nnamespace used\n   public: no */\n", "c"),
        (b"a.h", b"#include <string>\n", "cpp"),
        (b"a.h", b"// x\nnamespace a::b {\n", "cpp"),
        (b"a.h", b"class Foo;\n", "cpp"),
        (b"a.H", b"class Foo final : public Bar {\n", "cpp"),
        (b"a.h", b"struct S {\n  public:\n", "cpp"),
        (b"a.h", b"template <typename T>\n", "cpp"),
        (b"a.h", b"#import <Foundation/Foundation.h>\n@interface Foo : NSObject\n", "objc"),
        (b"a.m", b"@implementation Foo\n", "objc"),
        (b"a.m", b"function y = f(x)\n", "matlab"),
        (b"a.pl", b"use strict;\nsub f { }\n", "perl"),
        (b"a.pl", b":- module(m, [f/1]).\n", "prolog"),
        (b"a.pl", b"likes(a, b).\nhappy(X) :- likes(X, _).\n", "prolog"),
        (b"a.ts", b"export const a = 1\n", "typescript"),
        (b"a.ts", b"<?xml version='1.0'?>\n<!DOCTYPE TS>\n", "xml"),
    ],
)  # fmt: skip
def test_of_file(path: bytes, text: bytes, language: str) -> None:
    assert languages.of_file(path, text) == language
    assert language in languages.known()


def test_a_text_in_binary_disguise_has_no_language() -> None:
    assert languages.of_file(b"blob", b"#!\xff\xfe\x00 -*-\xff-*- vim: ft=\xff\n" * 300) == ""
