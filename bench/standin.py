"""A stand-in for an embedding model that cannot be had offline: a model2vec folder of the same shape.

The vectors are random: it finds nothing, but a tool takes as long with it as with the real one.  The files are what
model2vec's `save_pretrained` writes: `tokenizer.json` (Hugging Face tokenizers), `model.safetensors` (its format:
https://huggingface.co/docs/safetensors) and `config.json`.
"""

from __future__ import annotations

import collections
import json
import random
import re
from pathlib import Path

import numpy as np

from bench.corpora import vocabulary

TOKENS = 63_500
DIMS = 256
"""The shape of potion-code-16M-v2, in float16, after its model card"""
_SPECIAL = ("[PAD]", "[UNK]")
_CHARACTERS = "".join(map(chr, range(33, 127))).translate(str.maketrans("", "", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
_WORD = re.compile(r"[a-z0-9]{2,24}")


def make(folder: Path, texts: list[str], seed: int = 8) -> Path:
    """Writes the model into `folder`; its tokens are the words most frequent in `texts`, and pieces of words.

    With whole words as tokens a text has few of them: the stand-in is, if anything, quicker than the real model.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tokens = vocabulary_of(texts, seed)
    vectors = np.random.default_rng(seed).standard_normal((len(tokens), DIMS)).astype(np.float16)
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer(tokens)), encoding="utf-8")
    (folder / "model.safetensors").write_bytes(safetensors(vectors))
    config = {"normalize": True, "embedding_dtype": "float16"}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return folder


def vocabulary_of(texts: list[str], seed: int) -> list[str]:
    """`TOKENS` different tokens: special ones, characters, words by frequency, made-up words for the rest."""
    counts: collections.Counter[str] = collections.Counter()
    for text in texts:
        counts.update(_WORD.findall(text.lower()))
    pieces = [piece for character in _CHARACTERS for piece in (character, f"##{character}")]
    made_up = (name.lower() for name in vocabulary(TOKENS * 2, random.Random(seed)))
    frequent = (word for word, _ in counts.most_common())
    chosen = dict.fromkeys([*_SPECIAL, *pieces, *frequent, *made_up])
    return list(chosen)[:TOKENS]


def tokenizer(tokens: list[str]) -> dict[str, object]:
    """A WordPiece tokenizer in lower case, as BERT's, in the JSON of the tokenizers library."""
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            {
                "id": tokens.index(token),
                "content": token,
                "single_word": False,
                "lstrip": False,
                "rstrip": False,
                "normalized": False,
                "special": True,
            }
            for token in _SPECIAL
        ],
        "normalizer": {
            "type": "BertNormalizer",
            "clean_text": True,
            "handle_chinese_chars": True,
            "strip_accents": None,
            "lowercase": True,
        },
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": None,
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {
            "type": "WordPiece",
            "unk_token": "[UNK]",
            "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100,
            "vocab": {token: number for number, token in enumerate(tokens)},
        },
    }


def safetensors(vectors: np.ndarray[tuple[int, int], np.dtype[np.float16]]) -> bytes:
    """One float16 tensor named "embeddings": the header's length, a JSON header padded to 8 bytes, the values."""
    data = vectors.tobytes()
    described = {"dtype": "F16", "shape": list(vectors.shape), "data_offsets": [0, len(data)]}
    header = json.dumps({"embeddings": described}).encode()
    header += b" " * (-len(header) % 8)
    return len(header).to_bytes(8, "little") + header + data
