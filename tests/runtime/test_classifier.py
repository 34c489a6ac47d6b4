"""What the classifier feeds a runtime and what it makes of the answer, with a runtime whose answers are known."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from edgecnn.contract import Contract, Origin, Preprocessing
from edgecnn.runtime.backend import Opened, Tensor
from edgecnn.runtime.classifier import Classifier
from edgecnn.spec import Format, Precision, Scores, TensorSpec

Images = npt.NDArray[np.uint8]
ALL_PIXELS = np.arange(256, dtype=np.uint8).reshape(16, 16, 1)


class FakeSession:
    """A runtime that keeps the tensors it was given and answers with a function of them."""

    def __init__(self, answer: Callable[[Tensor], Tensor]) -> None:
        self.answer, self.tensors = answer, list[Tensor]()

    def run(self, tensor: Tensor) -> Tensor:
        self.tensors.append(np.array(tensor))
        return self.answer(tensor)


def _contract(
    shape: tuple[int, ...],
    classes: int,
    *,
    taken: tuple[Any, ...] = ("float32",),
    given: tuple[Any, ...] = ("float32",),
    scores: Scores = Scores.PROBABILITIES,
    file_format: Format = Format.TFLITE,
) -> Contract:
    """`taken` and `given` are dtype, scale and zero-point of the tensors."""
    return Contract(
        format=file_format,
        precision=Precision.FLOAT32,
        input=TensorSpec("images", shape, *taken),
        output=TensorSpec("scores", (shape[0], classes), *given),
        scores=scores,
        labels=tuple(str(number) for number in range(classes)),
        preprocessing=Preprocessing(),
        origin=Origin("fake", ""),
        needs={},
        made_with={},
    )


def _tensor_for(images: Images, *taken: Any) -> Tensor:
    """Return the one tensor that a session gets for `images`."""
    session = FakeSession(lambda tensor: np.zeros((1, 2), np.float32))
    contract = _contract((1, *images.shape), 2, taken=taken)
    Classifier(Opened(contract, session)).predict(images)
    (tensor,) = session.tensors
    return tensor


def _probabilities_for(raw: Tensor, scores: Scores, *given: Any) -> npt.NDArray[np.float32]:
    """Return what becomes of a session's answer, (classes,), to one image."""
    session = FakeSession(lambda tensor: raw[None])
    contract = _contract((1, 1, 1, 1), len(raw), given=given, scores=scores)
    return Classifier(Opened(contract, session)).predict(np.zeros((1, 1, 1), np.uint8))


def _counting(batch: int, file_format: Format = Format.TFLITE) -> tuple[Classifier, FakeSession]:
    """Return a classifier whose scores are the image's own first three pixels, and its session."""
    session = FakeSession(lambda tensor: tensor.reshape(len(tensor), -1)[:, :3].astype(np.float32))
    contract = _contract((batch, 1, 2, 3), 3, file_format=file_format)
    return Classifier(Opened(contract, session)), session


def _numbered(count: int) -> Images:
    """Return images whose first two pixels are their number."""
    images = np.full((count, 1, 2, 3), 7, np.uint8)
    images[:, 0, 0, 0], images[:, 0, 0, 1] = np.divmod(np.arange(count), 256)
    return images


def test_the_contract_is_at_hand() -> None:
    classifier, _ = _counting(1)
    assert classifier.shape == (1, 2, 3)
    assert classifier.labels == classifier.contract.labels == ("0", "1", "2")


def test_a_float_input_gets_the_pixels_unscaled() -> None:
    tensor = _tensor_for(ALL_PIXELS, "float32")
    assert tensor.dtype == np.float32
    assert tensor.shape == (1, 16, 16, 1)
    assert tensor.ravel().tolist() == list(range(256))


def test_a_uint8_input_of_scale_1_gets_the_pixels_themselves() -> None:
    tensor = _tensor_for(ALL_PIXELS, "uint8", 1.0, 0)
    assert tensor.dtype == np.uint8
    assert tensor.ravel().tolist() == list(range(256))


@pytest.mark.parametrize(
    ("dtype", "scale", "zero_point"),
    [
        ("int8", 1.0, -128),
        ("int8", 2.0, -128),
        ("int8", 0.5, 3),
        ("int8", 1.003921627998352, -127),
        ("uint8", 2.0, 0),
        ("uint8", 1.0, 10),
        ("uint8", 0.25, 255),
    ],
    ids=str,
)
def test_every_pixel_is_quantized_by_the_formula(dtype: str, scale: float, zero_point: int) -> None:
    """round(real / scale) + zero_point, half to even, saturating: the LiteRT 8-bit quantization specification."""
    lowest, highest = (-128, 127) if dtype == "int8" else (0, 255)
    expected = [min(highest, max(lowest, round(pixel / scale) + zero_point)) for pixel in range(256)]
    tensor = _tensor_for(ALL_PIXELS, dtype, scale, zero_point)
    assert tensor.dtype == dtype
    assert tensor.ravel().tolist() == expected


@pytest.mark.parametrize(
    ("dtype", "scale", "zero_point"),
    [("uint8", 1 / 256, 0), ("uint8", 0.1, 17), ("int8", 1 / 256, -128), ("int8", 0.25, 5)],
    ids=str,
)
def test_every_stored_score_becomes_real_by_the_formula(dtype: str, scale: float, zero_point: int) -> None:
    limits = np.iinfo(dtype)
    raw = np.arange(limits.min, limits.max + 1).astype(dtype)
    expected = np.array([scale * (int(stored) - zero_point) for stored in raw], np.float32)
    result = _probabilities_for(raw, Scores.PROBABILITIES, dtype, scale, zero_point)
    assert result.dtype == np.float32
    np.testing.assert_array_equal(result, expected)


def test_float_probabilities_are_given_as_they_are() -> None:
    raw = np.array([0.5, 0.25, 0.25], np.float32)
    np.testing.assert_array_equal(_probabilities_for(raw, Scores.PROBABILITIES, "float32"), raw)


@pytest.mark.parametrize("given", [("float32",), ("int8", 0.5, 3), ("uint8", 0.25, 128)], ids=str)
def test_logits_become_probabilities(given: tuple[Any, ...]) -> None:
    raw = np.array([1, -4, 7, 7], "int8").astype(given[0]) if given[0] != "uint8" else np.array([0, 9, 255], "uint8")
    scale, zero_point = given[1:] or (1.0, 0)
    powers = [math.exp(scale * (int(stored) - zero_point)) for stored in raw]
    result = _probabilities_for(raw, Scores.LOGITS, *given)
    np.testing.assert_allclose(result, np.array(powers) / sum(powers), rtol=1e-5)


@pytest.mark.parametrize("batch", [1, 4])
def test_one_image_gives_one_row_and_many_give_many(batch: int) -> None:
    classifier, _ = _counting(batch)
    images = _numbered(3)
    assert classifier.predict(images[2]).tolist() == [0, 2, 7]
    assert classifier.predict(images[2:]).tolist() == [[0, 2, 7]]
    assert classifier.predict(images).tolist() == [[0, 0, 7], [0, 1, 7], [0, 2, 7]]


@pytest.mark.parametrize("batch", [1, 4])
@pytest.mark.parametrize("count", [1, 3, 4, 5, 255, 256, 257, 600, 1023, 1024, 1025, 2100])
def test_every_image_gets_its_own_answer_in_order(batch: int, count: int) -> None:
    """The counts lie around one batch and around the 256 batches that are encoded at once."""
    classifier, session = _counting(batch)
    images = _numbered(count)
    np.testing.assert_array_equal(classifier.predict(images), images[:, 0, 0, :])
    assert len(session.tensors) == math.ceil(count / batch)
    assert {tensor.shape for tensor in session.tensors} == {(batch, 1, 2, 3)}


def test_the_last_batch_is_filled_with_zeros() -> None:
    classifier, session = _counting(4)
    classifier.predict(_numbered(6))
    assert session.tensors[1][:2, 0, 0, 1].tolist() == [4, 5]
    assert not session.tensors[1][2:].any()


def test_a_keras_model_gets_its_last_batch_as_it_is() -> None:
    classifier, session = _counting(4, Format.KERAS)
    assert classifier.predict(_numbered(6))[:, 1].tolist() == [0, 1, 2, 3, 4, 5]
    assert [len(tensor) for tensor in session.tensors] == [4, 2]


@pytest.mark.parametrize("batch", [1, 4])
@pytest.mark.parametrize("given", [("float32",), ("uint8", 0.5, 0), ("int8", 0.5, 0)], ids=str)
@pytest.mark.parametrize("scores", list(Scores), ids=lambda one: one.value)
def test_no_images_give_no_rows(batch: int, given: tuple[Any, ...], scores: Scores) -> None:
    session = FakeSession(lambda tensor: pytest.fail("there is nothing to run"))
    classifier = Classifier(Opened(_contract((batch, 1, 2, 3), 5, given=given, scores=scores), session))
    result = classifier.predict(np.zeros((0, 1, 2, 3), np.uint8))
    assert result.dtype == np.float32
    assert result.shape == (0, 5)


@pytest.mark.parametrize("batch", [1, 4])
@pytest.mark.parametrize(
    "taken", [("float32",), ("uint8", 1.0, 0), ("int8", 1.0, -128)], ids=["float32", "uint8", "int8"]
)
def test_an_array_that_is_not_contiguous_gives_the_same_answer(batch: int, taken: tuple[Any, ...]) -> None:
    session = FakeSession(lambda tensor: tensor.reshape(len(tensor), -1).astype(np.float32))
    classifier = Classifier(Opened(_contract((batch, 2, 3, 3), 18, taken=taken), session))
    images = np.random.default_rng(0).integers(0, 256, (10, 2, 3, 3), dtype=np.uint8)
    turned = np.asfortranarray(images)
    every_second = np.repeat(images, 2, axis=0)[::2]
    mirrored = images[:, :, ::-1].copy()[:, :, ::-1]
    for other in (turned, every_second, mirrored):
        assert not other.flags.c_contiguous
        np.testing.assert_array_equal(classifier.predict(other), classifier.predict(images))
        np.testing.assert_array_equal(classifier.predict(other[3]), classifier.predict(images[3]))


@pytest.mark.parametrize("dtype", ["float32", "float64", "int8", "int64", "bool"])
@pytest.mark.parametrize("batch", [1, 4])
def test_images_that_are_not_uint8_are_a_type_error(batch: int, dtype: str) -> None:
    classifier, session = _counting(batch)
    with pytest.raises(TypeError, match=f"must be uint8 pixels 0..255, not {dtype}; do not scale them"):
        classifier.predict(np.zeros((1, 1, 2, 3), dtype))
    assert not session.tensors


@pytest.mark.parametrize(
    "shape",
    [(), (2, 3), (1, 2, 1), (2, 1, 3), (1, 1, 2), (1, 2, 2, 3), (1, 3, 1, 2), (1, 1, 1, 2, 3), (0,), (0, 2, 1, 3)],
    ids=str,
)
@pytest.mark.parametrize("batch", [1, 4])
def test_images_of_another_shape_are_a_value_error(batch: int, shape: tuple[int, ...]) -> None:
    classifier, session = _counting(batch)
    with pytest.raises(ValueError, match=r"this model takes \(1, 2, 3\) or \(N, \*\(1, 2, 3\)\)"):
        classifier.predict(np.zeros(shape, np.uint8))
    assert not session.tensors


def test_the_images_are_left_as_they_are() -> None:
    classifier, _ = _counting(4)
    images = _numbered(6)
    images.flags.writeable = False
    classifier.predict(images)
    np.testing.assert_array_equal(images, _numbered(6))


@pytest.mark.parametrize("scale", [0.05, 0.3, 4.0], ids=["narrow", "usual", "wide"])
@pytest.mark.parametrize("dtype", ["int8", "uint8"])
def test_quantized_logits_become_the_softmax_of_their_real_values(dtype: str, scale: float) -> None:
    stored = np.array([-100, -98, -90, -120], np.int8).view(dtype)
    zero_point = {"int8": 5, "uint8": 150}[dtype]
    real = (stored.astype(np.float64) - zero_point) * scale
    expected = np.exp(real - real.max()) / np.exp(real - real.max()).sum()
    found = _probabilities_for(stored, Scores.LOGITS, dtype, scale, zero_point)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-30)


def test_scores_are_what_the_model_gives_before_the_softmax() -> None:
    session = FakeSession(lambda tensor: np.array([[3, 1, -2]], np.int8))
    contract = _contract((1, 1, 1, 1), 3, given=("int8", 0.5, 1), scores=Scores.LOGITS)
    classifier = Classifier(Opened(contract, session))
    assert classifier.scores(np.zeros((1, 1, 1), np.uint8)).tolist() == [1.0, 0.0, -1.5]
    assert classifier.scores(np.zeros((2, 1, 1, 1), np.uint8)).shape == (2, 3)


RGB = np.array([[[10, 20, 30], [0, 128, 255]]], np.uint8)


@pytest.mark.parametrize(
    ("preprocessing", "expected"),
    [
        pytest.param(Preprocessing(colour="BGR"), RGB[..., ::-1], id="BGR"),
        pytest.param(Preprocessing(scale=(1 / 127.5,), offset=(-1.0,)), RGB / 127.5 - 1, id="-1..1"),
        pytest.param(
            Preprocessing(scale=(0.1, 0.2, 0.3), offset=(1.0, 2.0, 3.0)),
            RGB * np.array([0.1, 0.2, 0.3]) + np.array([1.0, 2.0, 3.0]),
            id="per channel",
        ),
        pytest.param(
            Preprocessing(colour="BGR", scale=(0.1, 0.2, 0.3), offset=(1.0,)),
            RGB[..., ::-1] * np.array([0.1, 0.2, 0.3]) + 1,
            id="per channel, in the order that the model takes",
        ),
    ],
)
@pytest.mark.parametrize("taken", [("float32",), ("int8", 0.25, 3), ("uint8", 1.0, 0)], ids=lambda taken: taken[0])
def test_pixels_are_scaled_and_ordered_as_the_contract_says(
    preprocessing: Preprocessing, expected: npt.NDArray[np.float64], taken: tuple[Any, ...]
) -> None:
    session = FakeSession(lambda tensor: np.zeros((1, 2), np.float32))
    contract = replace(_contract((1, 1, 2, 3), 2, taken=taken), preprocessing=preprocessing)
    Classifier(Opened(contract, session)).predict(RGB)
    if taken[0] != "float32":
        limits = np.iinfo(taken[0])
        expected = (np.rint(expected / taken[1]) + taken[2]).clip(limits.min, limits.max)
    np.testing.assert_allclose(session.tensors[0][0], expected, rtol=1e-6)
    assert session.tensors[0].dtype == taken[0]
