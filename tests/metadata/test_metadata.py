"""Metadata is where other tools look for it, and the model stays what it was."""

from __future__ import annotations

import ast
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import edgecnn
from edgecnn.container import split
from edgecnn.contract import read_contract, seal
from edgecnn.data.sample import load_test_sample
from edgecnn.errors import ExportError
from edgecnn.flatbuffer import Flatbuffer, TableReader
from edgecnn.inspection.tflite_graph import read_tflite
from edgecnn.metadata.facts import Facts
from edgecnn.metadata.onnx_metadata import properties
from edgecnn.metadata.tflite_metadata import ENTRY_NAME, IDENTIFIER
from edgecnn.metadata.tflite_trailer import LABELS_ENTRY
from edgecnn.model_files import MODEL_FILES
from edgecnn.models.registry import shipped_folder
from edgecnn.spec import Format, Scores

LABELS = tuple(f"class {number}" for number in range(12))
FACTS = Facts(
    name="écureuil",
    description="Tells squirrels.",
    labels=LABELS,
    scores=Scores.PROBABILITIES,
    mean=(127.5,),
    std=(127.5,),
    version="7",
    author="Someone",
    license="MIT",
    producer=("edgecnn", "1.2.3"),
)
FORMATS = pytest.mark.parametrize("file_format", [Format.TFLITE, Format.ONNX], ids=lambda one: one.value)


def shipped(file_format: Format) -> Path:
    return shipped_folder("tutorial_cnn") / f"tutorial_cnn-int8.{file_format.value}"


def payload(file_format: Format) -> bytes:
    return split(shipped(file_format).read_bytes())[1]


@pytest.fixture(scope="module")
def described() -> dict[Format, bytes]:
    """Return the shipped int8 files with `FACTS`, not yet sealed."""
    return {one: MODEL_FILES[one].describe(payload(one), FACTS) for one in (Format.TFLITE, Format.ONNX)}


def written(content: bytes) -> TableReader:
    """Return the root of the `ModelMetadata` inside a TFLite flatbuffer."""
    found = read_tflite(content).metadata[ENTRY_NAME]
    assert found[4:8] == IDENTIFIER
    return Flatbuffer(found).root()


def only(table: TableReader, field: int) -> TableReader:
    (one,) = table.tables(field)
    return one


@FORMATS
def test_a_described_file_computes_the_same(
    described: dict[Format, bytes], file_format: Format, tmp_path: Path
) -> None:
    path = tmp_path / f"described.{file_format.value}"
    path.write_bytes(seal(described[file_format], read_contract(shipped(file_format))))
    images = load_test_sample().images[:20]
    np.testing.assert_array_equal(
        edgecnn.load(path).predict(images), edgecnn.load(shipped(file_format)).predict(images)
    )


@FORMATS
def test_describing_is_deterministic_and_can_be_repeated(described: dict[Format, bytes], file_format: Format) -> None:
    assert MODEL_FILES[file_format].describe(payload(file_format), FACTS) == described[file_format]
    again = MODEL_FILES[file_format].describe(described[file_format], FACTS)
    if file_format is Format.ONNX:
        assert again == described[file_format]
    else:
        assert list(read_tflite(again).metadata) == list(read_tflite(described[file_format]).metadata)


@FORMATS
def test_bytes_of_another_format_are_refused(file_format: Format) -> None:
    other = Format.ONNX if file_format is Format.TFLITE else Format.TFLITE
    with pytest.raises(ExportError, match="cannot be described"):
        MODEL_FILES[file_format].describe(payload(other), FACTS)


def test_the_old_flatbuffer_lies_byte_for_byte_behind_the_new_root(described: dict[Format, bytes]) -> None:
    old, new = payload(Format.TFLITE), described[Format.TFLITE]
    start = new.index(old)
    assert start % 16 == 0  # kernels find the weights aligned as they were
    assert len(new) - len(old) < 4096
    before, after = read_tflite(old), read_tflite(new)
    assert after.graph == before.graph
    kept = set(before.metadata) - {ENTRY_NAME}  # the shipped file was described before
    assert kept
    assert {name: after.metadata[name] for name in kept} == {name: before.metadata[name] for name in kept}


def test_the_tflite_metadata_follows_its_schema(described: dict[Format, bytes]) -> None:
    model = written(described[Format.TFLITE])
    texts = [model.text(field) for field in (0, 1, 2, 4, 5, 7)]
    assert texts == ["écureuil", "Tells squirrels.", "7", "Someone", "MIT", "1.0.0"]
    subgraph = only(model, 3)
    image, scores = only(subgraph, 2), only(subgraph, 3)

    assert image.text(1) == "Image to be classified: height, width, channels; RGB, values -1..1."
    content = image.table(3)
    assert content is not None
    assert content.number(0, "B") == 2  # ImageProperties
    properties = content.table(1)
    assert properties is not None
    assert properties.number(0, "b") == 1  # RGB
    unit = only(image, 4)
    assert unit.number(0, "B") == 1  # NormalizationOptions
    normalization, stats = unit.table(1), image.table(5)
    assert normalization is not None
    assert stats is not None
    assert [normalization.numbers(0, "f"), normalization.numbers(1, "f")] == [(127.5,), (127.5,)]
    assert [stats.numbers(0, "f"), stats.numbers(1, "f")] == [(1.0,), (-1.0,)]

    assert scores.text(1).endswith("class 8, class 9 and 2 more.")
    file = only(scores, 6)
    assert (file.text(0), file.number(2, "b")) == (LABELS_ENTRY, 2)  # TENSOR_AXIS_LABELS


def test_labels_are_in_the_archive_that_the_metadata_points_into(
    described: dict[Format, bytes], tmp_path: Path
) -> None:
    contract = read_contract(shipped(Format.TFLITE))
    path = tmp_path / "sealed.tflite"
    path.write_bytes(seal(described[Format.TFLITE], contract))
    name = only(only(only(written(path.read_bytes()), 3), 3), 6).text(0)
    with zipfile.ZipFile(path) as archive:
        assert tuple(archive.read(name).decode().splitlines()) == contract.labels


def test_the_archive_counts_from_the_start_of_the_file(described: dict[Format, bytes], tmp_path: Path) -> None:
    """As the archives of TensorFlow Lite's own tools do; not every reader looks for what stands in front."""
    content = seal(described[Format.TFLITE], read_contract(shipped(Format.TFLITE)))
    end = content.rindex(b"PK\5\6")
    directory = int.from_bytes(content[end + 16 : end + 20], "little")
    assert content[directory : directory + 4] == b"PK\1\2"
    header = int.from_bytes(content[directory + 42 : directory + 46], "little")
    assert content[header : header + 4] == b"PK\3\4"


def test_the_onnx_metadata_follows_its_documents(described: dict[Format, bytes]) -> None:
    import onnx

    model = onnx.load_from_string(described[Format.ONNX])
    onnx.checker.check_model(model, full_check=True)
    found = {entry.key: entry.value for entry in model.metadata_props}
    assert found["Image.BitmapPixelFormat"] == "Rgb8"
    assert found["Image.ColorSpaceGamma"] == "SRGB"
    assert found["Image.NominalPixelRange"] == "Normalized_1_1"
    assert ast.literal_eval(found["names"]) == dict(enumerate(LABELS))
    assert (found["model_author"], found["model_license"]) == ("Someone", "MIT")
    assert found["onnx.infer"] == "onnxruntime.quant"  # what was there stays
    assert (model.producer_name, model.producer_version) == ("edgecnn", "1.2.3")
    assert (model.doc_string, model.graph.name) == ("Tells squirrels.", "écureuil")
    (pixels,), (scores,) = model.graph.input, model.graph.output
    assert (pixels.type.denotation, scores.type.denotation) == ("IMAGE", "TENSOR")
    assert axes(pixels) == ["DATA_BATCH", "DATA_FEATURE", "DATA_FEATURE", "DATA_CHANNEL"]
    assert axes(scores) == ["DATA_BATCH", "DATA_FEATURE"]


def axes(value: Any) -> list[str]:
    return [size.denotation for size in value.type.tensor_type.shape.dim]


@pytest.mark.parametrize(
    ("mean", "std", "expected"),
    [
        ((0.0,), (1.0,), "NominalRange_0_255"),
        ((0.0,), (255.0,), "Normalized_0_1"),
        ((127.5, 127.5, 127.5), (127.5, 127.5, 127.5), "Normalized_1_1"),
        ((123.7, 116.3, 103.5), (58.4, 57.1, 57.4), None),
    ],
    ids=["pixels", "unit", "signed", "ImageNet"],
)
def test_a_pixel_range_is_named_where_onnx_has_a_name_for_it(
    mean: tuple[float, ...], std: tuple[float, ...], expected: str | None
) -> None:
    facts = Facts("m", "d", ("a", "b"), Scores.LOGITS, colour="L", mean=mean, std=std)
    assert properties(facts).get("Image.NominalPixelRange") == expected
    assert properties(facts)["Image.BitmapPixelFormat"] == "Gray8"
    assert "model_author" not in properties(facts)
