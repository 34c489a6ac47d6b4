"""Random changes of training images. Each draw is a function of its seed alone."""

from __future__ import annotations

from typing import Any

from edgecnn.models.framework import import_tensorflow

_MIRROR_STREAM, _CUTOUT_STREAM, _CUTMIX_STREAM = 1_000_003, 2_000_003, 3_000_017
"""Added to a seed to make draws independent of each other."""

_GREY = 128


def shift_and_flip(images: Any, max_shift: int, seed: Any) -> Any:
    """Return each image shifted by up to `max_shift` pixels on both axes, edges reflected, and mirrored half the time.

    Args:
        images: uint8 tensor, (B, H, W, C).
        max_shift: pixels.
        seed: int64 tensor, (2,); the same seed gives the same draw.

    Returns:
        The same shape and dtype.
    """
    tf = import_tensorflow()
    count, height, width = tf.shape(images)[0], images.shape[1], images.shape[2]
    edge = [max_shift, max_shift]
    padded = tf.pad(images, [[0, 0], edge, edge, [0, 0]], mode="REFLECT")
    shifts = tf.random.stateless_uniform([2, count, 1], seed, 0, 2 * max_shift + 1, tf.int32)
    mirrored = tf.random.stateless_uniform([count, 1], seed + _MIRROR_STREAM) < 0.5
    rows = shifts[0] + tf.range(height)
    columns = shifts[1] + tf.range(width)
    columns = tf.where(mirrored, columns[:, ::-1], columns)
    shape = [count, height, width]
    index = tf.stack([tf.broadcast_to(rows[:, :, None], shape), tf.broadcast_to(columns[:, None, :], shape)], axis=-1)
    return tf.gather_nd(padded, index, batch_dims=1)


def cut_out(images: Any, side: int, seed: Any) -> Any:
    """Return each image with a grey square centred anywhere in it; at the edge the square is cut off.

    Args:
        images: uint8 tensor, (B, H, W, C).
        side: of the square, in pixels.
        seed: int64 tensor, (2,); the same seed gives the same draw.

    Returns:
        The same shape and dtype.

    Source: DeVries and Taylor, "Improved Regularization of Convolutional Neural Networks with Cutout", 2017.
    """
    tf = import_tensorflow()
    count, height, width = tf.shape(images)[0], images.shape[1], images.shape[2]
    drawn = tf.random.stateless_uniform([2, count, 1], seed + _CUTOUT_STREAM)
    first = [tf.cast(drawn[axis] * size, tf.int32) - side // 2 for axis, size in enumerate((height, width))]
    inside = [
        (start <= tf.range(size)) & (tf.range(size) < start + side)
        for start, size in zip(first, (height, width), strict=True)
    ]
    square = inside[0][:, :, None] & inside[1][:, None, :]
    return tf.where(square[..., None], tf.constant(_GREY, images.dtype), images)


def cut_mix(images: Any, targets: Any, share: float, seed: Any) -> tuple[Any, Any]:
    """Return images, some with a rectangle from another one in the batch, and targets mixed by area.

    A rectangle has the proportions of the image and its centre anywhere in it. Before it is cut at the edge, its share
    of the image's area is uniformly distributed.

    Args:
        images: uint8 tensor, (B, H, W, C).
        targets: float32 tensor, (B, classes).
        share: of the images to mix, 0 to 1.
        seed: int64 tensor, (2,); the same seed gives the same draw.

    Returns:
        The same shapes and dtypes.

    Source: Yun et al., "CutMix: Regularization Strategy to Train Strong Classifiers with Localizable Features", 2019,
    with a separate ratio for each image.
    """
    tf = import_tensorflow()
    count, height, width = tf.shape(images)[0], images.shape[1], images.shape[2]
    drawn = tf.random.stateless_uniform([4, count, 1], seed + _CUTMIX_STREAM)
    side = tf.where(drawn[3] < share, tf.sqrt(drawn[2]), 0.0)
    inside = []
    for axis, size in enumerate((height, width)):
        centre, half = drawn[axis] * size, side * size / 2
        pixels = tf.range(size, dtype=tf.float32) + 0.5
        inside.append((centre - half <= pixels) & (pixels < centre + half))
    rectangle = inside[0][:, :, None] & inside[1][:, None, :]
    area = tf.reduce_mean(tf.cast(rectangle, tf.float32), axis=[1, 2])[:, None]
    others = tf.where(rectangle[..., None], images[::-1], images)
    return others, (1 - area) * targets + area * targets[::-1]
