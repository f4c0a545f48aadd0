"""A triage model as bytes: a skops file, whose types are checked against a closed list.

Reading needs neither scikit-learn nor skops and runs no code of the file's: a skops file is a zip
of `.npy` arrays and of one JSON description, from which the arrays are taken.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from engine.errors import ModelUnavailable
from engine.triage.model import Classifier, Linear, Scope, TriageModel
from engine.triage.text_features import Tfidf

TRUSTED: Final[tuple[str, ...]] = ()
"""What skops is told to trust beyond scikit-learn's and NumPy's plain types: nothing, ever."""

_ALLOWED = frozenset(
    {
        "builtins.dict",
        "builtins.int",
        "builtins.float",
        "builtins.str",
        "builtins.list",
        "builtins.tuple",
        "builtins.type",
        "builtins.bool",
        "builtins.NoneType",
        "numpy.dtype",
        "numpy.float32",
        "numpy.float64",
        "numpy.int32",
        "numpy.int64",
        "numpy.ndarray",
        "sklearn.feature_extraction.text.TfidfTransformer",
        "sklearn.feature_extraction.text.TfidfVectorizer",
        "sklearn.isotonic.IsotonicRegression",
        "sklearn.linear_model._logistic.LogisticRegression",
        "sklearn.pipeline.Pipeline",
        "sklearn.preprocessing._data.StandardScaler",
        "sklearn.svm._classes.LinearSVC",
    }
)
_LOADERS = frozenset(
    {"DictNode", "JsonNode", "ListNode", "NdArrayNode", "ObjectNode", "TupleNode", "TypeNode"}
)
_MOST_BYTES = 512 * 1024 * 1024
_DEEPEST = 60

Array = NDArray[Any]


def dump_parts(parts: Mapping[str, Any]) -> bytes:
    """The parts of a `FittedTriage` as a skops file.

    Raises: ModelUnavailable where they hold a type that could not be read again.
    """
    import skops.io

    body = bytes(skops.io.dumps(dict(parts), compression=zipfile.ZIP_DEFLATED, compresslevel=6))
    read_model(body)
    return body


def load_parts(body: bytes) -> dict[str, Any]:
    """The parts as scikit-learn's own objects, for what needs those; slower than `read_model`.

    Raises: ModelUnavailable, also for a type that is not on the closed list.
    """
    import skops.io

    _read(body)
    parts: dict[str, Any] = skops.io.loads(body, trusted=list(TRUSTED))
    return parts


def read_model(body: bytes, *, sha256: str | None = None) -> TriageModel:
    """The model in a file's bytes.

    sha256: hex digest that the bytes must have; None where nothing vouches for them.

    Raises: ModelUnavailable for bytes that were changed, that are no skops file (a pickle is none),
    that hold an unknown type or lack a part; the sentence does not name where they came from.
    """
    digest = hashlib.sha256(body).hexdigest()
    if sha256 is not None and digest != sha256:
        raise ModelUnavailable(
            "the triage model was changed after it was trained (its hash is another); train it "
            "again with `deskhand triage train`"
        )
    parts = _read(body)
    try:
        return _model(parts, digest[:16])
    except (KeyError, ValueError, TypeError, IndexError, AttributeError, zipfile.BadZipFile):
        raise ModelUnavailable(
            "the triage model lacks a part that this version reads; train it again with "
            "`deskhand triage train`"
        ) from None


def _read(body: bytes) -> _Node:
    try:
        archive = zipfile.ZipFile(io.BytesIO(body))
        if sum(member.file_size for member in archive.infolist()) > _MOST_BYTES:
            raise ModelUnavailable("the triage model is larger than any this version makes")
        schema = json.loads(archive.read("schema.json"))
        types = set(_types(schema, 0))
    except (zipfile.BadZipFile, KeyError, ValueError, RecursionError, TypeError, AttributeError):
        raise ModelUnavailable(
            "the triage model is no skops file; train it again with `deskhand triage train`"
        ) from None
    unknown = sorted(types - _ALLOWED)
    if unknown:
        raise ModelUnavailable(
            f"the triage model holds the type {unknown[0][:80]}, which no model of ours does; it "
            "was not loaded, train it again with `deskhand triage train`"
        )
    return _Node(archive, schema)


def _types(node: Any, depth: int) -> Iterator[str]:
    """Every type that a description names.  Raises: ValueError for one that cannot be ours."""
    if depth > _DEEPEST:
        raise ValueError("nested too deeply")
    if isinstance(node, dict):
        if isinstance(node.get("__loader__"), str):  # not a vocabulary that has the word
            if node["__loader__"] not in _LOADERS:
                yield str(node["__loader__"])
            yield f"{node['__module__']}.{node['__class__']}"
        for value in node.values():
            if isinstance(value, (dict, list)):
                yield from _types(value, depth + 1)
    elif isinstance(node, list):
        for value in node:
            if isinstance(value, (dict, list)):
                yield from _types(value, depth + 1)


@dataclass(frozen=True, slots=True)
class _Node:
    """A place in the description: what stands below a name, and the values at the ends."""

    archive: zipfile.ZipFile
    node: Any

    def __getitem__(self, name: str | int) -> _Node:
        content = self.node["content"]
        if isinstance(content, dict) and isinstance(
            content.get("__loader__"), str
        ):  # an object's attributes
            content = content["content"]
        return _Node(self.archive, content[name])

    def __contains__(self, name: str) -> bool:
        return name in self.node["content"]

    def array(self) -> Array:
        return np.asarray(
            np.load(io.BytesIO(self.archive.read(self.node["file"])), allow_pickle=False)
        )

    def value(self) -> Any:
        return json.loads(self.node["content"])

    def labels(self) -> tuple[str, ...]:
        """Of an array of strings, which skops keeps as JSON where its type is object."""
        if self.node.get("type") == "json":
            items = self.node["content"]
            return tuple(json.loads(item["content"]) for item in items)
        return tuple(str(label) for label in self.array())

    def integers(self) -> dict[str, int]:
        """Of a dict from strings to integers."""
        return {name: int(item["content"]) for name, item in self.node["content"].items()}


def _model(parts: _Node, version: str) -> TriageModel:
    steps = parts["scope"]["steps"]
    scaler, logistic = steps[0][1], steps[1][1]
    return TriageModel(
        version=version,
        words=_tfidf(parts["words"]),
        characters=_tfidf(parts["characters"]),
        category=_classifier(parts["category"]),
        priority=_classifier(parts["priority"]) if "priority" in parts else None,
        scope=Scope(
            exemplars=parts["exemplars"].array().astype(np.float32),
            centroids=parts["centroids"].array().astype(np.float32),
            outsiders=parts["outsiders"].array().astype(np.float32),
            direct=_linear(parts["direct"]) if "direct" in parts else None,
            mean=scaler["mean_"].array(),
            scale=scaler["scale_"].array(),
            weights=logistic["coef_"].array()[0],
            bias=float(logistic["intercept_"].array()[0]),
        ),
    )


def _tfidf(node: _Node) -> Tfidf:
    shortest, longest = (node["ngram_range"][n].value() for n in (0, 1))
    return Tfidf(
        vocabulary=node["vocabulary_"].integers(),
        idf=node["_tfidf"]["idf_"].array().astype(np.float32),
        characters=node["analyzer"].value() == "char_wb",
        shortest=shortest,
        longest=longest,
    )


def _classifier(node: _Node) -> Classifier:
    linear = _linear(node["linear"])
    if linear.weights.shape[1] == 1:  # of two classes scikit-learn keeps the second's score
        linear = Linear(
            weights=np.concatenate([-linear.weights, linear.weights], axis=1),
            bias=np.concatenate([-linear.bias, linear.bias]),
        )
    labels = node["linear"]["classes_"].labels()
    if len(labels) != linear.weights.shape[1]:
        raise ValueError("labels and scores differ in number")
    curve = None
    if "reliability" in node:
        points = node["reliability"]
        curve = np.stack([points["X_thresholds_"].array(), points["y_thresholds_"].array()])
    return Classifier(
        labels=labels,
        linear=linear,
        inverse_temperature=float(node["inverse_temperature"].value()),
        curve=None if curve is None else curve.astype(np.float64),
    )


def _linear(node: _Node) -> Linear:
    return Linear(
        weights=np.ascontiguousarray(node["coef_"].array().T, np.float32),
        bias=np.atleast_1d(node["intercept_"].array()).astype(np.float32),
    )
