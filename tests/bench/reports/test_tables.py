"""The tables that every report shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from edgecnn.bench.case import Role
from edgecnn.bench.findings import Findings, find
from edgecnn.bench.reports.document import run_document
from edgecnn.reporting.blocks import Block, Folded, Group, Table
from tests.fakes import synthetic


def tables(findings: Findings) -> tuple[Table, ...]:
    """Return the tables of a report, without that of images on which cases differ."""

    def within(blocks: Iterable[Block]) -> Iterator[Table]:
        for block in blocks:
            if isinstance(block, Table) and block.name != "flips":
                yield block
            elif isinstance(block, Group | Folded):
                yield from within(block.blocks)

    return tuple(table for section in run_document(findings).sections for table in within(section.blocks))


def shown(name: str) -> Table:
    return next(table for table in tables(find(synthetic.result())) if table.name == name)


def row(table: Table, case: str) -> dict[str, str]:
    (found,) = [line for line in table.lines if line[0].startswith(case)]
    return dict(zip(table.columns, found, strict=True))


def test_every_figure_that_was_measured_has_a_table() -> None:
    names = [table.name for table in tables(find(synthetic.result()))]
    assert names[:12] == [
        "overview", "accuracy", "latency", "cold", "paced", "stages", "throughput", "memory", "mlperf", "energy",
        "classes", "agreement",
    ]  # fmt: skip
    assert len([name for name in names if name.startswith("operations-")]) == 5


def test_what_was_not_measured_has_no_table() -> None:
    result = synthetic.result()
    bare = tuple(
        replace(
            one,
            raw=one.raw
            and replace(
                one.raw,
                windows=(),
                energy=None,
                profile=None,
                processes=tuple(replace(process, paced_ns=(), stages_ns=()) for process in one.raw.processes),
            ),
        )
        for one in result.cases
    )
    unlabelled = replace(result, cases=bare, images=replace(result.images, labels=None))
    names = [table.name for table in tables(find(unlabelled))]
    assert names == ["overview", "accuracy", "latency", "cold", "throughput", "memory", "agreement"]
    assert tables(find(unlabelled))[1].columns == ("case", "file MB")


def test_a_latency_stands_with_its_interval_and_unit() -> None:
    found = row(shown("latency"), "net-int8.tflite")
    assert found["min µs"] == "51.0"
    assert found["p50 µs (95 %)"].startswith("52.")
    assert "–" in found["p50 µs (95 %)"]
    assert found["calls"] == "360"


def test_a_case_that_cannot_be_told_from_the_baseline_has_an_equals_sign() -> None:
    overview = shown("overview")
    assert row(overview, "net-float32.onnx")["× faster (95 %)"].endswith("\u00a0=")
    assert not row(overview, "net-int8.tflite")["× faster (95 %)"].endswith("=")
    assert row(overview, "net in Keras (baseline)")["× faster (95 %)"] == ""


def test_a_failed_case_is_a_row_that_says_why() -> None:
    assert shown("overview").lines[-1][:2] == (
        "net-float16.tflite on litert",
        "failed: the worker was ended by SIGSEGV",
    )


def test_throughput_names_the_best() -> None:
    table = shown("throughput")
    assert table.columns[1:4] == ("1 image a call", "8 images a call", "all 140 images")
    assert row(table, "net-int8.tflite")["best"].endswith("at 140")
    assert "The best rate: net-int8.tflite on litert with all 140 images" in table.note


def test_memory_is_above_the_bare_process() -> None:
    found = row(shown("memory"), "net-int8.tflite")
    assert (found["peak MB"], found["steady MB"], found["file MB"]) == ("30.0", "20.0", "0.628")


def test_classes_and_agreement_come_from_the_answers() -> None:
    assert row(shown("agreement"), "5. net-int8.tflite")["1."] == f"{100 * 137 / 140:.1f}"
    assert row(shown("agreement"), "5. net-int8.tflite")["6."] == "100.0"
    assert [line[0] for line in shown("classes").lines] == list(synthetic.CLASSES)


def test_where_there_are_many_classes_those_that_differ_most_are_listed() -> None:
    images = replace(
        synthetic.result().images,
        class_names=tuple(f"class {number}" for number in range(100)),
        labels=tuple(image % 100 for image in range(synthetic.IMAGES)),
    )
    cases = (
        synthetic.done("a", 10, role=Role.BASELINE, classes=100),
        synthetic.done("b", 10, wrong=2, classes=100),
    )
    found = find(synthetic.result(images=images, cases=cases))
    (table,) = [one for one in tables(found) if one.name == "classes"]
    assert len(table.rows) == 40
    assert {"class 1", "class 2"} <= {line[0] for line in table.rows}
    assert "40 of 100 classes" in table.note


def test_a_run_in_which_every_case_failed_still_has_tables() -> None:
    found = find(synthetic.result(cases=(synthetic.failed("a", "no"), synthetic.failed("b", "never"))))
    assert [line[1] for line in tables(found)[0].lines] == ["failed: no", "failed: never"]
