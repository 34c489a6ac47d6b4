"""Finding which way of feeding a model explains its accuracy: the right one or a common mistake.

A model that is fed wrongly still answers, but less accurately. This module tries each way on labelled images.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from edgecnn.contract import FITS, RESIZE_FILTERS, Preprocessing
from edgecnn.data.dataset import Dataset, Pixels
from edgecnn.intervals import Interval, wilson
from edgecnn.runtime.backend import Opened, Tensor
from edgecnn.runtime.classifier import Classifier, encoder

if TYPE_CHECKING:
    from edgecnn.task import Answers

STATED = "as stated"
LABELS_IN_ANOTHER_ORDER = "as stated, labels in another order"

_WHITE = 255.0
_IMAGENET_MEANS, _IMAGENET_DEVIATIONS = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Source: torchvision's documentation of its pre-trained models."""
_CAFFE_MEANS = (103.939, 116.779, 123.68)
"""Blue, green, red. Source: keras.applications.imagenet_utils, mode "caffe"."""

_SCALES = {
    "pixels 0..255": ((1.0,), (0.0,)),
    "scaled to 0..1": ((1 / _WHITE,), (0.0,)),
    "scaled to -1..1": ((2 / _WHITE,), (-1.0,)),
    "divided by 255 twice": ((1 / _WHITE**2,), (0.0,)),
}
_SCALES_OF_COLOUR = {
    "less ImageNet's mean, by its deviation": (
        tuple(1 / (_WHITE * one) for one in _IMAGENET_DEVIATIONS),
        tuple(-mean / one for mean, one in zip(_IMAGENET_MEANS, _IMAGENET_DEVIATIONS, strict=True)),
    ),
    "less ImageNet's mean (caffe)": ((1.0,), tuple(-mean for mean in _CAFFE_MEANS)),
}

LoadImages = Callable[[Preprocessing], Dataset]
"""Reads the labelled images with another resizing."""


@dataclass(frozen=True, slots=True)
class FeedingTrial:
    """One way to feed the model, and the resulting share of correct answers with its 95 % interval."""

    name: str
    top1: Interval


@dataclass(frozen=True, slots=True)
class FeedingDiagnosis:
    """The result of a diagnosis.

    Attributes:
        images: the number of images.
        tried: all ways, the stated one first, then the best first.
        sentence: says which way explains the observed accuracy.
    """

    images: int
    tried: tuple[FeedingTrial, ...]
    sentence: str


def diagnose_feeding(opened: Opened, load: LoadImages, *, resizes: bool, seen: float | None = None) -> FeedingDiagnosis:
    """Return the model's accuracy for each way to feed it.

    Args:
        opened: the model on a runtime, with the way to feed it that is stated.
        load: reads the labelled images.
        resizes: whether they are pictures of other sizes, so that the resizing matters.
        seen: an observed top-1 accuracy, 0..1; None asks whether the stated way is the best.

    Raises:
        DataError: the images have no labels.
    """
    stated = opened.contract.preprocessing
    dataset = load(stated)
    _ = dataset.known_labels
    first = _answers(opened, encoder(opened.contract), dataset.images)
    tried = [FeedingTrial(STATED, _top1(first, dataset)), *_label_order(first, dataset)]
    tried += [
        FeedingTrial(name, _top1(_answers(opened, encode, dataset.images), dataset))
        for name, encode in _feedings(opened)
    ]
    if resizes:
        for name, other in _resizings(stated):
            again = load(other)
            tried.append(FeedingTrial(name, _top1(_answers(opened, encoder(opened.contract), again.images), again)))
    ordered = (tried[0], *sorted(tried[1:], key=lambda one: -one.top1.value))
    return FeedingDiagnosis(len(dataset), ordered, _explained(ordered, seen))


def _feedings(opened: Opened) -> Iterator[tuple[str, Callable[[Pixels], Tensor]]]:
    """Yield every way except the stated one, by name."""
    contract, stated = opened.contract, opened.contract.preprocessing
    colours = ("RGB", "BGR") if stated.colour != "L" else ("L",)
    scales = {**_SCALES, **(_SCALES_OF_COLOUR if stated.colour != "L" else {})}
    for scale_name, (scale, offset) in scales.items():
        for colour in colours:
            other = replace(stated, scale=scale, offset=offset, colour=colour)
            if not _same(other, stated):
                name = scale_name if colour == "L" else f"{colour}, {scale_name}"
                yield name, encoder(replace(contract, preprocessing=other))
    if stated.colour != "L" and not any(_same(stated, replace(stated, scale=s, offset=o)) for s, o in scales.values()):
        swapped = replace(stated, colour="BGR" if stated.colour == "RGB" else "RGB")
        yield f"{swapped.colour}, scaled as stated", encoder(replace(contract, preprocessing=swapped))
    right = encoder(contract)
    if stated.colour != "L" and stated.layout == "NCHW":
        yield "channels last (NHWC)", lambda images: right(_channels_last(images))
    elif stated.colour != "L":
        yield "channels first (NCHW)", lambda images: right(_channels_first(images))
    if contract.input.dtype != "uint8":
        dtype = contract.input.dtype
        yield "int8 wrap-around, astype(int8) without - 128", lambda images: images.astype(np.int8).astype(dtype)


def _same(one: Preprocessing, other: Preprocessing) -> bool:
    """Whether both feed the same values."""

    def filled(values: tuple[float, ...]) -> tuple[float, ...]:
        return values * 3 if len(values) == 1 else values

    pairs = zip((*filled(one.scale), *filled(one.offset)), (*filled(other.scale), *filled(other.offset)), strict=True)
    return one.colour == other.colour and all(np.isclose(a, b, rtol=1e-3, atol=1e-9) for a, b in pairs)


def _resizings(stated: Preprocessing) -> Iterator[tuple[str, Preprocessing]]:
    for method in RESIZE_FILTERS:
        if method != stated.resize:
            yield f"resized with {method}", replace(stated, resize=method)
    for fit in FITS:
        if fit != stated.fit:
            yield f"fitted by {fit}", replace(stated, fit=fit)


def _channels_first(images: Pixels) -> Pixels:
    """Return the bytes of NCHW images as if they were NHWC."""
    return np.ascontiguousarray(images.transpose(0, 3, 1, 2)).reshape(images.shape)


def _channels_last(images: Pixels) -> Pixels:
    """Return the images whose NCHW bytes are the NHWC bytes of the given ones."""
    count, height, width, channels = images.shape
    return images.reshape(count, channels, height, width).transpose(0, 2, 3, 1)


def _answers(opened: Opened, encode: Callable[[Pixels], Tensor], images: Pixels) -> Answers:
    classifier = Classifier(opened, encode)
    return classifier.task.answers(classifier.predict(images))


def _top1(answers: Answers, dataset: Dataset) -> Interval:
    right = dataset.task.equal(answers, dataset.known_labels)
    return wilson(int(right.sum()), right.size)


def _label_order(answers: Answers, dataset: Dataset) -> Iterator[FeedingTrial]:
    """Yield top-1 if each answer meant the class that it is most often given for, where that is one-to-one."""
    confusion = dataset.task.confusion(answers, dataset.known_labels, len(dataset.class_names))
    if confusion is None:
        return
    meant = confusion.argmax(axis=0)
    present = np.unique(answers)
    is_identity = (meant[present] == present).all()
    if len(present) > 1 and len(set(meant[present].tolist())) == len(present) and not is_identity:
        yield FeedingTrial(LABELS_IN_ANOTHER_ORDER, wilson(int(confusion[meant[present], present].sum()), len(dataset)))


def _explained(tried: tuple[FeedingTrial, ...], seen: float | None) -> str:
    stated, others = tried[0], tried[1:]
    if seen is None:
        best = others[0] if others else stated
        if best.top1.low > stated.top1.high:
            return (
                f"fed {best.name} it answers {best.top1.value:.1%} rightly, and {stated.top1.value:.1%} as stated: "
                "state it that way"
            )
        return f"as stated is right: no other way is better than {stated.top1.value:.1%}, beyond chance"
    fitting = [one for one in tried if one.top1.low <= seen <= one.top1.high]
    closest = sorted(fitting, key=lambda one: abs(one.top1.value - seen))
    if not closest:
        return f"none of these ways gives {seen:.1%}"
    if closest[0].name == STATED:
        return f"{seen:.1%} is what the model answers rightly when it is fed as stated: nothing is wrong with the input"
    named = f"{seen:.1%} is explained by: {closest[0].name} ({closest[0].top1.value:.1%})"
    rest = ", ".join(f"{one.name} ({one.top1.value:.1%})" for one in closest[1:4])
    return f"{named}; not told apart from: {rest}" if rest else named
