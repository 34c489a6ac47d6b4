"""TensorBoard logs, written without the tensorboard package."""

from __future__ import annotations

import functools
from pathlib import Path

from edgecnn.models.framework import import_tensorflow
from edgecnn.train.epoch_end import Epoch, EpochListener

_SCALAR_DATA = 1
"""`DATA_CLASS_SCALAR` of TensorFlow's summary.proto."""


def log_to(folder: Path) -> EpochListener:
    """Return a report callback that writes each epoch's loss and accuracy to an event file in `folder`.

    The file is created with the first epoch. The tags are those of the history: "loss", "accuracy", "val_loss",
    "val_accuracy"; the step is the epoch.
    """
    tf = import_tensorflow()
    kinds = tf.compat.v1.SummaryMetadata
    metadata = kinds(plugin_data=kinds.PluginData(plugin_name="scalars"), data_class=_SCALAR_DATA)
    made = functools.cache(lambda: tf.summary.create_file_writer(str(folder)))

    def report(epoch: Epoch) -> None:
        writer = made()
        with writer.as_default():
            for name, value in epoch.values.items():
                tf.summary.write(name, tf.constant(value, tf.float32), epoch.number, metadata)
        writer.flush()

    return report
