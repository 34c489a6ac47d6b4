"""The exception tree and the texts that end error messages."""

from __future__ import annotations

import re

import pytest

from edgecnn import errors
from edgecnn.errors import EdgecnnError, nearest

CLASSES = [value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, EdgecnnError)]


def _drawn() -> list[tuple[int, str, str]]:
    """Return depth, name and remark of each class in the module's drawing."""
    found = re.findall(r"^    ((?:[│ ]   )*(?:[├└]── )?)(\w+Error) +(.+)$", errors.__doc__ or "", re.MULTILINE)
    return [(len(branch) // 4, name, remark) for branch, name, remark in found]


def _real(root: type[EdgecnnError], depth: int = 0) -> list[tuple[int, str]]:
    """Return depth and name of a class and of all below it, depth first."""
    below = [kind for kind in root.__subclasses__() if kind in CLASSES]
    return [(depth, root.__name__)] + [line for kind in below for line in _real(kind, depth + 1)]


def test_the_tree_in_the_docstring_is_the_real_one() -> None:
    assert [(depth, name) for depth, name, _ in _drawn()] == _real(EdgecnnError)
    assert len(_drawn()) == len(CLASSES)


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_all_but_a_gate_that_did_not_hold_and_ctrl_c_exit_with_1(kind: type[EdgecnnError]) -> None:
    assert kind.exit_status == {errors.GateError: 3, errors.StoppedError: 130}.get(kind, 1)


def test_the_exit_statuses_in_the_drawing_are_the_real_ones() -> None:
    for _, name, remark in _drawn():
        if status := re.search(r"exit status (\d+)", remark):
            assert getattr(errors, name).exit_status == int(status[1])


def test_every_exception_of_the_module_is_in_the_tree() -> None:
    exceptions = {value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, Exception)}
    assert exceptions == set(CLASSES)


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_no_error_is_one_of_the_builtin_kinds_for_programmers_mistakes(kind: type[Exception]) -> None:
    assert not issubclass(kind, (ValueError, TypeError, OSError))


def test_nearest_names_the_closest_known_name() -> None:
    assert nearest("litrt", ["onnxruntime", "litert"]) == "; did you mean 'litert'?"


def test_nearest_lists_all_names_in_order_when_none_is_close() -> None:
    assert nearest("zzz", ["keras", "abacus"]) == "; known: abacus, keras"


def test_nearest_says_nothing_when_nothing_is_known() -> None:
    assert nearest("zzz", []) == ""
