"""`edgecnn explain`."""

from __future__ import annotations

from pathlib import Path

import click

from edgecnn.models.registry import DEFAULT


@click.command("explain")
@click.argument("image", type=click.Path(path_type=Path))
@click.option("--model", default=DEFAULT, show_default=True, help="Name of a shipped model, or a .keras file.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("explained"),
    show_default=True,
    help="Folder for the pictures.",
)
def command(image: Path, model: str, out: Path) -> None:
    """Show what the convolutions of a model find in IMAGE.

    Writes the filters of the first convolution as filters.png, and the activation maps of each convolution as
    maps-01-<layer>.png and so on, from the input to the output.
    """
    from edgecnn.files import check_writable
    from edgecnn.models.registry import find_model_file
    from edgecnn.models.trained import load_trained
    from edgecnn.noise import output_to
    from edgecnn.preprocess import load_image, top_answers
    from edgecnn.runtime.load import load
    from edgecnn.train.explain import explain

    check_writable(out)
    with output_to():  # TensorFlow announces itself
        path = find_model_file(model)
        classifier, network = load_trained(path)
        pixels = load_image(image, classifier.shape)
        files = explain(network, classifier.name, pixels, out)
        scores = load(path, backend="keras").predict(pixels)
    best = top_answers(scores, classifier.labels, 1)[0]
    click.echo(f"{image}: {best.label} {best.score * 100:.0f} %")
    for file in files:
        click.echo(f"wrote {file}")
