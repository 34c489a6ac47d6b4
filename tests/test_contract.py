"""Reading a contract: what fits is given back, what does not is refused in one line."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edgecnn.container import attach
from edgecnn.contract import MAX_MODEL_BYTES, Contract, Preprocessing, read_contract, seal
from edgecnn.errors import ArtifactError, ContractError
from edgecnn.schema import encode
from edgecnn.spec import Format, TensorSpec
from tests.conftest import PATIENCE

FORMATS = pytest.mark.parametrize("file_format", [Format.TFLITE, Format.ONNX], ids=lambda one: one.value)
Payloads = dict[Format, bytes]
Contracts = dict[Format, Contract]
WriteText = Callable[[Format, str], Path]


@pytest.fixture
def write_text(payloads: Payloads, tmp_path: Path) -> WriteText:
    """Return what writes a model file whose contract is any text."""

    def write(file_format: Format, text: str) -> Path:
        path = tmp_path / "strange"
        path.write_bytes(attach(file_format, payloads[file_format], text, ()))
        return path

    return write


@FORMATS
def test_a_sealed_file_gives_back_its_contract(
    payloads: Payloads, contracts: Contracts, file_format: Format, tmp_path: Path
) -> None:
    path = tmp_path / "any name will do"
    path.write_bytes(seal(payloads[file_format], contracts[file_format]))
    assert read_contract(path) == contracts[file_format]
    assert read_contract(str(path)) == contracts[file_format]


@FORMATS
def test_a_quantized_contract_keeps_every_bit_of_its_scales(
    payloads: Payloads, contracts: Contracts, file_format: Format, tmp_path: Path
) -> None:
    contract = replace(
        contracts[file_format],
        input=TensorSpec("images", (4, 2, 2, 1), "int8", 0.9999999776482582, -128),
        output=TensorSpec("scores", (4, 3), "uint8", 0.003921568859368563, 255),
        preprocessing=Preprocessing(colour="L"),
    )
    path = tmp_path / "quantized"
    path.write_bytes(seal(payloads[file_format], contract))
    assert read_contract(path) == contract


@FORMATS
def test_reading_needs_no_third_party_package(
    payloads: Payloads,
    contracts: Contracts,
    file_format: Format,
    tmp_path: Path,
    start_python: Callable[..., subprocess.Popen[str]],
) -> None:
    path = tmp_path / "sealed"
    path.write_bytes(seal(payloads[file_format], contracts[file_format]))
    script = (
        "import sys\n"
        "for name in ('numpy', 'PIL', 'onnx', 'click', 'rich', 'tensorflow'): sys.modules[name] = None\n"
        "from edgecnn.contract import read_contract\n"
        "print(read_contract(sys.argv[1]).origin.name)"
    )
    assert start_python(script, str(path)).communicate(timeout=PATIENCE)[0] == "tiny\n"


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match=r"^no such model file: .*/nothing.onnx$"):
        read_contract(tmp_path / "nothing.onnx")


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "empty.onnx"
    path.touch()
    with pytest.raises(ArtifactError, match=r"empty\.onnx is empty; export"):
        read_contract(path)


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="Is a directory"):
        read_contract(tmp_path)


def test_a_name_too_long_for_the_file_system_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="File name too long"):
        read_contract(tmp_path / ("x" * 5000))


def test_a_file_above_the_formats_limit_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "sparse.onnx"
    path.touch()
    os.truncate(path, MAX_MODEL_BYTES + 1)
    with pytest.raises(ArtifactError, match="larger than 2 GiB"):
        read_contract(path)


@FORMATS
def test_a_model_of_another_tool_has_no_contract(payloads: Payloads, file_format: Format, tmp_path: Path) -> None:
    path = tmp_path / "foreign"
    path.write_bytes(payloads[file_format])
    with pytest.raises(ContractError, match=r"has no contract: .*edgecnn export"):
        read_contract(path)


@pytest.mark.parametrize("content", [b"hello, world\n", b"\x89PNG\r\n\x1a\n", b"PK\3\4", b"\x0a\x02hi"], ids=repr)
def test_a_file_that_is_no_model_is_called_so(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(content)
    with pytest.raises(ArtifactError, match="neither a TFLite nor an ONNX model"):
        read_contract(path)


IMAGE = TensorSpec("images", (1, 2, 2, 3), "float32")
SCORE = TensorSpec("scores", (1, 3), "float32")


@FORMATS
@pytest.mark.parametrize(
    "change",
    [
        {"labels": ("cat", "dog")},
        {"labels": ()},
        {"input": replace(IMAGE, shape=(2, 2, 3))},
        {"input": replace(IMAGE, shape=())},
        {"input": replace(IMAGE, shape=(1, 0, 2, 3))},
        {"input": replace(IMAGE, shape=(1, -2, 2, 3))},
        {"input": replace(IMAGE, shape=(1, 2, 2, 2))},
        {"input": replace(IMAGE, shape=(4, 2, 2, 3))},
        {"input": replace(IMAGE, dtype="float16")},
        {"input": replace(IMAGE, dtype="O")},
        {"input": replace(IMAGE, scale=0.5)},
        {"input": replace(IMAGE, zero_point=1)},
        {"output": replace(SCORE, shape=(1, 4))},
        {"output": replace(SCORE, shape=(3,))},
        {"output": replace(SCORE, shape=(1, 1, 3))},
        {"output": replace(SCORE, dtype="uint8", scale=0.0)},
        {"output": replace(SCORE, dtype="uint8", scale=-1.0)},
        {"output": replace(SCORE, dtype="uint8", scale=float("nan"))},
        {"output": replace(SCORE, dtype="uint8", scale=float("inf"))},
        {"output": replace(SCORE, dtype="uint8", zero_point=-1)},
        {"output": replace(SCORE, dtype="int8", zero_point=128)},
        {"output": replace(SCORE, dtype="int8", zero_point=10**30)},
    ],
    ids=str,
)
def test_a_contract_that_contradicts_itself_is_refused(
    payloads: Payloads, contracts: Contracts, file_format: Format, change: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / "contradiction"
    path.write_bytes(seal(payloads[file_format], replace(contracts[file_format], **change)))
    with pytest.raises(ContractError, match="contradicts itself"):
        read_contract(path)


@FORMATS
@pytest.mark.parametrize("claimed", list(Format), ids=lambda one: one.value)
def test_a_contract_of_another_format_than_the_file_is_refused(
    write_text: WriteText, contracts: Contracts, file_format: Format, claimed: Format
) -> None:
    path = write_text(file_format, json.dumps(encode(replace(contracts[file_format], format=claimed))))
    if claimed is file_format:
        assert read_contract(path) == contracts[file_format]
        return
    with pytest.raises(ContractError, match="contradicts itself"):
        read_contract(path)


@pytest.mark.parametrize(
    "wish",
    [
        Preprocessing(colour="L"),
        Preprocessing(layout="CHWN"),
        Preprocessing(scale=(1.0, 2.0)),
        Preprocessing(scale=(0.0,)),
        Preprocessing(offset=(float("inf"),)),
        Preprocessing(resize="sinc"),
        Preprocessing(fit="letterbox"),
    ],
    ids=str,
)
def test_a_preprocessing_that_this_edgecnn_does_not_do_is_refused(
    payloads: Payloads, contracts: Contracts, wish: Preprocessing, tmp_path: Path
) -> None:
    """It would be ignored, and the model fed wrong without a word."""
    path = tmp_path / "wish"
    path.write_bytes(seal(payloads[Format.ONNX], replace(contracts[Format.ONNX], preprocessing=wish)))
    with pytest.raises(ContractError, match="update edgecnn"):
        read_contract(path)


@FORMATS
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema_version": 3}, "schema version 3 is newer than 2; update edgecnn"),
        ({"schema_version": None}, "no schema_version"),
        ({"labels": None}, "labels is NoneType, not tuple"),
        ({"precision": "int4"}, "precision is 'int4', not one of float32, float16, int8-dynamic, int8, int16x8"),
    ],
    ids=str,
)
def test_a_contract_that_cannot_be_read_says_why(
    write_text: WriteText, contracts: Contracts, file_format: Format, change: dict[str, Any], message: str
) -> None:
    path = write_text(file_format, json.dumps({**encode(contracts[file_format]), **change}))
    with pytest.raises(ContractError, match=f"the contract inside .*strange cannot be read: {message}$"):
        read_contract(path)


@FORMATS
@pytest.mark.parametrize("text", ["", "{", "[" * 100_000], ids=["empty", "open", "deep"])
def test_a_contract_that_is_not_json_is_refused(write_text: WriteText, file_format: Format, text: str) -> None:
    with pytest.raises(ContractError, match="not JSON"):
        read_contract(write_text(file_format, text))


@FORMATS
def test_a_huge_contract_is_refused(
    payloads: Payloads, contracts: Contracts, file_format: Format, tmp_path: Path
) -> None:
    path = tmp_path / "huge"
    made_with = {str(number): "x" * 1000 for number in range(5000)}
    path.write_bytes(seal(payloads[file_format], replace(contracts[file_format], made_with=made_with)))
    with pytest.raises(ArtifactError, match="larger than 4194304 bytes"):
        read_contract(path)


@FORMATS
def test_a_contract_with_fields_of_a_later_edgecnn_is_read(
    write_text: WriteText, contracts: Contracts, file_format: Format
) -> None:
    path = write_text(file_format, json.dumps({**encode(contracts[file_format]), "later": {"x": [1]}}))
    assert read_contract(path) == contracts[file_format]
