"""`main` inside another program; what it does as a process is in tests/e2e/test_cli.py."""

from __future__ import annotations

import signal
import threading

from codelode.surfaces.cli import main


def test_main_returns_the_exit_status_and_leaves_signals_as_they_were(capsysbinary):
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    assert main(["--version"]) == 0
    assert main(["nonsense"]) == 2
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before
    out, err = capsysbinary.readouterr()
    assert out.startswith(b"codelode ")
    assert err == b"codelode: unknown command 'nonsense'; see: codelode --help\n"


def test_main_works_outside_the_main_thread(capsysbinary):
    found = []
    thread = threading.Thread(target=lambda: found.append(main(["--version"])))
    thread.start()
    thread.join()
    assert found == [0]
    assert capsysbinary.readouterr().out.startswith(b"codelode ")


def test_a_bug_is_one_line_too(capsysbinary, monkeypatch):
    monkeypatch.delenv("CODELODE_DEBUG", raising=False)
    assert main([5]) == 2
    out, err = capsysbinary.readouterr()
    assert out == b""
    assert err.startswith(b"codelode: internal error: TypeError: ")
    assert err.endswith(b"; CODELODE_DEBUG=1 shows where\n")
    assert err.count(b"\n") == 1


def test_ignored_signals_stay_ignored():
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        main(["--version"])
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGTERM, before)
