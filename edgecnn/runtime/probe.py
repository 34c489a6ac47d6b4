"""Finding out unstated facts about a model by running it."""

from __future__ import annotations

import numpy as np

from edgecnn.runtime.backend import Opened, Session
from edgecnn.runtime.classifier import Classifier
from edgecnn.runtime.foreign import ForeignContract, ForeignDescription
from edgecnn.spec import Scores


def with_scores(description: ForeignDescription, session: Session) -> ForeignContract:
    """Return the contract of a foreign model whose scores were found to be probabilities or logits; a note says why.

    It is run on an image of noise and a grey one, and its task says what its scores can be.
    """
    images = np.random.default_rng(0).integers(0, 256, (2, *description.image_shape), np.uint8)
    images[1] = 128
    classifier = Classifier(Opened(description.with_scores(Scores.LOGITS), session))
    found, why = classifier.task.scores_of(classifier.scores(images), description.output)
    scores = found or Scores.LOGITS
    note = f"nobody says what the scores are: {why}, so they are taken for {scores.value}"
    return description.with_scores(scores, note)
