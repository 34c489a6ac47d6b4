"""`edgecnn models`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from edgecnn.cli.options import as_json

if TYPE_CHECKING:
    from edgecnn.models.card import ModelCard
    from edgecnn.models.score import Score


@click.command("models")
@as_json
def command(as_json: bool) -> None:
    """List the models that ship with edgecnn, with the figures from their cards.

    Accuracy is top-1 on all 10,000 CIFAR-10 test images, in lossless form. MACs are multiply-accumulates per
    image. "edgecnn export MODEL" and "edgecnn evaluate MODEL" take a name from this list.
    """
    from edgecnn.cli.screen import print_json, print_table
    from edgecnn.models.card import CARD_NAME, read_card
    from edgecnn.models.registry import SHIPPED, shipped_folder
    from edgecnn.schema import encode

    cards = [read_card(shipped_folder(name) / CARD_NAME) for name in SHIPPED]
    if as_json:
        print_json([encode(card) for card in cards])
        return
    columns = ("model", "MACs", "parameters", "float32", "int8 TFLite", "int8 ONNX", "recipe", "epochs", "trained in")
    print_table(columns, [_row(card) for card in cards])


def _row(card: ModelCard) -> tuple[str, ...]:
    return (
        card.model,
        f"{card.macs / 1e6:.1f} M" if card.macs else "",
        f"{card.parameters:,}",
        _percent(card.test),
        _percent(card.int8.get("tflite")),
        _percent(card.int8.get("onnx")),
        f"{card.recipe}, seed {card.seed}",
        str(card.epochs),
        f"{card.seconds / 60:.0f} min",
    )


def _percent(score: Score | None) -> str:
    return f"{score.top1:.2%}".replace("%", " %") if score else ""
