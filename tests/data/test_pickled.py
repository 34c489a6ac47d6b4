"""A pickle may hold arrays and nothing else."""

from __future__ import annotations

import os
import pickle
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from edgecnn.data.pickled import read_pickled_batch
from edgecnn.errors import DataError


class _Call:
    """Pickles as a call of a function."""

    def __init__(self, function: Callable[..., object], *arguments: object) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return self.call


@pytest.mark.parametrize("protocol", [0, 2, 5])
@pytest.mark.parametrize(
    ("function", "name"),
    [
        (os.system, "system"),
        (subprocess.call, "call"),
        (eval, "eval"),
        (getattr, "getattr"),
        (np.load, "load"),
    ],
    ids=["os.system", "subprocess", "eval", "getattr", "numpy.load"],
)
def test_a_pickle_that_calls_a_function_is_refused_by_name(
    function: Callable[..., object],
    name: str,
    protocol: int,
) -> None:
    with pytest.raises(DataError, match=rf"\.{name}, which a CIFAR-10 batch does not need: refused"):
        read_pickled_batch(pickle.dumps({b"data": _Call(function, "1"), b"labels": [1]}, protocol=protocol))


def test_a_refused_pickle_has_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.defpath)
    witness = tmp_path / "it-ran"
    content = pickle.dumps({b"data": _Call(os.system, f"touch {witness}"), b"labels": [1]}, protocol=2)
    with pytest.raises(DataError):
        read_pickled_batch(content)
    assert not witness.exists()
    pickle.loads(content)
    assert witness.exists(), "the pickle would not have run anywhere, so the test shows nothing"


def test_labels_may_be_a_list_or_an_array() -> None:
    data = np.arange(2 * 3072).astype(np.uint8).reshape(2, 3072)
    for labels in ([3, 9], np.array([3, 9], np.int64)):
        found, found_labels = read_pickled_batch(pickle.dumps({b"data": data, b"labels": labels}, protocol=2))
        np.testing.assert_array_equal(found, data)
        assert found_labels.dtype == np.uint8
        assert found_labels.tolist() == [3, 9]


@pytest.mark.parametrize("dtype", [np.int8, np.float32, object], ids=["int8", "float32", "object"])
def test_pixels_of_another_type_are_refused(dtype: type) -> None:
    content = pickle.dumps({b"data": np.zeros((1, 3072), dtype), b"labels": [1]}, protocol=2)
    with pytest.raises(DataError, match="not arrays of integers"):
        read_pickled_batch(content)
