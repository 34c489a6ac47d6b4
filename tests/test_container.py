"""The bytes of a sealed file: other tools still read it, and no damage gets past."""

from __future__ import annotations

import hashlib
import io
import random
import re
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest

from edgecnn.container import SEAL_BYTES, ContainerError, attach, split
from edgecnn.contract import Contract, read_contract, seal
from edgecnn.errors import ArtifactError
from edgecnn.spec import Format

FORMATS = pytest.mark.parametrize("file_format", [Format.TFLITE, Format.ONNX], ids=lambda one: one.value)
Payloads = dict[Format, bytes]
Contracts = dict[Format, Contract]


def _refusal(path: Path, content: bytes) -> str:
    """Return the message with which `content` is refused; fails if it is read or anything else is raised."""
    path.write_bytes(content)
    with pytest.raises(ArtifactError) as caught:
        read_contract(path)
    return str(caught.value)


def _strangers_seal(front: bytes, start: int, length: int, size: int) -> bytes:
    """Return a file whose checksum is right, whatever its seal says: anyone can compute one."""
    head = front + b"edgecnn:%012d%012d%012d" % (start, length, size)
    return head + hashlib.sha256(head).hexdigest().encode()


@FORMATS
def test_split_gives_back_what_attach_was_given(payloads: Payloads, file_format: Format) -> None:
    content = attach(file_format, payloads[file_format], '{"é": 1}', ("cat",))
    assert split(content) == (file_format, payloads[file_format], '{"é": 1}')


@FORMATS
def test_the_payload_stays_in_front_byte_for_byte(
    payloads: Payloads, contracts: Contracts, file_format: Format
) -> None:
    assert seal(payloads[file_format], contracts[file_format]).startswith(payloads[file_format])


@FORMATS
def test_the_same_model_and_contract_give_the_same_file(
    payloads: Payloads, contracts: Contracts, file_format: Format
) -> None:
    assert len({seal(payloads[file_format], contracts[file_format]) for _ in range(3)}) == 1


@FORMATS
def test_the_file_ends_in_the_sha256_of_all_before_it(
    payloads: Payloads, contracts: Contracts, file_format: Format
) -> None:
    content = seal(payloads[file_format], contracts[file_format])
    assert content[-64:].decode() == hashlib.sha256(content[:-64]).hexdigest()


@FORMATS
def test_every_truncation_is_refused(
    payloads: Payloads, contracts: Contracts, file_format: Format, tmp_path: Path
) -> None:
    content = seal(payloads[file_format], contracts[file_format])
    path = tmp_path / f"cut.{file_format.value}"
    for length in range(len(content)):
        message = _refusal(path, content[:length])
        assert re.fullmatch(f"(the contract inside )?{re.escape(str(path))} .+", message), length


@FORMATS
@pytest.mark.parametrize("flip", [0x01, 0x20, 0x80, 0xFF], ids=hex)
def test_every_changed_byte_is_refused(
    payloads: Payloads, contracts: Contracts, file_format: Format, flip: int, tmp_path: Path
) -> None:
    """Not one byte is redundant: zip timestamps, labels.txt and the JSON's blanks are under the checksum too."""
    content = bytearray(seal(payloads[file_format], contracts[file_format]))
    path = tmp_path / f"changed.{file_format.value}"
    for position in range(len(content)):
        content[position] ^= flip
        message = _refusal(path, bytes(content))
        assert re.fullmatch(f"(the contract inside )?{re.escape(str(path))} .+", message), position
        content[position] ^= flip
    path.write_bytes(content)
    assert read_contract(path) == contracts[file_format]


@FORMATS
@pytest.mark.parametrize("tail", [b"\0", b"\n", b"PK\5\6" + bytes(18), b"\x08\x01"], ids=repr)
def test_bytes_behind_the_end_are_refused(
    payloads: Payloads, contracts: Contracts, file_format: Format, tail: bytes, tmp_path: Path
) -> None:
    _refusal(tmp_path / "long", seal(payloads[file_format], contracts[file_format]) + tail)


@FORMATS
def test_zeros_in_place_of_a_lost_disk_block_are_refused(
    payloads: Payloads, contracts: Contracts, file_format: Format, tmp_path: Path
) -> None:
    content = seal(payloads[file_format], contracts[file_format])
    for start in range(0, len(content), 64):
        hole = content[:start] + bytes(min(64, len(content) - start)) + content[start + 64 :]
        assert hole != content
        _refusal(tmp_path / "hole", hole)
        _refusal(tmp_path / "tail", content[:start] + bytes(len(content) - start))


@pytest.mark.parametrize(
    "start",
    [b"", b"\x08\x08", b"\x1c\0\0\0TFL3", b"\x1c\0\0\0TFL3PK\3\4", b"PK\3\4"],
    ids=["any", "onnx", "tflite", "zip-in-tflite", "zip"],
)
def test_random_bytes_are_refused(start: bytes, tmp_path: Path) -> None:
    source = random.Random(0)
    for length in range(1, 300):
        _refusal(tmp_path / "random", start + source.randbytes(length))


@FORMATS
def test_random_damage_is_refused_whatever_it_hits(
    payloads: Payloads, contracts: Contracts, file_format: Format, tmp_path: Path
) -> None:
    source = random.Random(1)
    content = seal(payloads[file_format], contracts[file_format])
    for _ in range(500):
        damaged = bytearray(content)
        start = source.randrange(len(content))
        damaged[start : start + source.randrange(40)] = source.randbytes(source.randrange(1, 40))
        if damaged != content:
            _refusal(tmp_path / "damaged", bytes(damaged))


@pytest.mark.parametrize(
    ("start", "filling"),
    [(b"\x08\x08", b"\0\0"), (b"\x1c\0\0\0TFL3", b"\0\0"), (b"\x08\x08", b"\x08\x01")],
    ids=["zeros in onnx", "zeros in tflite", "fields in onnx"],
)
def test_a_large_file_of_nothing_takes_no_memory_to_refuse(start: bytes, filling: bytes) -> None:
    """A download that stopped leaves such files; one record for each two bytes would be gigabytes."""
    content = start + filling * 2**19
    tracemalloc.start()
    try:
        assert split(content)[2] is None
    except ContainerError:
        pass
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 2**20


@FORMATS
def test_a_contract_larger_than_the_limit_is_refused(payloads: Payloads, file_format: Format) -> None:
    content = attach(file_format, payloads[file_format], '"' + "x" * (4 * 2**20) + '"', ())
    with pytest.raises(ContainerError, match="larger than 4194304 bytes"):
        split(content)


@FORMATS
def test_the_seal_tells_where_contract_and_payload_are(payloads: Payloads, file_format: Format) -> None:
    content = attach(file_format, payloads[file_format], '{"é": 1}', ("cat",))
    name, numbers = content[-SEAL_BYTES:].split(b":")
    start, length, size = (int(numbers[at : at + 12]) for at in (0, 12, 24))
    assert name == b"edgecnn"
    assert content[start : start + length].decode() == '{"é": 1}'
    assert content[:size] == payloads[file_format]


@FORMATS
def test_a_contract_that_is_no_text_is_refused(payloads: Payloads, file_format: Format) -> None:
    size = len(payloads[file_format])
    with pytest.raises(ContainerError, match="no text"):
        split(_strangers_seal(payloads[file_format] + b"\xff\xfe", size, 2, size))


@FORMATS
@pytest.mark.parametrize("places", [(10**12 - 1, 100, 0), (0, 0, 10**12 - 1), (0, 10**6, 0), (4, 4, 0)], ids=str)
def test_a_seal_that_points_elsewhere_is_refused(
    payloads: Payloads, file_format: Format, places: tuple[int, int, int], tmp_path: Path
) -> None:
    _refusal(tmp_path / "strange", _strangers_seal(payloads[file_format], *places))


def test_a_tflite_file_is_a_zip_archive_with_the_labels(
    payloads: Payloads, contracts: Contracts, tmp_path: Path
) -> None:
    path = tmp_path / "sealed.tflite"
    path.write_bytes(seal(payloads[Format.TFLITE], contracts[Format.TFLITE]))
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["edgecnn.json", "labels.txt"]
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert archive.read("labels.txt").decode().splitlines() == list(contracts[Format.TFLITE].labels)


def test_a_tflite_file_with_another_tools_archive_has_no_contract(payloads: Payloads) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as other:
        other.writestr("labels.txt", "cat\n")
    content = payloads[Format.TFLITE] + archive.getvalue()
    assert split(content) == (Format.TFLITE, content, None)


def test_onnx_loads_the_file_and_shows_the_contract(payloads: Payloads, contracts: Contracts, tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    path = tmp_path / "sealed.onnx"
    path.write_bytes(seal(payloads[Format.ONNX], contracts[Format.ONNX]))
    model = onnx.load(path)
    onnx.checker.check_model(model)
    assert {entry.key for entry in model.metadata_props} == {"edgecnn", "edgecnn.seal"}
    assert next(entry.value for entry in model.metadata_props if entry.key == "edgecnn").startswith("{")
    del model.metadata_props[:]
    assert model.SerializeToString() == payloads[Format.ONNX]


def test_onnxruntime_runs_the_file(
    payloads: Payloads, contracts: Contracts, weights: np.ndarray, tmp_path: Path
) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    path = tmp_path / "sealed.onnx"
    path.write_bytes(seal(payloads[Format.ONNX], contracts[Format.ONNX]))
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    assert "edgecnn" in session.get_modelmeta().custom_metadata_map
    pixels = np.arange(12, dtype=np.float32).reshape(1, 2, 2, 3)
    powers = np.exp(pixels.reshape(1, 12) @ weights)
    np.testing.assert_allclose(session.run(None, {"images": pixels})[0], powers / powers.sum(), rtol=1e-5)


def test_an_onnx_file_with_metadata_of_another_tool_has_no_contract(payloads: Payloads) -> None:
    onnx = pytest.importorskip("onnx")
    model = onnx.load_from_string(payloads[Format.ONNX])
    for key in ("author", "licence"):
        model.metadata_props.add(key=key, value="someone")
    content = model.SerializeToString()
    assert split(content) == (Format.ONNX, content, None)
