"""Facts about a model for other tools, in any format."""

from __future__ import annotations

from dataclasses import dataclass

from edgecnn.spec import Scores

DARKEST, BRIGHTEST = 0, 255
_SHOWN_LABELS = 10


@dataclass(frozen=True, slots=True)
class Facts:
    """What viewers show and other tools use of an image classifier with one input (NHWC) and one output (N, classes).

    Attributes:
        name: of the model.
        description: what it does, in a sentence.
        labels: class names in the order of the output's last axis.
        scores: what the output holds.
        colour: order of the channels: "RGB", or "L" for one channel.
        mean, std: of pixels 0..255: the file takes (pixel - mean) / std, one number for all channels or one for each.
            An integer input takes that number quantized by its own scale and zero-point.
        version, author, license: of the model; "" where not known.
        producer: name and version of the tool that wrote the file.
    """

    name: str
    description: str
    labels: tuple[str, ...]
    scores: Scores
    colour: str = "RGB"
    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)
    version: str = ""
    author: str = ""
    license: str = ""
    producer: tuple[str, str] = ("edgecnn", "")

    @property
    def lowest(self) -> tuple[float, ...]:
        """The value of a black pixel, for each number in mean and std."""
        return tuple((DARKEST - mean) / std for mean, std in zip(self.mean, self.std, strict=True))

    @property
    def highest(self) -> tuple[float, ...]:
        """The value of a white pixel, for each number in mean and std."""
        return tuple((BRIGHTEST - mean) / std for mean, std in zip(self.mean, self.std, strict=True))

    @property
    def about_input(self) -> str:
        """One sentence about the input."""
        kind = "RGB" if self.colour == "RGB" else "grey"
        ranges = sorted({f"{low:g}..{high:g}" for low, high in zip(self.lowest, self.highest, strict=True)})
        return f"Image to be classified: height, width, channels; {kind}, values {' or '.join(ranges)}."

    @property
    def about_output(self) -> str:
        """One sentence about the output, with the first labels."""
        kind = "Probability" if self.scores is Scores.PROBABILITIES else "Logit"
        more = len(self.labels) - _SHOWN_LABELS
        rest = f" and {more:,} more" if more > 0 else ""
        return f"{kind} of each class: {', '.join(self.labels[:_SHOWN_LABELS])}{rest}."
