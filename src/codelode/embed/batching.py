"""How many texts go to a heavy embedder at once: a policy without I/O, told what happened."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from time import perf_counter

from codelode.embed.embedder import Vectors
from codelode.errors import EmbedderError

FIRST_BYTES = 32 << 10
"""Size of the first batch where nothing is known: some 20 chunks."""

LEAST_GAIN = 1.05
"""A batch twice as large must be so much faster a byte for its size to be kept: below, it only costs memory."""

PATIENCE = 2
"""Batches of a size that are timed before it is judged: the best counts, since the first one warms up."""

BYTES_PER_TOKEN = 4
ACTIVATION_SHARE = 0.001
"""Memory for one token while a transformer runs, as a share of its weights: 34 floats for each hidden unit of one layer
at a time (Korthikanti et al. 2022, section 4, without what only training keeps) are 0.06 % of a model with 22 M weights
and 0.01 % of one with 330 M; the rest is for attention."""

MEMORY_SHARE = 0.5
"""Share of the free memory that the largest batch may take: others use the device too."""


def largest_batch(free_bytes: int, model_bytes: int) -> int:
    """Most bytes of text, padding included, that a device with `free_bytes` of memory should be given at once."""
    for_a_byte = max(model_bytes * ACTIVATION_SHARE / BYTES_PER_TOKEN, 64.0)
    return max(int(free_bytes * MEMORY_SHARE / for_a_byte), 1)


class BatchPolicy:
    """Decides the size of each batch, from how the ones before it went.

    A size is counted in bytes of text as the device sees it: all texts as long as the longest.  It doubles while that
    makes a byte cheaper, and is halved for good when memory does not suffice."""

    def __init__(self, most_bytes: int, most_texts: int) -> None:
        """No batch exceeds `most_bytes` or `most_texts`."""
        self._most_bytes, self._most_texts = max(most_bytes, 1), max(most_texts, 1)
        self._bytes = min(FIRST_BYTES, self._most_bytes)
        self._best = 0.0
        """bytes a second of the size before"""
        self._rates: list[float] = []
        """of this size"""
        self._settled = False

    @property
    def size(self) -> int:
        """Bytes of the next batch."""
        return self._bytes

    def take(self, longest: int, left: int) -> int:
        """How many of the `left` next texts to give, at least 1; none of them has more than `longest` bytes."""
        return max(min(self._bytes // max(longest, 1), self._most_texts, left), 1)

    def worked(self, lengths: Sequence[int], seconds: float) -> None:
        """A batch of texts with these `lengths` took `seconds`."""
        size = len(lengths) * max(lengths)
        full = 2 * size > self._bytes or len(lengths) == self._most_texts
        if self._settled or not full:  # what is left at the end says nothing about this size
            return
        self._rates.append(sum(lengths) / max(seconds, 1e-9))
        if len(self._rates) < PATIENCE:
            return
        rate, self._rates = max(self._rates), []
        if rate < self._best * LEAST_GAIN:
            self._bytes = max(self._bytes // 2, 1)
            self._settled = True
        elif self._bytes == self._most_bytes or len(lengths) == self._most_texts:
            self._settled = True
        else:
            self._best = rate
            self._bytes = min(self._bytes * 2, self._most_bytes)

    def out_of_memory(self, lengths: Sequence[int]) -> None:
        """A batch of texts with these `lengths` did not fit; raises EmbedderError when it was a single one."""
        if len(lengths) == 1:
            raise EmbedderError("the embedder's device has too little memory for a single text")
        self._most_bytes = self._bytes = max(len(lengths) * max(lengths) // 2, 1)
        self._most_texts = max(len(lengths) // 2, 1)
        self._settled = True


def encode_in_batches(
    texts: Sequence[str],
    encode: Callable[[Sequence[str]], Vectors],
    policy: BatchPolicy,
    clock: Callable[[], float] = perf_counter,
) -> Iterator[tuple[list[int], Vectors]]:
    """The vectors of `texts`, batch by batch: the numbers of the texts, and their rows.

    Texts of like length go together, the longest first: what does not fit shows at once.  `encode` may raise
    MemoryError; other errors pass through."""
    sizes = [len(text.encode("utf-8", "surrogatepass")) for text in texts]
    order = sorted(range(len(texts)), key=lambda number: -sizes[number])
    at = 0
    while at < len(order):
        count = policy.take(sizes[order[at]], len(order) - at)
        batch = order[at : at + count]
        lengths = [sizes[number] for number in batch]
        began = clock()
        try:
            vectors = encode([texts[number] for number in batch])
        except MemoryError:
            policy.out_of_memory(lengths)
            continue
        policy.worked(lengths, clock() - began)
        yield batch, vectors
        at += count
