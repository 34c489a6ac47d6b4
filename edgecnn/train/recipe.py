"""Training recipes: what is done with the data, for how long, and how fast it learns."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Recipe:
    """One way to train a model. Everything but the seed that decides the result is in here.

    Attributes:
        epochs, batch_size: as in Keras.
        optimizer: "adam" or "adamw".
        learning_rate: constant, or the peak of the schedule.
        schedule: "constant", or "one-cycle": linear up from a twentieth over the first fifth, then a cosine to 0.
        weight_decay: of AdamW.
        label_smoothing: share of the target that is spread over all classes.
        augmentation: "none", or "shift-and-flip": up to 4 pixels each way with reflected edges, mirrored half the time.
        validates_on_test: show the accuracy on the test images after each epoch, as the tutorial does.
            Nothing is ever chosen by it.
    """

    description: str
    epochs: int
    batch_size: int
    optimizer: str = "adam"
    learning_rate: float = 1e-3
    schedule: str = "constant"
    weight_decay: float = 0.0
    label_smoothing: float = 0.0
    augmentation: str = "none"
    validates_on_test: bool = False


RECIPES: dict[str, Recipe] = {
    "tutorial": Recipe(
        "the TensorFlow tutorial's: Adam, batch 32, 10 epochs, plain images",
        epochs=10,
        batch_size=32,
        validates_on_test=True,
    ),
    "tuned": Recipe(
        "shifted and mirrored images, AdamW on a one-cycle schedule, label smoothing",
        epochs=60,
        batch_size=128,
        optimizer="adamw",
        learning_rate=2e-3,
        schedule="one-cycle",
        weight_decay=0.02,
        label_smoothing=0.1,
        augmentation="shift-and-flip",
    ),
}
