"""How many texts go to an embedder at once."""

from __future__ import annotations

import numpy as np
import pytest

from codelode.embed.batching import FIRST_BYTES, BatchPolicy, encode_in_batches, largest_batch
from codelode.errors import EmbedderError

LONG = 1024


def run(policy, seconds_of, batches=20, longest=LONG):
    """The sizes of batches of a device that takes `seconds_of(texts)` for one."""
    sizes = []
    for _ in range(batches):
        count = policy.take(longest, 1_000_000)
        policy.worked([longest] * count, seconds_of(count))
        sizes.append(count)
    return sizes


def test_it_grows_while_a_text_gets_cheaper():
    sizes = run(BatchPolicy(1 << 30, 100_000), lambda count: 1 + count / 1000)
    assert sizes[0] == FIRST_BYTES // LONG
    assert sizes == sorted(sizes)
    assert sizes[-1] > 1000, "doubling pays until the fixed cost is lost in the rest"


def test_it_goes_back_to_the_best_size_and_stays():
    def best_at_128(count):
        return max(count, 128) / 128 * (1 if count <= 128 else 2)

    sizes = run(BatchPolicy(1 << 30, 100_000), best_at_128)
    assert max(sizes) == 256
    assert sizes[-1] == 128


def test_bounds_of_bytes_and_of_texts():
    assert max(run(BatchPolicy(100 * LONG, 100_000), lambda count: 1)) == 100
    assert max(run(BatchPolicy(1 << 30, 50), lambda count: 1)) == 50


def test_a_text_longer_than_a_batch_goes_alone_and_no_more_are_given_than_there_are():
    policy = BatchPolicy(1 << 30, 100)
    assert policy.take(10 * FIRST_BYTES, 7) == 1
    assert policy.take(1, 3) == 3


def test_a_small_rest_says_nothing_about_the_size():
    policy = BatchPolicy(1 << 30, 1000)
    for _ in range(4):
        policy.worked([10], 100.0)
    assert policy.size == FIRST_BYTES


def test_halved_for_good_when_memory_does_not_suffice():
    policy = BatchPolicy(1 << 30, 100_000)
    policy.out_of_memory([LONG] * 32)
    sizes = run(policy, lambda count: 1)
    assert set(sizes) == {16}
    policy.out_of_memory([LONG] * 16)
    assert policy.take(LONG, 100) == 8


def test_a_single_text_that_does_not_fit():
    with pytest.raises(EmbedderError, match="too little memory"):
        BatchPolicy(1000, 10).out_of_memory([5000])


def test_more_memory_and_smaller_models_allow_more():
    mini, large = 90 << 20, 1300 << 20
    assert largest_batch(16 << 30, mini) > largest_batch(16 << 30, large) > largest_batch(1 << 30, large) > 0
    # MiniLM on a machine with 8 GiB free: a batch of 100 chunks at least, and not more than memory holds.
    assert 100 * 1800 < largest_batch(8 << 30, mini) < 8 << 30
    assert largest_batch(0, large) == 1


class Device:
    """Raises MemoryError above `room` texts."""

    def __init__(self, room):
        self.room, self.given = room, []

    def encode(self, texts):
        self.given.append(len(texts))
        if len(texts) > self.room:
            raise MemoryError("out of memory")
        return np.array([[len(text)] for text in texts], np.float32)


@pytest.mark.parametrize("room", [1, 5, 1000])
def test_every_text_gets_its_vector_whatever_fits(room):
    texts = ["x" * (number * 37 % 900) for number in range(200)]
    device = Device(room)
    found = {}
    for numbers, rows in encode_in_batches(texts, device.encode, BatchPolicy(1 << 20, 64)):
        for number, row in zip(numbers, rows, strict=True):
            assert number not in found
            found[number] = row[0]
    assert found == {number: len(text) for number, text in enumerate(texts)}
    if room < 16:
        refused = [count for count in device.given if count > room]
        assert refused == sorted(set(refused), reverse=True), "a size that did not fit is not tried again"
        assert device.given[-1] <= room


def test_other_errors_pass():
    def broken(texts):
        raise EmbedderError("gone")

    with pytest.raises(EmbedderError, match="gone"):
        list(encode_in_batches(["a"], broken, BatchPolicy(10, 10)))
