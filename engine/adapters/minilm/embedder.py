"""The shipped embedder: all-MiniLM-L6-v2 in int8 on ONNX Runtime, without a network."""

from __future__ import annotations

import asyncio
import hashlib
import os
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from engine.errors import ModelUnavailable

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

MODEL_FILE: Final = "model.int8.onnx"
TOKENIZER_FILE: Final = "tokenizer.json"
CHECKSUMS_FILE: Final = "CHECKSUMS"

DIMENSION: Final = 384
MAX_TOKENS: Final = 256
BATCH_TOKENS: Final = 512  # texts x padded length; more is slower, and a query waits longer
MAX_CHARS: Final = 20_000  # far more than 256 word pieces; bounds the work on a huge text
CLS_ID: Final = 101
SEP_ID: Final = 102

REBUILD: Final = "reinstall Deskhand, or run `python -m engine.adapters.minilm.build`"


class MiniLmEmbedder:
    """Fills the `Embedder` port with the model in this folder.

    The model loads at the first use, in a thread (about 0.3 s). Queries and bulk work have
    their own threads, and bulk work yields between batches, so that a query never waits for
    more than a share of the processor. A text's vector does not depend on its batch.

    Raises: ModelUnavailable at once if `CHECKSUMS` is missing, at first use if a model file is
    missing or is not the one `CHECKSUMS` names. RuntimeError on use after `aclose`.
    """

    def __init__(self, folder: Path | None = None, *, threads: int | None = None) -> None:
        """folder: where the model's files lie; None is the folder of this module.
        threads: processor threads for one call of the model; None is the cores, at most 4.
        """
        self._folder = folder or Path(__file__).parent
        self._checksums = _read_checksums(self._folder)
        self._threads = threads or min(4, os.cpu_count() or 1)
        self._load_lock = threading.Lock()
        self._model: tuple[Tokenizer, InferenceSession] | None = None
        self._closed = False
        self._query_threads = ThreadPoolExecutor(2, thread_name_prefix="minilm-query")
        # One thread: at most one bulk batch is in flight, whoever asks for it.
        self._bulk_thread = ThreadPoolExecutor(1, thread_name_prefix="minilm-bulk")
        self.name: str = "minilm-l6-v2-int8"
        self.version: str = self._checksums[MODEL_FILE][:12]
        self.dimension: int = DIMENSION
        self.max_tokens: int = MAX_TOKENS

    async def embed_query(self, text: str) -> NDArray[np.float32]:
        """One text as a vector of shape (384,) and length 1; an empty text has one too."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._query_threads, self._embed_one, text)

    async def embed_many(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Texts as rows of length 1, shape (len(texts), 384), in the order given."""
        vectors = np.empty((len(texts), DIMENSION), np.float32)
        if not texts:
            return vectors
        loop = asyncio.get_running_loop()
        ids = await loop.run_in_executor(self._bulk_thread, self._token_ids, texts)
        for rows in _batches([len(each) for each in ids]):
            batch = [ids[row] for row in rows]
            vectors[rows] = await loop.run_in_executor(self._bulk_thread, self._run, batch)
        return vectors

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Word pieces of each text, not truncated, without [CLS] and [SEP].

        Runs in the caller's thread, about 1.2 ms for 2,500 characters; loads the model if needed.
        """
        tokenizer, _ = self._loaded()
        encodings = tokenizer.encode_batch_fast(
            [_well_formed(text) for text in texts], add_special_tokens=False
        )
        return [len(encoding) for encoding in encodings]

    async def aclose(self) -> None:
        """Ends the threads after the batch they are at, and frees the model; idempotent."""
        self._closed = True
        self._query_threads.shutdown(wait=False, cancel_futures=True)
        self._bulk_thread.shutdown(wait=False, cancel_futures=True)
        self._model = None

    def _loaded(self) -> tuple[Tokenizer, InferenceSession]:
        model = self._model
        if model is not None:
            return model
        with self._load_lock:
            if self._closed:
                raise RuntimeError("the embedder is closed")
            if self._model is None:
                self._model = _load(self._folder, self._checksums, self._threads)
            return self._model

    def _token_ids(self, texts: Sequence[str]) -> list[list[int]]:
        tokenizer, _ = self._loaded()
        encodings = tokenizer.encode_batch_fast(
            [_well_formed(text[:MAX_CHARS]) for text in texts], add_special_tokens=False
        )
        return [[CLS_ID, *encoding.ids[:MAX_TOKENS], SEP_ID] for encoding in encodings]

    def _run(self, batch: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        """Token ids of a few texts -> unit rows of shape (len(batch), 384)."""
        _, session = self._loaded()
        shape = (len(batch), max(len(ids) for ids in batch))
        input_ids = np.zeros(shape, np.int64)
        mask = np.zeros(shape, np.int64)
        for row, ids in enumerate(batch):
            input_ids[row, : len(ids)] = ids
            mask[row, : len(ids)] = 1
        (vectors,) = session.run(None, {"input_ids": input_ids, "attention_mask": mask})
        return np.asarray(vectors, np.float32)

    def _embed_one(self, text: str) -> NDArray[np.float32]:
        vector: NDArray[np.float32] = self._run(self._token_ids([text]))[0]
        return vector


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Groups of row numbers of similar length, longest first, each within BATCH_TOKENS padded."""
    order = sorted(range(len(lengths)), key=lambda row: -lengths[row])
    starts = [0]
    while starts[-1] < len(order):
        padded = lengths[order[starts[-1]]]
        starts.append(min(len(order), starts[-1] + max(1, BATCH_TOKENS // padded)))
    for start, end in pairwise(starts):
        yield order[start:end]


def _well_formed(text: str) -> str:
    """Text that can be UTF-8: surrogate pairs joined, lone surrogates as U+FFFD."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _read_checksums(folder: Path) -> dict[str, str]:
    try:
        lines = (folder / CHECKSUMS_FILE).read_text().splitlines()
        sums = {name: digest for digest, name in (line.split() for line in lines)}
        return {name: sums[name] for name in (MODEL_FILE, TOKENIZER_FILE)}
    except (OSError, ValueError, KeyError) as error:
        raise ModelUnavailable(
            f"The embedding model's {CHECKSUMS_FILE} in {folder} cannot be read; {REBUILD}."
        ) from error


def _load(
    folder: Path, checksums: dict[str, str], threads: int
) -> tuple[Tokenizer, InferenceSession]:
    for name, expected in checksums.items():
        try:
            with (folder / name).open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise ModelUnavailable(
                f"The embedding model's {name} in {folder} cannot be read; {REBUILD}."
            ) from error
        if found != expected:
            raise ModelUnavailable(
                f"The embedding model's {name} in {folder} is damaged; {REBUILD}."
            )
    # Here and not above: importing them costs 0.1 s that most commands need not pay.
    import onnxruntime
    from tokenizers import Tokenizer

    onnxruntime.set_default_logger_severity(4)  # fatal only; faults arrive as exceptions
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # No spinning: idle threads would burn the cores that the bot and bulk work share.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        session = onnxruntime.InferenceSession(
            folder / MODEL_FILE, options, providers=["CPUExecutionProvider"]
        )
        return Tokenizer.from_file(str(folder / TOKENIZER_FILE)), session
    except Exception as error:  # ONNX Runtime and tokenizers raise untyped exceptions
        raise ModelUnavailable(
            f"The embedding model in {folder} cannot be loaded by ONNX Runtime "
            f"{onnxruntime.__version__} on this machine; {REBUILD}."
        ) from error
