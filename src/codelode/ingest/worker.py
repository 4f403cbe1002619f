"""A build worker: a process of its own that reads batches from its standard input and answers on its output.

Started by `ingest.pool`, as `processes.command` says.

Messages are pickles.  In: BuildOptions first; then (number, items, unparsed), or None to finish the segment.  Out:
the string "ready"; the number of each batch read; a SegmentResult for each finished segment; a CodelodeError that
ends it.
"""

from __future__ import annotations

import gc
import os
import pickle
import signal
import sys
from typing import BinaryIO

from codelode.errors import CodelodeError
from codelode.ingest.build import BuildOptions, SegmentBuilder


def main() -> None:
    """Serve until the input ends: the main process closed it, or died."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the main process decides
    gc.disable()  # nothing here makes cycles; looking for them takes 3 % of a build
    inbox = sys.stdin.buffer
    # Whatever prints must not garble the messages: they get the real output, prints go to standard error.
    outbox = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    try:
        _serve(inbox, outbox)
    except (EOFError, BrokenPipeError):
        os._exit(0)  # the main process is gone: nobody to tell, and Tantivy's threads need no farewell


def _serve(inbox: BinaryIO, outbox: BinaryIO) -> None:
    def send(message: object) -> None:
        pickle.dump(message, outbox, pickle.HIGHEST_PROTOCOL)
        outbox.flush()

    options: BuildOptions = pickle.load(inbox)  # noqa: S301  our own parent's pipe
    send("ready")
    builder = SegmentBuilder(options)
    try:
        while True:
            message = pickle.load(inbox)  # noqa: S301
            if message is not None:
                number, items, unparsed = message
                builder.add(items, unparsed=unparsed)
                send(number)
            if message is None or builder.is_full:
                result = builder.finish()
                # Not ours to discard any more: with the main process gone, the next run takes it over.
                builder = SegmentBuilder(options)
                send(result)
    except CodelodeError as exc:
        builder.discard()
        send(exc)
    except (EOFError, BrokenPipeError):
        builder.discard()
        raise
