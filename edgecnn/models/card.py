"""Model cards: where weights come from and how good they are, as JSON beside the weights."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from pathlib import Path

from edgecnn.errors import ModelError
from edgecnn.models.score import Score
from edgecnn.schema import SchemaError, decode_json, encode

CARD_NAME = "card.json"
SCHEMA_VERSION = 1
CIFAR10_TRAINING = 50_000
"""Size of the CIFAR-10 training split."""
_LEARNED_OF_CIFAR10 = re.compile(r"([\d,]+) images of the CIFAR-10 training split$")
"""Form of `training` in cards of edgecnn 0.1.0, which have no `cifar10_held_out`."""


@dataclass(frozen=True, slots=True)
class ModelCard:
    """Everything needed to assess a model's weights and to train them again.

    Attributes:
        recipe: name of the recipe.
        settings: of the recipe, the number of images held out, and the SHA-256 of a teacher's file, as text.
        epochs: how many the weights have seen.
        training: the images it was trained on.
        data_form: the form of the images, since a model trained on lossless ones loses accuracy on JPEG.
        test: on images that were not used for training or any choice.
        made_with: versions of the packages.
        macs: multiply-accumulates of one image; 0 where an older edgecnn did not count them.
        hardware: the training machine; "" if unknown.
        int8: the same test with the shipped int8 artifacts, by format; empty before there are any.
        cifar10_held_out: how many of CIFAR-10's training images it did not learn; None if it learned other images.
    """

    model: str
    parameters: int
    recipe: str
    settings: dict[str, str]
    seed: int
    epochs: int
    seconds: float
    training: str
    data_form: str
    test: Score
    class_names: tuple[str, ...]
    sha256: str
    made_with: dict[str, str]
    macs: int = 0
    hardware: str = ""
    int8: dict[str, Score] = field(default_factory=dict)
    cifar10_held_out: int | None = field(default=None, metadata={"omit_default": True})
    schema_version: int = SCHEMA_VERSION

    def to_json(self) -> bytes:
        """Return the text of `card.json`."""
        return (json.dumps(encode(self), indent=1) + "\n").encode()


def read_card(path: Path) -> ModelCard:
    """Return the card in a file.

    Raises:
        ModelError: no such file, or not a card of a version that this edgecnn reads.
    """
    try:
        card = decode_json(ModelCard, path.read_bytes(), newest=SCHEMA_VERSION)
    except (OSError, SchemaError) as error:
        raise ModelError(f"cannot read the model card {path}: {error}") from error
    learned = _LEARNED_OF_CIFAR10.match(card.training)
    if card.cifar10_held_out is None and learned:
        return replace(card, cifar10_held_out=CIFAR10_TRAINING - int(learned[1].replace(",", "")))
    return card
