"""What the main process and a worker that backtracks say to each other.

In: `PATTERN` with a source, answered by an empty complaint, or by what is wrong; `TEXTS` with some texts, answered text
by text, in order.  Everything is read before anything is answered, so that no two full pipes can wait for each other.
"""

from __future__ import annotations

import struct

PATTERN = struct.Struct("<cI?")
"""``P``, bytes of the source, whether it can match the empty string"""
TEXTS = struct.Struct("<cIdd?")
"""``T``, number of texts, seconds that one may take, that all may take, whether one match of each is enough; then each
text's size as ``<I``, and the texts"""
COMPLAINT = struct.Struct("<I")
"""bytes of what is wrong with a pattern"""
ANSWER = struct.Struct("<cI")
"""how the text ended, and 8-byte numbers that follow: start and end of each match, in bytes"""
DONE, GAVE_UP, UNSEEN = b"d", b"g", b"u"
