"""From pixels to probabilities on any runtime."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from edgecnn.contract import Contract
from edgecnn.preprocess import softmax
from edgecnn.runtime.backend import Opened, Tensor
from edgecnn.spec import Format, Scores, TensorSpec

_CHUNK = 256
"""Images whose input tensors are made at once; bounds the memory that many images take."""

_STORED_VALUES = np.arange(256)

Images = npt.NDArray[np.uint8]
Probabilities = npt.NDArray[np.float32]


class Classifier:
    """A loaded model that takes raw pixels. Quantization, scaling and batching are its business.

    Attributes:
        contract: what the model file says about itself.
        labels: class names in the order of the scores.
    """

    def __init__(self, opened: Opened) -> None:
        self.contract: Contract = opened.contract
        self.labels = opened.contract.labels
        self._run = opened.session.run
        self._shape = self.contract.input.shape[1:]
        self._batch = self.contract.input.shape[0]
        self._batch_is_free = self.contract.format is Format.KERAS
        self._encode = _encoder(self.contract.input)
        self._decode = _decoder(self.contract)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width and channels of an image."""
        height, width, channels = self._shape
        return height, width, channels

    def predict(self, images: Images) -> Probabilities:
        """Return the probability of each class.

        Args:
            images: uint8 pixels 0..255, (H, W, C) for one image or (N, H, W, C) for many, RGB or grey as the
                contract says.

        Returns:
            float32, (classes,) for one image, (N, classes) for many; each row sums to 1 up to quantization.

        Raises:
            TypeError: the images are not uint8.
            ValueError: the images are not of the model's size.
        """
        if images.dtype != np.uint8:
            raise TypeError(f"images must be uint8 pixels 0..255, not {images.dtype}; do not scale them")
        if images.shape == self._shape and self._batch == 1:
            return self._decode(self._run(self._encode(images[None])))[0]  # type: ignore[no-any-return]
        if images.shape == self._shape:
            return self._predict_many(images[None])[0]  # type: ignore[no-any-return]
        if images.shape[1:] != self._shape:
            raise ValueError(f"images have shape {images.shape}; this model takes {self._shape} or (N, *{self._shape})")
        return self._predict_many(images)

    def _predict_many(self, images: Images) -> Probabilities:
        batch, run = self._batch, self._run
        raw = np.empty((len(images), len(self.labels)), self.contract.output.dtype)
        chunk = max(1, _CHUNK // batch) * batch
        for start in range(0, len(images), chunk):
            tensors = self._encode(images[start : start + chunk])
            for offset in range(0, len(tensors), batch):
                part = tensors[offset : offset + batch]
                raw[start + offset : start + offset + len(part)] = run(self._filled(part))[: len(part)]
        return self._decode(raw)

    def _filled(self, part: Tensor) -> Tensor:
        """Return `part` brought to the model's batch size with zeros, where the model insists on it."""
        if len(part) == self._batch or self._batch_is_free:
            return part
        filled = np.zeros((self._batch, *self._shape), part.dtype)
        filled[: len(part)] = part
        return filled


def _encoder(spec: TensorSpec) -> Callable[[Images], Tensor]:
    """Return what turns uint8 pixels into the input tensor, by table where there are only 256 values."""
    if spec.dtype == "float32":
        return lambda images: images.astype(np.float32)
    if spec.dtype == "uint8" and spec.scale == 1 and spec.zero_point == 0:
        return lambda images: images
    limits = np.iinfo(spec.dtype)
    stored = np.rint(_STORED_VALUES / spec.scale) + spec.zero_point
    table = stored.clip(limits.min, limits.max).astype(spec.dtype)
    return lambda images: table[images]


def _decoder(contract: Contract) -> Callable[[Tensor], Probabilities]:
    """Return what turns the output tensor into probabilities."""
    spec = contract.output
    to_real: Callable[[Tensor], Probabilities] = np.asarray
    if spec.dtype != "float32":
        stored = _STORED_VALUES.astype(np.uint8).view(spec.dtype).astype(np.int64)
        table = ((stored - spec.zero_point) * spec.scale).astype(np.float32)
        to_real = lambda raw: table[raw.view(np.uint8)]  # noqa: E731
    if contract.scores is Scores.LOGITS:
        return lambda raw: softmax(to_real(raw))
    return to_real
