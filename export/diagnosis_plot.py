"""A plot of the quantization noise of each layer."""

from __future__ import annotations

import io
from typing import Any

from edgecnn.errors import BackendError
from edgecnn.export.diagnosis import NoiseDiagnosis

_INCHES_A_LAYER, _MARGIN = 0.28, 1.6


def noise_plot(diagnosis: NoiseDiagnosis) -> bytes:
    """Return a PNG of the signal-to-noise ratios by layer, in network order from top to bottom.

    The two bars of a layer are its weights alone and its activations alone; the line is its output with all noise.

    Raises:
        BackendError: Matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure  # without pyplot, no window system is needed
    except ImportError as error:
        raise BackendError("plots need Matplotlib; pip install 'edgecnn[train]'") from error
    layers = [layer for layer in diagnosis.layers if layer.own_db is not None]
    figure = Figure(figsize=(8, _MARGIN + _INCHES_A_LAYER * len(layers)), layout="constrained")
    axes = figure.subplots()
    places = range(len(layers))
    _bars(axes, [place - 0.2 for place in places], [layer.weights_db for layer in layers], "weights alone")
    _bars(axes, [place + 0.2 for place in places], [layer.activations_db for layer in layers], "activations alone")
    shown = [(layer.output_db, place) for place, layer in enumerate(layers) if layer.output_db is not None]
    axes.plot(*zip(*shown, strict=True), color="black", marker="o", markersize=3, label="output, with all noise")
    axes.set_yticks(list(places), [layer.layer for layer in layers], fontsize=8)
    axes.invert_yaxis()
    axes.set(xlabel="signal to quantization noise, dB (more is better)", title=diagnosis.artifact, xlim=(0, None))
    axes.grid(axis="x", alpha=0.3)
    axes.legend(fontsize=8)
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=120)
    return content.getvalue()


def _bars(axes: Any, places: list[float], values: list[float | None], label: str) -> None:
    axes.barh(places, [value or 0.0 for value in values], height=0.38, label=label)
