"""`edgecnn inspect`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from edgecnn.cli.options import as_json
from edgecnn.spec import Format
from edgecnn.text import plain

if TYPE_CHECKING:
    from edgecnn.inspection.result import Affine, Inspection, KindTotal, Operation, Tensor

_LONGEST = 40


@click.command("inspect")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--by-layer", is_flag=True, help="List every operation, not only their types.")
@as_json
def command(file: Path, by_layer: bool, as_json: bool) -> None:
    """Show what is inside FILE, a .tflite or .onnx model of any origin, without running it.

    Lists operations with their parameters, weight bytes, multiply-accumulates, number type and weight quantization
    ("×32": 32 scales, one per channel), which of them XNNPACK runs here, and the oldest runtime that loads the file.
    --json has all of it, with every shape.
    """
    from edgecnn.inspection.inspect import inspect_file

    found = inspect_file(file)
    if as_json:
        from edgecnn.cli.screen import print_json
        from edgecnn.schema import encode

        print_json(encode(found))
        return
    _print_head(found)
    if by_layer:
        _print_layers(found)
    else:
        _print_types(found)
    _print_totals(found)


def _print_head(found: Inspection) -> None:
    versions = ", ".join(f"{_name(name)} {version}" for name, version in found.versions.items())
    producer = f", made with {_name(found.producer)}" if found.producer else ""
    click.echo(f"{_name(found.name)}: {found.format.value}, {found.size_bytes:,} bytes ({versions}){producer}")
    for word, tensors in (("input", found.inputs), ("output", found.outputs)):
        for tensor in tensors:
            click.echo(f"{word}: {_name(tensor.name)} {_tensor(tensor)}")
    if found.contract:
        click.echo(_contract(found))


def _print_types(found: Inspection) -> None:
    columns = ("operation", "computes in", "count", "XNNPACK", "parameters", "bytes", "MACs")
    _print(found, columns, [_type_row(total, found.format) for total in found.by_type], left=2)


def _type_row(total: KindTotal, file_format: Format) -> tuple[str, ...]:
    return (
        _kind(total.type, total.versions, file_format),
        ", ".join(total.arithmetic),
        f"{total.count:,}",
        "?" if total.on_xnnpack is None else f"{total.on_xnnpack:,}",
        f"{total.parameters:,}",
        f"{total.weight_bytes:,}",
        f"{total.macs:,}",
    )


def _print_layers(found: Inspection) -> None:
    columns = ("operation", "layer", "output", "computes in", "weights", "XNNPACK", "parameters", "bytes", "MACs")
    _print(found, columns, [_layer_row(one, found.format) for one in found.operations], left=6)


def _layer_row(one: Operation, file_format: Format) -> tuple[str, ...]:
    return (
        _kind(one.type, (one.version,), file_format),
        _name(one.layer),
        " ".join(_shape(tensor) for tensor in one.outputs),
        one.arithmetic,
        _weights(one),
        "?" if one.on_xnnpack is None else "yes" if one.on_xnnpack else "no",
        f"{one.parameters:,}",
        f"{one.weight_bytes:,}",
        "?" if one.macs is None else f"{one.macs:,}",
    )


def _print(found: Inspection, columns: tuple[str, ...], rows: list[tuple[str, ...]], left: int) -> None:
    """Print a table, without the column for XNNPACK if the format does not use it."""
    from edgecnn.cli.screen import print_table

    unused = columns.index("XNNPACK") if found.xnnpack is None else len(columns)
    shown = [tuple(cell for place, cell in enumerate(row) if place != unused) for row in (columns, *rows)]
    print_table(shown[0], shown[1:], left=left - (unused < left))


def _kind(kind: str, versions: tuple[int, ...], file_format: Format) -> str:
    """Return an operation with its versions, which in ONNX are those of the whole file's operator sets."""
    return f"{_name(kind)}{f' v{_joined(versions)}' if file_format is Format.TFLITE else ''}"


def _joined(versions: tuple[int, ...]) -> str:
    return "/".join(str(version) for version in versions)


def _print_totals(found: Inspection) -> None:
    unknown = f", {found.uncounted:,} operations of unknown shape not among them" if found.uncounted else ""
    click.echo(
        f"{len(found.operations):,} operations, {found.parameters:,} parameters in {found.weight_bytes:,} bytes, "
        f"{found.macs:,} MACs (multiply-accumulates of one run, biases not counted{unknown})"
    )
    if found.subgraphs > 1:
        click.echo(f"the other {found.subgraphs - 1} subgraphs, bodies of loops and conditions, are not counted")
    click.echo(
        f"activations: at least {found.memory.peak_bytes:,} bytes at once, the largest from "
        f"{_name(found.memory.largest)} takes {found.memory.largest_bytes:,}"
    )
    if found.xnnpack:
        click.echo(_xnnpack(found))
    click.echo(_runtime(found))


def _contract(found: Inspection) -> str:
    contract = found.contract
    assert contract is not None
    if contract.problem:
        return f"contract: {plain(contract.problem, 400)}"
    return (
        f"contract: {_name(contract.model)} in {contract.precision}, {contract.labels:,} labels, "
        f"gives {contract.scores}, exported by edgecnn {_name(contract.made_with)}"
    )


def _xnnpack(found: Inspection) -> str:
    assert found.xnnpack is not None
    if found.xnnpack.taken is None:
        return f"XNNPACK: {plain(found.xnnpack.note, 400)}"
    left = [one.type for one in found.operations if not one.on_xnnpack]
    rest = f"; not {plain(', '.join(dict.fromkeys(left)), 200)}" if left else ""
    return f"XNNPACK takes {found.xnnpack.taken:,} of {len(found.operations):,} operations ({found.xnnpack.note}){rest}"


def _runtime(found: Inspection) -> str:
    runtime = found.runtime
    because = plain(runtime.because, 100)
    if runtime.oldest is None:
        said = f"oldest {runtime.name} that loads it: unknown, {because} is not in edgecnn's tables"
    else:
        said = f"loads in {runtime.name} {runtime.oldest} and later, because of {because}"
    if runtime.declared:
        said += f" (the file says {_name(runtime.declared)})"
    return said + "".join(f"; refused by {plain(one, 200)}" for one in runtime.refused_by)


def _tensor(tensor: Tensor) -> str:
    return f"{_shape(tensor)} {tensor.dtype}{f', {_affine(tensor.affine)}' if tensor.affine else ''}"


def _shape(tensor: Tensor) -> str:
    if tensor.shape is None:
        return "unknown"
    return "×".join("?" if size < 0 else str(size) for size in tensor.shape) or "scalar"


def _weights(one: Operation) -> str:
    if not one.weights:
        return ""
    largest = one.weights[0]
    if largest.affine is None:
        return largest.dtype
    scales = f" ×{largest.affine.scales:,}" if largest.affine.axis is not None else ""
    return f"{largest.dtype}{scales}{'' if largest.affine.symmetric else ' asymmetric'}"


def _affine(affine: Affine) -> str:
    kind = "symmetric" if affine.symmetric else "asymmetric"
    if affine.axis is not None:
        return f"{affine.scales:,} scales, {kind}"
    return f"scale {affine.scale:.6g}, zero-point {affine.zero_point}" if affine.scale is not None else "one scale"


def _name(text: str) -> str:
    """Return a name from the file, shortened."""
    return plain(text, _LONGEST)
