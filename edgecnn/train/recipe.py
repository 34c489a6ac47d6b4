"""Training recipes: augmentation, duration and learning rate."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Recipe:
    """One way to train a model. It contains everything that decides the result except the seed.

    Attributes:
        epochs, batch_size: as in Keras.
        optimizer: "adam", "adamw", or "sgd" with Nesterov's momentum of 0.9.
        learning_rate: constant, or the peak of the schedule.
        schedule: "constant", or "one-cycle": linear up from a twentieth over the first fifth, then a cosine to 0.
        weight_decay: of AdamW and SGD, decoupled: each step takes `learning_rate * weight_decay` off the weights.
        label_smoothing: share of the target that is spread over all classes.
        augmentation: "none", or "shift-and-flip": shifted along both axes with reflected edges, mirrored half the time.
        max_shift: most pixels by which "shift-and-flip" moves an image.
        cutout: side, in pixels, of a grey square in each image; 0 for none.
        cutmix: share of the images that get a rectangle from another, and a share of its label; 0 for none.
        averaging: momentum of an exponential moving average of the weights, which is then kept; 0 for none.
        precision: "float32", or "bfloat16": mixed, with float32 weights, if the CPU has instructions for it.
        patience: stop after this many epochs without better accuracy on the held-out images, and keep the best;
            0 runs all epochs and keeps the last. Needs held-out images.
        teacher: name or path of a trained model of pixels 0..255 whose answers are mixed into the targets; "" for none.
        teacher_share: share of the target that the teacher's answer makes up.
        validates_on_test: show the accuracy on the test images after each epoch, as the tutorial does.
            It never chooses anything.
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
    max_shift: int = 4
    cutout: int = 0
    cutmix: float = 0.0
    averaging: float = 0.0
    precision: str = "float32"
    patience: int = 0
    teacher: str = ""
    teacher_share: float = 0.0
    validates_on_test: bool = False


_EDGE = Recipe(
    "shifted and mirrored images, SGD on a one-cycle schedule, label smoothing, averaged weights, bfloat16",
    epochs=60,
    batch_size=128,
    optimizer="sgd",
    learning_rate=0.15,
    schedule="one-cycle",
    weight_decay=5e-4,
    label_smoothing=0.1,
    augmentation="shift-and-flip",
    max_shift=3,
    averaging=0.998,
    precision="bfloat16",
)

_EDGE_CUTMIX = replace(
    _EDGE,
    description="as edge, with more shifting and half of the images mixed, "
    "for models that overfit with edge-cutout too",
    max_shift=4,
    cutmix=0.5,
)

RECIPES: dict[str, Recipe] = {
    "tutorial": Recipe(
        "the TensorFlow tutorial's: Adam, batch 32, 10 epochs, plain images; bfloat16",
        epochs=10,
        batch_size=32,
        precision="bfloat16",
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
    "edge": _EDGE,
    "edge-cutout": replace(
        _EDGE,
        description="as edge, with more shifting and a grey square in each image, for models that overfit without",
        max_shift=4,
        cutout=10,
    ),
    "edge-cutmix": _EDGE_CUTMIX,
    "edge-distilled": replace(
        _EDGE_CUTMIX,
        description="as edge-cutmix, and half of each target is what edge_l answers, for smaller models of CIFAR-10",
        label_smoothing=0.0,
        teacher="edge_l",
        teacher_share=0.5,
    ),
    "edge-small": replace(
        _EDGE,
        description="as edge, longer and with less smoothing and shifting, for models that are too small to overfit",
        epochs=80,
        label_smoothing=0.05,
        max_shift=2,
    ),
}
