"""Shuffled, augmented batches from training images in memory.

Order and augmentation are functions of seed, epoch and step alone, so that a resumed training sees what the
interrupted one would have seen.
"""

from __future__ import annotations

import math
from typing import Any

from edgecnn.data.dataset import Dataset
from edgecnn.models.framework import import_tensorflow
from edgecnn.train.augmentation import cut_mix, cut_out, shift_and_flip
from edgecnn.train.recipe import Recipe


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

    Targets are one-hot labels, mixed as the images are; with a teacher, `recipe.teacher_share` of them is the teacher's
    probabilities.

    Args:
        dataset: labelled images.
        recipe: gives batch size and augmentation.
        class_count: number of classes.
        seed: of order and augmentation.
        epochs: 0-based numbers of consecutive epochs; their batches follow one another.
        teacher: Keras model from float32 pixels to probabilities; None for none.

    Source of the mixture: Hinton et al., "Distilling the Knowledge in a Neural Network", 2015, at a temperature of 1.
    """
    tf = import_tensorflow()
    images, labels = tf.constant(dataset.images), tf.constant(dataset.labels)
    steps = steps_per_epoch(dataset, recipe)
    plain = tf.autograph.experimental.do_not_convert  # these have no Python control flow on tensors

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
        targets = dataset.task.targets(tf.gather(labels, positions), class_count)
        if recipe.cutmix:
            chosen, targets = cut_mix(chosen, targets, recipe.cutmix, tf.stack([seed, number]))
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
