"""`edgecnn explain`."""

from __future__ import annotations

from pathlib import Path

import click

from edgecnn.cli.feeding_options import loading_options, pixel_options
from edgecnn.cli.screen import print_line
from edgecnn.feeding import Feeding
from edgecnn.keras_loading import KerasLoading
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
@pixel_options
@loading_options
def command(image: Path, model: str, out: Path, feeding: Feeding, loading: KerasLoading) -> None:
    """Draw what the convolutions of a model respond to in IMAGE.

    Writes the filters of the first convolution as filters.png, and the activation maps of each convolution as
    maps-01-<layer>.png and so on, from input to output. --scale and the like describe the input of your own model.
    """
    from edgecnn.files import check_writable
    from edgecnn.models.registry import find_model_file
    from edgecnn.models.trained import load_trained
    from edgecnn.preprocess import load_image
    from edgecnn.redirect import output_to
    from edgecnn.runtime.classifier import Classifier, encoder
    from edgecnn.runtime.keras import open_loaded
    from edgecnn.train.explain import explain

    check_writable(out)
    with output_to():  # TensorFlow prints banners
        path = find_model_file(model)
        known, network = load_trained(path, feeding, loading)
        classifier = Classifier(open_loaded(known))
        pixels = load_image(image, classifier.shape, known.preprocessing)
        values = encoder(classifier.contract)(pixels[None])[0]
        files = explain(network, known.name, pixels, values, out)
        (best,) = classifier.top(pixels, 1)
    print_line(f"{image}: {best.label} {best.score * 100:.0f} %")
    for file in files:
        print_line(f"wrote {file}")
