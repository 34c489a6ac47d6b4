"""The order of the passes on a TensorFlow graph."""

from __future__ import annotations

from edgecnn.export.keras.passes.constants import drop_dead, fold_constants, skip_identities
from edgecnn.export.keras.passes.fold_affine import fold_affine, merge_affine
from edgecnn.export.keras.passes.layer_names import name_after_layers
from edgecnn.export.keras.passes.padding import fold_padding
from edgecnn.export.keras.passes.softmax import drop_last_softmax
from edgecnn.export.passes import Pass


def after_freezing(*, keep_softmax: bool) -> tuple[Pass, ...]:
    """Return the passes on a frozen graph; `keep_softmax` says whether a final softmax stays."""
    return (
        name_after_layers,
        skip_identities,
        fold_constants,
        drop_dead,
        skip_identities,  # the shapes of those that read constants are known now
        *(() if keep_softmax else (drop_last_softmax,)),
        fold_padding,
        fold_affine,
        merge_affine,
    )
