"""Training images in memory to shuffled, augmented batches."""

from __future__ import annotations

from typing import Any

from edgecnn.data.dataset import Dataset
from edgecnn.models.framework import import_tensorflow
from edgecnn.train.recipe import Recipe

MAX_SHIFT_PIXELS = 4


def training_batches(dataset: Dataset, recipe: Recipe, class_count: int, seed: int) -> Any:
    """Return a `tf.data.Dataset` for one epoch: uint8 (B, H, W, C) images, float32 (B, class_count) one-hot labels."""
    tf = import_tensorflow()
    one_hot = tf.one_hot(dataset.labels, class_count)
    batches = (
        tf.data.Dataset.from_tensor_slices((dataset.images, one_hot))
        .shuffle(len(dataset), seed=seed)
        .batch(recipe.batch_size)
    )
    if recipe.augmentation == "shift-and-flip":
        batches = batches.map(lambda images, labels: (shift_and_flip(images), labels), num_parallel_calls=1)
    return batches.prefetch(2)


def shift_and_flip(images: Any) -> Any:
    """Return each image moved by up to `MAX_SHIFT_PIXELS` both ways, edges reflected, and mirrored half the time.

    Args:
        images: uint8 tensor, (B, H, W, C).

    Returns:
        The same shape and dtype.
    """
    tf = import_tensorflow()
    count, height, width = tf.shape(images)[0], images.shape[1], images.shape[2]
    edge = [MAX_SHIFT_PIXELS, MAX_SHIFT_PIXELS]
    padded = tf.pad(images, [[0, 0], edge, edge, [0, 0]], mode="REFLECT")
    top, left = (tf.random.uniform([count, 1], 0, 2 * MAX_SHIFT_PIXELS + 1, tf.int32) for _ in range(2))
    rows = top + tf.range(height)
    columns = left + tf.range(width)
    mirrored = tf.random.uniform([count, 1]) < 0.5
    columns = tf.where(mirrored, columns[:, ::-1], columns)
    shape = [count, height, width]
    index = tf.stack([tf.broadcast_to(rows[:, :, None], shape), tf.broadcast_to(columns[:, None, :], shape)], axis=-1)
    return tf.gather_nd(padded, index, batch_dims=1)
