"""Training images in memory to shuffled, augmented batches.

Order and augmentation are functions of seed, epoch and step alone, so that a resumed training sees what the
interrupted one would have seen.
"""

from __future__ import annotations

import math
from typing import Any

from edgecnn.data.dataset import Dataset
from edgecnn.models.framework import import_tensorflow
from edgecnn.train.recipe import Recipe

_MIRROR_STREAM, _CUTOUT_STREAM = 1_000_003, 2_000_003
"""Added to a seed for draws that have nothing to do with one another."""

_GREY = 128


def steps_per_epoch(dataset: Dataset, recipe: Recipe) -> int:
    """Return the number of batches that hold every image once; the last may be smaller."""
    return math.ceil(len(dataset) / recipe.batch_size)


def training_batches(
    dataset: Dataset,
    recipe: Recipe,
    class_count: int,
    seed: int,
    epochs: range = range(1),
    *,
    teacher: Any = None,
) -> Any:
    """Return a `tf.data.Dataset` of uint8 (B, H, W, C) images and float32 (B, class_count) targets.

    Targets are one-hot labels; with a teacher, of which `recipe.teacher_share` is the teacher's probabilities.

    Args:
        dataset: labelled images.
        recipe: batch size and augmentation are taken from it.
        class_count: number of classes.
        seed: of order and augmentation.
        epochs: 0-based numbers of consecutive epochs; the batches of all follow one another.
        teacher: Keras model from float32 pixels to probabilities; None for none.

    Source of the mixture: Hinton et al., "Distilling the Knowledge in a Neural Network", 2015, at a temperature of 1.
    """
    tf = import_tensorflow()
    images, labels = tf.constant(dataset.images), tf.constant(dataset.labels)
    steps = steps_per_epoch(dataset, recipe)
    plain = tf.autograph.experimental.do_not_convert  # there is no Python control flow on tensors in these

    def one_epoch(epoch: Any) -> Any:
        order = tf.random.experimental.stateless_shuffle(tf.range(len(dataset)), tf.stack([seed, epoch]))
        numbers = tf.data.Dataset.range(epoch * steps, (epoch + 1) * steps)
        return tf.data.Dataset.zip(tf.data.Dataset.from_tensor_slices(order).batch(recipe.batch_size), numbers)

    def one_batch(positions: Any, number: Any) -> Any:
        chosen = tf.gather(images, positions)
        if recipe.augmentation == "shift-and-flip":
            chosen = shift_and_flip(chosen, recipe.max_shift, tf.stack([seed, number]))
        if recipe.cutout:
            chosen = cut_out(chosen, recipe.cutout, tf.stack([seed, number]))
        targets = tf.one_hot(tf.gather(labels, positions), class_count)
        if teacher is not None:
            share = recipe.teacher_share
            targets = (1 - share) * targets + share * teacher(tf.cast(chosen, tf.float32), training=False)
        return chosen, targets

    return (
        tf.data.Dataset.range(epochs.start, epochs.stop)
        .flat_map(plain(one_epoch))
        .map(plain(one_batch), num_parallel_calls=1)
        .prefetch(2)
    )


def shift_and_flip(images: Any, max_shift: int, seed: Any) -> Any:
    """Return each image moved by up to `max_shift` pixels both ways, edges reflected, and mirrored half the time.

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
    """Return each image with a square made grey, whose centre is anywhere in it: at the edge less is lost.

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
