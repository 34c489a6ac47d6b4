"""Turning pixels into probabilities on any runtime."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from edgecnn.contract import Contract
from edgecnn.runtime.backend import Opened, Tensor
from edgecnn.spec import Format, TensorSpec
from edgecnn.task import Answer, Task, find_task

if TYPE_CHECKING:
    import numpy.typing as npt

_CHUNK = 256
"""Images whose input tensors are made at once; bounds the memory that many images take."""

_PIXELS = np.arange(256)

Images = np.ndarray[Any, np.dtype[np.uint8]]
Probabilities = np.ndarray[Any, np.dtype[np.float32]]


class Classifier:
    """A loaded model that takes raw pixels. It handles quantization, scaling and batching.

    Attributes:
        contract: what the model file says about itself.
        labels: class names in the order of the scores.
        task: what the scores mean.
    """

    def __init__(self, opened: Opened, encode: Callable[[Images], Tensor] | None = None) -> None:
        """Wrap a session; `encode` overrides the contract's preprocessing, to test another way to feed the model."""
        self.contract: Contract = opened.contract
        self.labels = opened.contract.labels
        self._run = opened.session.run
        self._shape = self.contract.image_shape
        self._batch = self.contract.input.shape[0]
        self._batch_is_free = self.contract.format is Format.KERAS
        self._axes_of_one = len(self._shape)
        self._encode = encode or encoder(self.contract)
        self.task: Task = find_task(self.contract.task)
        stored = None if self.contract.output.dtype == "float32" else _real_values(self.contract.output)
        self._to_real = _to_real(stored)
        self._to_probabilities = self.task.reader(self.contract.scores, self._to_real, stored)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width and channels of an image."""
        return self._shape

    def predict(self, images: Images) -> Probabilities:
        """Return the probability of each class.

        Args:
            images: uint8 pixels 0..255, (H, W, C) for one image or (N, H, W, C) for many, RGB or grey.

        Returns:
            float32, (classes,) for one image, (N, classes) for many; where classes exclude each other, each row sums to
            1 up to quantization.

        Raises:
            TypeError: the images are not uint8.
            ValueError: the images are not of the model's size.
        """
        if images.dtype == np.uint8 and images.shape == self._shape and self._batch == 1:
            return self._to_probabilities(self._run(self._encode(images[None])))[0]  # type: ignore[no-any-return]
        raw = self._to_probabilities(self._answers(images))
        return raw[0] if images.ndim == self._axes_of_one else raw

    def top(self, image: Images, count: int) -> tuple[Answer, ...]:
        """Return the answers for one image, uint8 (H, W, C): at most `count` labels, the most probable first."""
        return self.task.top(self.predict(image), self.labels, count)

    def scores(self, images: Images) -> Probabilities:
        """Return the model's own output as real values: float32, (outputs,) for one image, (N, outputs) for many."""
        raw = self._to_real(self._answers(images))
        return raw[0] if images.ndim == self._axes_of_one else raw

    @property
    def steps(self) -> tuple[Callable[[Images], Tensor], Callable[[Tensor], Tensor], Callable[[Tensor], Probabilities]]:
        """The steps of `predict` for (1, H, W, C) pixels: to the input tensor, the output tensor, the probabilities."""
        run = self._run if self._batch == 1 else lambda tensor: self._run(self._filled(tensor))[:1]
        return self._encode, run, self._to_probabilities

    def _answers(self, images: Images) -> Tensor:
        """Return the output tensors for one image or many, (N, outputs), as the runtime gives them."""
        if images.dtype != np.uint8:
            raise TypeError(f"images must be uint8 pixels 0..255, not {images.dtype}; do not scale them")
        if images.shape == self._shape:
            images = images[None]
        if images.shape[1:] != self._shape:
            raise ValueError(f"images have shape {images.shape}; this model takes {self._shape} or (N, *{self._shape})")
        batch, run = self._batch, self._run
        raw = np.empty((len(images), self.contract.output.shape[1]), self.contract.output.dtype)
        chunk = max(1, _CHUNK // batch) * batch
        for start in range(0, len(images), chunk):
            tensors = self._encode(images[start : start + chunk])
            for offset in range(0, len(tensors), batch):
                part = tensors[offset : offset + batch]
                raw[start + offset : start + offset + len(part)] = run(self._filled(part))[: len(part)]
        return raw

    def _filled(self, part: Tensor) -> Tensor:
        """Return `part` padded with zeros to the model's batch size, where the model requires it."""
        if len(part) == self._batch or self._batch_is_free:
            return part
        filled = np.zeros((self._batch, *part.shape[1:]), part.dtype)
        filled[: len(part)] = part
        return filled


def encoder(contract: Contract) -> Callable[[Images], Tensor]:
    """Return what turns uint8 RGB or grey pixels into the input tensor, by table where a pixel has only 256 values."""
    spec, preprocessing = contract.input, contract.preprocessing
    table = _table(contract)
    is_channels_first = preprocessing.layout == "NCHW"
    if spec.dtype == "uint8" and (table == _PIXELS).all():
        encode: Callable[[Images], Tensor] = lambda images: images  # noqa: E731
    elif spec.dtype == "float32" and preprocessing.takes_raw_pixels:
        encode = lambda images: images.astype(np.float32)  # noqa: E731
    elif table.shape[0] == 1:
        encode = lambda images: table[0][images]  # noqa: E731
    else:
        channels = np.arange(table.shape[0])
        channels = channels[:, None, None] if is_channels_first else channels
        encode = lambda images: table[channels, images]  # noqa: E731
    if preprocessing.colour == "BGR" or is_channels_first:  # bytes are moved before they become floats
        step, axes = -1 if preprocessing.colour == "BGR" else 1, (0, 3, 1, 2) if is_channels_first else (0, 1, 2, 3)
        return lambda images: encode(np.ascontiguousarray(images[..., ::step].transpose(axes)))
    return encode


def _table(contract: Contract) -> Tensor:
    """Return the stored value of each pixel value, (1 or channels, 256), in the dtype of the input tensor."""
    spec, preprocessing = contract.input, contract.preprocessing
    scale, offset = (np.array(numbers)[:, None] for numbers in (preprocessing.scale, preprocessing.offset))
    real = scale * _PIXELS + offset
    if spec.dtype == "float32":
        return np.asarray(real, np.float32)
    limits = np.iinfo(spec.dtype)
    stored = np.rint(real / spec.scale) + spec.zero_point
    return np.asarray(stored.clip(limits.min, limits.max), spec.dtype)


def _to_real(stored: npt.NDArray[np.float64] | None) -> Callable[[Tensor], Probabilities]:
    """Return what turns the output tensor into real values; `stored` is what each byte means, None for float32."""
    if stored is None:
        return np.asarray
    table = stored.astype(np.float32)
    return lambda raw: table[raw.view(np.uint8)]


def _real_values(spec: TensorSpec) -> npt.NDArray[np.float64]:
    """Return the real value of each byte that the tensor can hold, float64, (256,)."""
    stored = _PIXELS.astype(np.uint8).view(spec.dtype).astype(np.int64)
    return np.asarray((stored - spec.zero_point) * spec.scale, np.float64)
