"""Model files that edgecnn did not make, as other tools write them."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import edgecnn
from edgecnn.container import split
from edgecnn.contract import Preprocessing
from edgecnn.data.sample import load_test_sample
from edgecnn.errors import ArtifactError, ContractError, ModelError
from edgecnn.feeding import Feeding, parse_scale
from edgecnn.runtime.backend import BACKENDS
from edgecnn.runtime.description import describe_model
from edgecnn.runtime.foreign import ForeignContract, feeding_of
from edgecnn.runtime.shipped import default_artifact
from edgecnn.spec import ExportSpec, Format, Precision, Quantization, Scores
from tests.fakes.other_tools import IMAGES, LABELS, Shape, logits_by_numpy, save_onnx

onnx = pytest.importorskip("onnx")
IMAGENET = "0.485,0.456,0.406,0.229,0.224,0.225"
READERS = [name for name in ("onnxruntime", "openvino") if BACKENDS[name].is_installed]


def stated(scale: str = IMAGENET, **others: Any) -> Feeding:
    scales, offsets = parse_scale(scale)
    return Feeding(Preprocessing(scale=scales, offset=offsets), **others)


@pytest.mark.parametrize("backend", READERS)
@pytest.mark.parametrize(
    ("taken", "given", "size"),
    [
        ([1, 3, 8, 9], [1, 5], None),
        (["batch", 3, 8, 9], ["batch", 5], None),
        (["batch", 3, "height", "width"], ["batch", "classes"], (8, 9)),
        ([1, 8, 9, 3], [1, 5], None),
        ([4, 3, 8, 9], [4, 5], None),
    ],
    ids=str,
)
def test_it_computes_what_numpy_computes(
    tmp_path: Path, backend: str, taken: Shape, given: Shape, size: tuple[int, int] | None
) -> None:
    path = save_onnx(tmp_path / "m.onnx", taken, given)
    classifier = edgecnn.load(path, backend=backend, feeding=stated(labels=LABELS, size=size))
    assert classifier.shape == (8, 9, 3)
    assert classifier.contract.preprocessing.layout == ("NHWC" if taken[-1] == 3 else "NCHW")
    assert classifier.labels == ("cat", "dog", "crane", "crane (2)", "bird")
    expected = logits_by_numpy(IMAGENET)
    np.testing.assert_allclose(classifier.scores(IMAGES), expected, atol=1e-4)
    np.testing.assert_allclose(classifier.scores(IMAGES[2]), expected[2], atol=1e-4)
    powers = np.exp(expected)
    np.testing.assert_allclose(classifier.predict(IMAGES), powers / powers.sum(1, keepdims=True), atol=1e-4)


def test_bgr_reaches_a_channels_first_input_in_the_right_order(tmp_path: Path) -> None:
    path = save_onnx(tmp_path / "m.onnx", [1, 3, 8, 9], [1, 5])
    options = Feeding(Preprocessing(colour="BGR", scale=(0.1, 0.2, 0.3), offset=(1.0, 2.0, 3.0)))
    turned = Feeding(Preprocessing(scale=(0.1, 0.2, 0.3), offset=(1.0, 2.0, 3.0)))
    found = edgecnn.load(path, feeding=options).scores(IMAGES)
    np.testing.assert_array_equal(found, edgecnn.load(path, feeding=turned).scores(IMAGES[..., ::-1]))


@pytest.mark.parametrize("softmax", [True, False])
def test_what_the_scores_are_is_found_out_and_said(tmp_path: Path, softmax: bool) -> None:
    path = save_onnx(tmp_path / "m.onnx", [1, 3, 8, 9], [1, 5], softmax=softmax)
    contract = edgecnn.load(path, feeding=stated()).contract
    assert isinstance(contract, ForeignContract)
    assert contract.scores is (Scores.PROBABILITIES if softmax else Scores.LOGITS)
    assert contract.notes[-1].endswith(f"so they are taken for {contract.scores.value}")
    told = edgecnn.load(path, feeding=stated(scores=Scores.LOGITS)).contract
    assert isinstance(told, ForeignContract)
    assert (told.scores, [note for note in told.notes if "scores" in note]) == (Scores.LOGITS, [])


def test_the_feeding_of_a_contract_give_it_again(tmp_path: Path) -> None:
    """So that a process of its own need not find anything out."""
    path = save_onnx(tmp_path / "m.onnx", ["n", 3, "h", "w"], ["n", "c"], softmax=True)
    contract = edgecnn.load(path, feeding=stated(labels=LABELS, size=(8, 9))).contract
    again = describe_model(path, feeding_of(contract))
    assert isinstance(contract, ForeignContract)
    assert isinstance(again, ForeignContract)
    assert replace(again, notes=()) == replace(contract, notes=())
    assert again.notes == ()
    assert feeding_of(describe_model(default_artifact())) == Feeding()


def test_a_side_file_says_it_once_and_for_all_commands(tmp_path: Path, edgecnn: Callable[..., Any]) -> None:
    from PIL import Image

    save_onnx(tmp_path / "m.onnx", [1, 3, 8, 9], [1, 5])
    (tmp_path / "words.txt").write_text("\n".join(LABELS))
    side = tmp_path / "m.onnx.contract.json"
    side.write_text(json.dumps({"labels": "words.txt", "scores": "logits", "scale": IMAGENET}))
    Image.fromarray(IMAGES[0]).save(tmp_path / "a.png")
    ran = edgecnn("predict", tmp_path / "a.png", "--model", tmp_path / "m.onnx", "--json")
    best = max(range(5), key=lambda index: logits_by_numpy(IMAGENET)[0][index])
    assert json.loads(ran.out)[0]["answers"][0]["label"] == ("cat", "dog", "crane", "crane (2)", "bird")[best]
    assert ran.err == ""
    both = edgecnn("predict", tmp_path / "a.png", "--model", tmp_path / "m.onnx", "--scale", "0..1")
    assert both.err.strip().endswith("states preprocessing, and so do the options; say it in one place")
    other = side.rename(tmp_path / "elsewhere.json")
    again = edgecnn("predict", tmp_path / "a.png", "--model", tmp_path / "m.onnx", "--contract", other, "--json")
    assert again.out == ran.out


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"lables": ["a"]}', "unknown field 'lables'; did you mean 'labels'?"),
        ('{"scores": "softmax"}', "scores is 'softmax', not one of probabilities, logits"),
        ('{"scale": "0.5"}', "'0.5' is no scale"),
        ('{"labels": 3}', "labels is int, not tuple"),
        ("[1]", "not a JSON object"),
        ("{", "cannot be used"),
        ('{"colour": "CMYK"}', "for which Preprocessing(colour='CMYK'"),
        ('{"labels": ["a", "b"]}', "has 5 classes, but 2 labels were stated"),
        ('{"labels": "none.txt"}', "cannot read the label file"),
        ('{"scale": "0..1", "size": [7, 7]}', "float32 1×3×8×9, which does not fit the stated size (7, 7)"),
    ],
)
def test_a_side_file_that_is_wrong_is_one_line(
    tmp_path: Path, edgecnn: Callable[..., Any], text: str, message: str
) -> None:
    save_onnx(tmp_path / "m.onnx", [1, 3, 8, 9], [1, 5])
    (tmp_path / "m.onnx.contract.json").write_text(text)
    ran = edgecnn("evaluate", tmp_path / "m.onnx")
    assert ran.status == 1
    assert message in ran.err
    assert len(ran.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("taken", "given", "changes", "message"),
    [
        ([1, 3, 8, 9], [1, 5, 1], {}, "is no classifier of images: it takes float32 1×3×8×9 and gives float32 1×5×1"),
        ([1, 3, 8], [1, 5], {}, "is no classifier of images"),
        ([1, 2, 8, 9], [1, 5], {}, "is no classifier of images"),
        (["n", 3, "h", "w"], ["n", 5], {}, "takes pictures of any size; state one, as --size 224x224"),
        ([1, 3, 8, 9], [1, "classes"], {}, "does not say how many classes it has; state their labels"),
        (
            [1, 3, 8, 9],
            [1, 5],
            {"dtype": 10},
            "has an input of float16; edgecnn feeds and reads float32, uint8 and int8",
        ),
        (
            [1, 3, 8, 9],
            [1, 5],
            {"more_inputs": [onnx.helper.make_tensor_value_info("z", 1, [1])]},
            "has 2 inputs and 1 outputs; a classifier has one of each",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_classifier_is_one_line(
    tmp_path: Path, taken: Shape, given: Shape, changes: dict[str, Any], message: str
) -> None:
    path = save_onnx(tmp_path / "m.onnx", taken, given, **changes)
    with pytest.raises(ContractError) as caught:
        edgecnn.load(path, feeding=stated())
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_about_which_nothing_is_stated_is_refused_unless_it_names_its_classes(tmp_path: Path) -> None:
    path = save_onnx(tmp_path / "m.onnx", [1, 3, 8, 9], [1, 5])
    with pytest.raises(ContractError, match=r"has no contract: .* --scale, --labels .* m\.onnx\.contract\.json"):
        edgecnn.load(path)
    named = save_onnx(tmp_path / "named.onnx", [1, 3, 8, 9], [1, 5], labels=LABELS)
    contract = edgecnn.load(named).contract
    assert contract.labels[:3] == LABELS[:3]
    assert isinstance(contract, ForeignContract)
    assert contract.notes[0].startswith("nobody says how pixels are scaled: 0..255 is taken")


@pytest.mark.parametrize("file_format", [Format.TFLITE, Format.ONNX], ids=lambda one: str(one.value))
def test_an_artifact_that_was_cut_short_is_not_taken_for_a_foreign_file(tmp_path: Path, file_format: Format) -> None:
    content = default_artifact("litert" if file_format is Format.TFLITE else "onnxruntime").read_bytes()
    path = tmp_path / f"cut.{file_format.value}"
    path.write_bytes(content[:-1])
    with pytest.raises(ContractError, match="it was cut short"):
        edgecnn.load(path, feeding=stated("0..1"))


def test_an_artifact_says_itself_how_it_is_fed() -> None:
    for options in (stated("0..1"), Feeding(labels=LABELS), Feeding(scores=Scores.LOGITS)):
        with pytest.raises(ArtifactError, match="says itself how it is fed"):
            edgecnn.load(default_artifact(), feeding=options)


def test_a_keras_models_scores_are_not_stated() -> None:
    pytest.importorskip("tensorflow")
    with pytest.raises(ModelError, match="says itself"):
        edgecnn.load(default_artifact("keras"), feeding=Feeding(scores=Scores.LOGITS))


@pytest.mark.parametrize(
    "content", [b"\x08", b"\x08\x08\x3a\xff\xff\x03abc", b"\x08\x08\x0b", b"\x1c\0\0\0TFL3" + bytes(64)]
)
def test_a_damaged_file_is_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / ("m.tflite" if b"TFL3" in content else "m.onnx")
    path.write_bytes(content)
    with pytest.raises(ArtifactError) as caught:
        edgecnn.load(path, feeding=stated())
    assert "\n" not in str(caught.value)


def bare(path: Path, target: Path, labels: tuple[str, ...] = ()) -> Path:
    """Write an artifact without its contract, as another tool might have made it, with its labels if any."""
    payload = split(path.read_bytes())[1]
    if labels:
        file = io.BytesIO(payload)
        with zipfile.ZipFile(file, "a") as archive:
            archive.writestr("labels.txt", "\n".join(labels))
        payload = file.getvalue()
    target.write_bytes(payload)
    return target


def test_the_labels_in_a_tflite_files_metadata_are_used(tmp_path: Path) -> None:
    pytest.importorskip("ai_edge_litert")
    artifact, images = default_artifact("litert"), load_test_sample().images[:100]
    expected = edgecnn.load(artifact)
    found = edgecnn.load(bare(artifact, tmp_path / "m.tflite", expected.labels))
    assert found.labels == expected.labels
    assert found.contract.precision is Precision.INT8
    np.testing.assert_array_equal(found.predict(images), expected.predict(images))


@pytest.mark.slow
def test_an_int8_input_takes_a_step_a_pixel_as_mlperf_tinys_models_do(tmp_path: Path, own: Any) -> None:
    from edgecnn.data.npz import load_npz
    from edgecnn.export import export_model

    spec = ExportSpec(formats=(Format.TFLITE,), quantization=Quantization(io="int8"))
    export_model(
        str(own.model), tmp_path / "out", spec, calibration=str(own.calibration), evaluation=str(own.evaluation)
    )
    artifact = tmp_path / "out" / "grey_levels-int8.tflite"
    expected, images = edgecnn.load(artifact), load_npz(own.evaluation).images
    found = edgecnn.load(bare(artifact, tmp_path / "m.tflite"), feeding=Feeding(labels=expected.labels))
    assert found.contract.input.dtype == "int8"
    assert found.contract.preprocessing.colour == "L"
    np.testing.assert_array_equal(found.predict(images), expected.predict(images))
