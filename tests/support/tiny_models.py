"""Real models of a few kilobytes, in the layouts of the tools that write large ones."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

WORDS = ("[PAD]", "[UNK]", "[CLS]", "retry", "delay", "parse", "config", "file", "def", "return", "server")
DIMS = 64


def table(rows: int = len(WORDS), dims: int = DIMS, seed: int = 0) -> np.ndarray[Any, np.dtype[np.float32]]:
    """A vector of each word."""
    return np.random.default_rng(seed).standard_normal((rows, dims)).astype(np.float32)


def write_tokenizer(folder: Path, words: Sequence[str] = WORDS, *, leading: str = "") -> None:
    """tokenizer.json: whole words and single marks, lower case; `leading` is put before each text."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    numbers = {word: number for number, word in enumerate(words)}
    tokenizer = Tokenizer(models.WordLevel(numbers, unk_token="[UNK]"))  # noqa: S106  no password
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    if leading:
        tokenizer.post_processor = processors.TemplateProcessing(
            single=f"{leading} $A", special_tokens=[(leading, numbers[leading])]
        )
    tokenizer.save(str(folder / "tokenizer.json"))


def write_safetensors(path: Path, tensors: Mapping[str, np.ndarray[Any, Any]]) -> None:
    """The format by hand: length of the header, header, tensors."""
    names = {
        "float32": "F32",
        "float16": "F16",
        "int8": "I8",
        "int64": "I64",
        "float64": "F64",
        "int32": "I32",
    }
    header, at = {}, 0
    for name, array in tensors.items():
        end = at + array.nbytes
        header[name] = {
            "dtype": names[array.dtype.name],
            "shape": list(array.shape),
            "data_offsets": [at, end],
        }
        at = end
    text = json.dumps({"__metadata__": {"made": "by hand"}, **header}).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(
        len(text).to_bytes(8, "little") + text + b"".join(one.tobytes() for one in tensors.values())
    )


def write_model2vec(folder: Path, **more: Any) -> Path:
    """A Model2Vec folder; `more` goes into its configuration."""
    folder.mkdir(parents=True)
    write_tokenizer(folder)
    write_safetensors(folder / "model.safetensors", {"embeddings": table()})
    (folder / "config.json").write_text(json.dumps({"model_type": "model2vec", "normalize": True, **more}))
    return folder


def write_onnx(
    folder: Path, *, pooled: bool = False, extra_input: str = "", pooling: str = "", hungry: bool = False
) -> Path:
    """A model that looks up a vector for each token: ``last_hidden_state``, with `pooled` ``sentence_embedding``, their
    sum, too.  With `first` the pooling configuration says that the first token stands for the text."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    folder.mkdir(parents=True)
    write_tokenizer(folder, leading="[CLS]" if pooling else "")
    names = ["input_ids", "attention_mask", *([extra_input] if extra_input else [])]
    inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, ["n", "t"]) for name in names]
    states = helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, ["n", "t", DIMS])
    nodes = [helper.make_node("Gather", ["table", "input_ids"], ["last_hidden_state"])]
    if hungry:
        nodes = [
            helper.make_node("Gather", ["table", "input_ids"], ["rows"]),
            helper.make_node("Expand", ["rows", "huge"], ["expanded"]),
            helper.make_node("ReduceMax", ["expanded"], ["last_hidden_state"], axes=[0], keepdims=0),
        ]
    outputs = [states]
    if pooled:
        nodes.append(
            helper.make_node("ReduceSum", ["last_hidden_state", "axis"], ["sentence_embedding"], keepdims=0)
        )
        outputs.append(helper.make_tensor_value_info("sentence_embedding", TensorProto.FLOAT, ["n", DIMS]))
    constants = [
        numpy_helper.from_array(table(), "table"),
        numpy_helper.from_array(np.array([1], np.int64), "axis"),
        numpy_helper.from_array(np.array([1 << 40, 1, 1, 1], np.int64), "huge"),
    ]
    graph = helper.make_graph(nodes, "tiny", inputs, outputs, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, str(folder / "model.onnx"))
    (folder / "config.json").write_text(json.dumps({"max_position_embeddings": 16}))
    if pooling:
        (folder / "1_Pooling").mkdir()
        (folder / "1_Pooling" / "config.json").write_text(json.dumps({"pooling_mode": pooling}))
    return folder
