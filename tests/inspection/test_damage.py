"""Files from strangers: whatever is wrong with them, one line says so."""

from __future__ import annotations

import random
import struct
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import flatbuffers
import pytest

from edgecnn.container import split
from edgecnn.errors import ArtifactError
from edgecnn.flatbuffer import READ_LIMIT_BYTES, Flatbuffer, FlatbufferError
from edgecnn.inspection import child
from edgecnn.inspection.account import memory, operations, totals
from edgecnn.inspection.onnx_child import InspectOnnx
from edgecnn.inspection.tflite_graph import read_tflite
from edgecnn.models.registry import shipped_folder

SUFFIXES = pytest.mark.parametrize("suffix", ["tflite", "onnx"])


def payload(suffix: str) -> bytes:
    return split((shipped_folder("tutorial_cnn") / f"tutorial_cnn-int8.{suffix}").read_bytes())[1]


def read_all(content: bytes) -> bool:
    """Whether a flatbuffer is read; everything that an inspection does with it in this process is done."""
    try:
        model = read_tflite(content)
    except FlatbufferError:
        return False
    found = operations(model.graph)
    assert memory(model.graph).peak_bytes >= 0
    assert sum(total.count for total in totals(found)) == len(found)
    return True


def test_flipped_bytes_of_a_flatbuffer_are_read_or_refused() -> None:
    source, whole = random.Random(0), payload("tflite")
    ends = [read_all(whole)]
    for _ in range(2000):
        damaged = bytearray(whole)
        for _ in range(source.choice((1, 1, 4, 40))):
            place = source.choice((source.randrange(3000), len(whole) - 1 - source.randrange(12_000)))
            damaged[place] = source.choice((0, 255, 127, 128, source.randrange(256)))
        ends.append(read_all(bytes(damaged)))
    assert ends[0]
    assert 100 < sum(ends) < len(ends) - 100  # both happen


def test_a_flatbuffer_that_is_cut_short_is_refused() -> None:
    whole = payload("tflite")
    assert not any(read_all(whole[:length]) for length in range(8, len(whole) - 12_000, 5003))


@SUFFIXES
def test_damaged_files_end_in_one_line(suffix: str, edgecnn: Callable[..., Any], tmp_path: Path) -> None:
    """Through the whole way, with the processes of LiteRT and ONNX."""
    source, whole = random.Random(1), payload(suffix)
    path = tmp_path / f"damaged.{suffix}"
    for number in range(8):
        damaged = bytearray(whole[: source.randrange(100, len(whole))] if number < 4 else whole)
        for _ in range(5):
            damaged[source.randrange(8, len(damaged)) if number % 2 else source.randrange(8, 90)] ^= source.randrange(
                256
            )
        path.write_bytes(damaged)
        said = edgecnn("inspect", path)
        if said.status != 0:
            assert (said.status, said.out) == (1, "")
            assert str(path) in said.err
            assert len(said.err.splitlines()) == 1


@SUFFIXES
def test_a_sealed_file_with_one_byte_changed_is_refused(
    suffix: str, edgecnn: Callable[..., Any], tmp_path: Path
) -> None:
    content = bytearray((shipped_folder("tutorial_cnn") / f"tutorial_cnn-int8.{suffix}").read_bytes())
    content[len(content) // 2] ^= 1
    path = tmp_path / f"changed.{suffix}"
    path.write_bytes(content)
    ran = edgecnn("inspect", path)
    assert (ran.status, ran.out) == (1, "")
    assert len(ran.err.splitlines()) == 1
    assert "changed or damaged after its export" in ran.err


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "neither a TFLite nor an ONNX model"),
        (b"PK\3\4", "neither a TFLite nor an ONNX model"),
        (b"\x1c\0\0\0TFL3", "outside the file"),
        (b"\xff\xff\xff\xffTFL3" + bytes(64), "outside the file"),
        (b"\x08\0\0\0TFL3" + bytes(64), "it has no subgraph"),
        (b"\x08\x08", "no graph with an output"),
        (b"\x08\x08\x3a\xff\xff\xff\xff\x07", "damaged or cut short"),
    ],
    ids=["empty", "zip", "header", "far root", "zeros", "no graph", "huge graph"],
)
def test_what_is_no_model_is_called_so(content: bytes, words: str, edgecnn: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "stranger"
    path.write_bytes(content)
    ran = edgecnn("inspect", path)
    assert (ran.status, ran.out) == (1, "")
    assert len(ran.err.splitlines()) == 1
    assert words in ran.err


def test_an_onnx_name_that_is_no_text_is_damage(edgecnn: Callable[..., Any], tmp_path: Path) -> None:
    """Protobuf returns such a string as bytes."""
    path = tmp_path / "bytes.onnx"
    path.write_bytes(payload("onnx").replace(b"flatten_2/Reshape", b"\xff" * 17))
    ran = edgecnn("inspect", path)
    assert (ran.status, ran.out) == (1, "")
    assert ran.err == f"edgecnn: {path} cannot be inspected: it is damaged: a name in it is no text\n"


def test_missing_files_and_folders_are_named(edgecnn: Callable[..., Any], tmp_path: Path) -> None:
    assert edgecnn("inspect", "nowhere.tflite").err == "edgecnn: no such model file: nowhere.tflite\n"
    assert "Is a directory" in edgecnn("inspect", tmp_path).err


def test_many_entries_that_share_one_long_name_are_refused_before_they_take_memory() -> None:
    builder = flatbuffers.Builder(2**21)
    name = builder.CreateString("x" * 2**20)
    builder.StartObject(4)
    builder.PrependUOffsetTRelativeSlot(1, name, 0)
    builder.PrependInt32Slot(3, 32, 0)  # a custom operation
    code = builder.EndObject()
    builder.StartVector(4, 1000, 4)
    for _ in range(1000):
        builder.PrependUOffsetTRelative(code)
    codes = builder.EndVector()
    builder.StartObject(8)
    builder.PrependUOffsetTRelativeSlot(1, codes, 0)
    builder.Finish(builder.EndObject(), b"TFL3")
    with pytest.raises(FlatbufferError, match=f"more than {READ_LIMIT_BYTES} bytes"):
        read_tflite(bytes(builder.Output()))


def test_a_field_that_points_to_itself_ends() -> None:
    vtable, table = struct.pack("<HHHH", 6, 8, 4, 0), struct.pack("<iI", 8, 0)
    root = Flatbuffer(struct.pack("<I4s", 16, b"TFL3") + vtable + table + bytes(8)).root()
    assert root.text(0) == ""
    inner = root.table(0)
    assert inner is not None
    assert inner.table(0) is None
    with pytest.raises(FlatbufferError):
        read_tflite(struct.pack("<I4s", 0, b"TFL3"))


def test_names_cannot_speak_to_the_terminal(edgecnn: Callable[..., Any], tmp_path: Path) -> None:
    content = payload("tflite").replace(b"MLIR Converted.", b"\x1b[2J\x1b]0;x\x07 fine")
    assert len(content) == len(payload("tflite"))
    path = tmp_path / "escape.tflite"
    path.write_bytes(content)
    ran = edgecnn("inspect", path)
    assert ran.status == 0
    assert "\x1b" not in ran.out
    assert "�[2J" in ran.out


def test_a_child_that_crashes_hangs_or_speaks_nonsense_is_one_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "crashes.py").write_text("import os; os.abort()")
    (tmp_path / "fails.py").write_text("raise SystemExit('no such luck')")
    (tmp_path / "hangs.py").write_text("import time; time.sleep(60)")
    (tmp_path / "eats.py").write_text(
        "from edgecnn.inspection.onnx_child import InspectOnnx\n"
        "handlers = lambda progress: {InspectOnnx: lambda request: bytearray(2**36)[0]}"
    )
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{Path(child.__file__).parents[2]}")
    request = InspectOnnx(__file__)
    for module, words in (("crashes", "SIGABRT"), ("fails", "no such luck"), ("eats", "more memory than its size")):
        with pytest.raises(ArtifactError, match=words):
            child.parse_in_child(f"{module}:handlers", request, Path(__file__))
    monkeypatch.setattr(child, "TIMEOUT_S", 1)
    started = time.monotonic()
    with pytest.raises(ArtifactError, match="for 1 seconds"):
        child.parse_in_child("hangs:handlers", request, Path(__file__))
    assert time.monotonic() - started < 50  # it was not waited for
