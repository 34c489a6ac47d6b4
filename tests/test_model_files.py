"""The table of file formats: every function that it names exists, and files are told by their first bytes."""

from __future__ import annotations

from dataclasses import fields

import pytest

from edgecnn.lazy import Lazy
from edgecnn.model_files import MODEL_FILES, ModelFile, recognize
from edgecnn.models.registry import DEFAULT, shipped_folder

ROWS = pytest.mark.parametrize("row", MODEL_FILES.values(), ids=lambda row: row.format.value)


@ROWS
def test_every_function_that_a_row_names_exists(row: ModelFile) -> None:
    values = [getattr(row, field.name) for field in fields(row)]
    named = [value for value in values if isinstance(value, Lazy)]
    assert named
    assert all(callable(function.resolve()) for function in named)


@ROWS
def test_a_file_is_recognized_by_its_first_bytes_and_marked_by_its_seal(row: ModelFile) -> None:
    content = (shipped_folder(DEFAULT) / f"{DEFAULT}-int8{row.suffix}").read_bytes()
    assert recognize(content) is row
    assert row.mark in content


@pytest.mark.parametrize("content", [b"", b"TFL3", b"\x89PNG\r\n\x1a\n", b"PK\x03\x04"], ids=repr)
def test_other_bytes_have_no_format(content: bytes) -> None:
    assert recognize(content) is None
