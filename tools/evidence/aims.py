"""The aims of the shipped models, as int8 on LiteRT."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Aim:
    """The least accuracy, the largest size, and the largest latency as a multiple of a reference's."""

    top1: float
    macs: float | None = None
    to_resnet8: float | None = None
    to_wide: float | None = None


@dataclass(frozen=True)
class Measured:
    """The measured values of one model; `float32` is the top-1 of its Keras model."""

    top1: float
    float32: float
    macs: int
    to_resnet8: float
    to_wide: float


MOST_LOST = 0.3
"""Most points of top-1 that int8 may lose to float32."""

AIMS = {
    "tutorial_cnn": Aim(top1=0.80),
    "edge_s": Aim(top1=0.89, macs=12.5e6, to_resnet8=0.5),
    "edge_m": Aim(top1=0.914, macs=30.6e6, to_wide=0.45),
    "edge_l": Aim(top1=0.93, to_wide=0.65),
}
"""Set before the first of these models was trained. 30.6 M are 0.4 times the multiply-accumulates of the wide network;
the limits on latency come from measurements on a processor with AMX."""


def check(name: str, measured: Measured) -> list[tuple[str, str, bool]]:
    """Return each aim of a model as text, its measured value, and whether it was reached."""
    aim = AIMS.get(name)
    if aim is None:
        return []
    lost = 100 * (measured.float32 - measured.top1)
    checks = [
        (f"top-1 at least {aim.top1:.1%}", f"{measured.top1:.2%}", measured.top1 >= aim.top1),
        (f"at most {MOST_LOST:.1f} points lost", f"{lost:.2f}", round(lost, 6) <= MOST_LOST),
    ]
    if aim.macs is not None:
        macs = measured.macs / 1e6
        checks.append((f"at most {aim.macs / 1e6:.1f} M MACs", f"{macs:.1f} M", measured.macs <= aim.macs))
    for limit, ratio, reference in (
        (aim.to_resnet8, measured.to_resnet8, "ResNet-8"),
        (aim.to_wide, measured.to_wide, "wide ResNet-8"),
    ):
        if limit is not None:
            checks.append((f"at most {limit:.2f} × {reference}", f"{ratio:.2f}", ratio <= limit))
    return checks
