from __future__ import annotations

import io
import json
import pickle
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
import skops.io
from sklearn.cluster import KMeans

from engine.errors import ModelUnavailable
from engine.triage.model_file import TRUSTED, dump_parts, load_parts, read_model
from engine.triage.training import fit_triage


@pytest.fixture(scope="module")
def parts(make_examples: Callable[..., Any]) -> dict[str, Any]:
    return fit_triage(*make_examples("it", "hr", "billing", "out_of_scope"), seed=7).parts()


@pytest.fixture(scope="module")
def body(parts: dict[str, Any]) -> bytes:
    return dump_parts(parts)


def assert_refused(body: bytes, words: str, sha256: str | None = None) -> None:
    with pytest.raises(ModelUnavailable, match=words) as caught:
        read_model(body, sha256=sha256)
    assert "\n" not in str(caught.value)


class Bomb:
    def __reduce__(self) -> Any:
        return (pytest.fail, ("code of the file's was run",))


def test_nothing_is_trusted_beyond_plain_types(body: bytes) -> None:
    assert TRUSTED == ()
    assert skops.io.get_untrusted_types(data=body) == []


def test_a_pickle_is_refused(parts: dict[str, Any]) -> None:
    assert_refused(pickle.dumps({"words": Bomb()}), "is no skops file")
    with pytest.raises(ModelUnavailable, match="is no skops file"):
        load_parts(pickle.dumps(Bomb()))


@pytest.mark.parametrize("body", [b"", b"PK", b"x" * 1000], ids=["empty", "zip mark", "noise"])
def test_bytes_that_are_no_archive_are_refused(body: bytes) -> None:
    assert_refused(body, "is no skops file")


@pytest.mark.parametrize(
    ("part", "name"),
    [(KMeans(), "sklearn.cluster._kmeans.KMeans"), (print, "print"), ({1, 2}, "SetNode")],
    ids=["estimator", "function", "set"],
)
def test_an_unknown_type_is_refused_by_name(parts: dict[str, Any], part: Any, name: str) -> None:
    changed = skops.io.dumps({**parts, "more": part})
    assert_refused(changed, name)
    with pytest.raises(ModelUnavailable, match="holds the type"):
        load_parts(changed)
    with pytest.raises(ModelUnavailable, match="holds the type"):
        dump_parts({**parts, "more": part})


def test_an_unknown_loader_is_refused(body: bytes) -> None:
    def change(schema: dict[str, Any]) -> None:
        schema["content"]["words"]["__loader__"] = "MethodNode"

    assert_refused(_changed(body, change), "holds the type MethodNode")


def test_a_part_that_is_missing_is_told(parts: dict[str, Any]) -> None:
    for name in ("words", "category", "scope", "exemplars"):
        less = skops.io.dumps({k: v for k, v in parts.items() if k != name})
        assert_refused(less, "lacks a part")


def test_a_deep_description_is_refused(body: bytes) -> None:
    def change(schema: dict[str, Any]) -> None:
        node: dict[str, Any] = schema
        for _ in range(200):
            node["deeper"] = {}
            node = node["deeper"]

    assert_refused(_changed(body, change), "is no skops file")


def test_changed_bytes_are_refused(body: bytes) -> None:
    import hashlib

    digest = hashlib.sha256(body).hexdigest()
    assert read_model(body, sha256=digest).version == digest[:16]
    assert_refused(body + b"\0", "was changed after it was trained", sha256=digest)
    assert_refused(body, "was changed after it was trained", sha256="")


def test_an_object_array_is_not_unpickled(body: bytes) -> None:
    source = zipfile.ZipFile(io.BytesIO(body))
    out = io.BytesIO()
    import numpy as np

    with zipfile.ZipFile(out, "w") as sink:
        for name in source.namelist():
            raw = source.read(name)
            if name.endswith(".npy"):
                made = io.BytesIO()
                np.save(made, np.array([Bomb()], object), allow_pickle=True)
                raw = made.getvalue()
            sink.writestr(name, raw)
    assert_refused(out.getvalue(), "lacks a part")


def test_a_vocabulary_may_hold_any_word(make_examples: Callable[..., Any]) -> None:
    from dataclasses import replace

    examples, vectors = make_examples("it", "hr", priority=False)
    odd = [replace(e, text=f"{e.text} __loader__ __class__ content file type") for e in examples]
    model = read_model(dump_parts(fit_triage(odd, vectors, seed=7).parts()))
    assert "__loader__" in model.words.vocabulary


def _changed(body: bytes, change: Callable[[dict[str, Any]], None]) -> bytes:
    source = zipfile.ZipFile(io.BytesIO(body))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as sink:
        for name in source.namelist():
            raw = source.read(name)
            if name == "schema.json":
                schema = json.loads(raw)
                change(schema)
                raw = json.dumps(schema).encode()
            sink.writestr(name, raw)
    return out.getvalue()
