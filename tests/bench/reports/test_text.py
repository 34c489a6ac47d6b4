"""Markdown, CSV, JUnit XML and the published schema."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from xml.etree import ElementTree as ET

import jsonschema
import pytest

from edgecnn.bench.findings import Findings, find
from edgecnn.bench.limits import BenchLimits
from edgecnn.bench.reports.document import run_document
from edgecnn.bench.reports.formatting import digits
from edgecnn.bench.result import Result
from edgecnn.reporting import junit, markdown, spreadsheet
from edgecnn.schema import decode_json
from tests.fakes import synthetic
from tools.release import write_schema


def to_markdown(findings: Findings) -> str:
    return markdown.to_markdown(run_document(findings))


def to_csv(findings: Findings) -> str:
    return spreadsheet.to_csv(run_document(findings))


def to_junit(findings: Findings) -> bytes:
    return junit.to_junit(run_document(findings))


HOSTILE = "<script>alert(1)</script> \"'& ]]> | `x` [a](http://b) \x1b[31m \x00\ud800\n=1+1"


@pytest.fixture(scope="module")
def findings() -> Findings:
    return find(synthetic.result(synthetic.PI), BenchLimits(max_latency=1e-3, max_size=1_000_000))


def hostile() -> Findings:
    """Return a run in which every text of foreign origin is an attack."""
    result = synthetic.result()
    cases = tuple(
        replace(one, case=replace(one.case, name=f"{HOSTILE}{number}", path=HOSTILE), error=one.error and HOSTILE)
        for number, one in enumerate(result.cases)
    )
    return find(
        replace(
            result,
            cases=cases,
            notes=(HOSTILE,),
            versions={HOSTILE: HOSTILE},
            machine=replace(result.machine, cpu=HOSTILE, system=HOSTILE, model=HOSTILE),
            images=replace(result.images, data=HOSTILE, class_names=(HOSTILE, *result.images.class_names[1:])),
        )
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0.000"), (0.1234, "0.123"), (1.0, "1.00"), (52.34, "52.3"), (99.97, "100"), (1234.5, "1,234")],
)
def test_figures_have_about_three_digits(value: float, text: str) -> None:
    assert digits(value) == text


def test_markdown_has_verdict_warnings_tables_method_and_machine_in_this_order(findings: Findings) -> None:
    text = to_markdown(findings)
    heads = [line.removeprefix("## ") for line in text.splitlines() if line.startswith("## ")]
    assert heads[:3] == ["Verdict", "Warnings", "Overview"]
    assert heads[-3:] == ["Notes", "How it was measured", "Machine and versions"]
    assert "Images on which a case and the baseline differ" in heads
    assert findings.verdict[0].partition(":")[0] in text
    assert "Raspberry Pi 5" in text


def test_the_method_tells_what_follows_from_the_settings_and_the_facts(findings: Findings) -> None:
    text = to_markdown(findings)
    for fact in (
        "2 new processes", "6 rounds", "(seed 0)", "at least 36 calls", "costs 70 ns per call", "30 frames per second",
        "pictures of 640×480", "Noise floor", "docs/method.md", "not LoadGen",
    ):  # fmt: skip
        assert fact in text


def test_every_row_of_a_markdown_table_has_as_many_cells_as_its_head() -> None:
    widths: list[int] = []
    for line in to_markdown(hostile()).splitlines():
        if line.startswith("|"):
            widths.append(line.replace("\\|", "").count("|"))
        elif widths:
            assert len(set(widths)) == 1
            widths = []


def test_an_emulated_run_says_so_before_any_figure() -> None:
    text = to_markdown(find(synthetic.result(synthetic.EMULATED)))
    assert text.index("emulated") < text.index("## Overview")
    assert "by QEMU: no latency is a real device's" in text


def test_markdown_takes_nothing_in_names_for_markup() -> None:
    import markdown_it

    html = markdown_it.MarkdownIt("commonmark").enable("table").render(to_markdown(hostile()))
    assert "<script" not in html
    assert "<a " not in html
    assert html.count("&lt;script&gt;alert(1)&lt;/script&gt;") > 20


def test_csv_has_a_row_a_case_with_units_and_every_digit(findings: Findings) -> None:
    rows = list(csv.DictReader(io.StringIO(to_csv(findings))))
    assert [row["case"] for row in rows] == [one.case.name for one in findings.result.cases]
    summary = next(one for one in findings.summaries if one.case.name == "net-int8.tflite on litert")
    found = next(row for row in rows if row["case"] == summary.case.name)
    assert float(found["p50_s"]) == summary.latency.p50.value
    assert float(found["p50_low_s"]) == summary.latency.p50.low
    assert int(found["file_bytes"]) == 628_000
    assert float(found["energy_per_inference_j"]) == pytest.approx(1e-3)
    assert float(found["images_per_second_at_8"]) > 0
    assert rows[-1]["error"] == "the worker was ended by SIGSEGV"
    assert rows[-1]["p50_s"] == ""


def test_csv_has_nothing_that_a_spreadsheet_would_compute() -> None:
    result = synthetic.result()
    cases = tuple(
        replace(one, case=replace(one.case, name=f"=HYPERLINK({number})")) for number, one in enumerate(result.cases)
    )
    rows = list(csv.DictReader(io.StringIO(to_csv(find(replace(result, cases=cases))))))
    assert all(row["case"].startswith("'=") for row in rows)


def test_junit_has_a_test_for_each_artifact_and_limit_and_an_error_for_each_crash(findings: Findings) -> None:
    suites = ET.fromstring(to_junit(findings))
    found = {
        (test.get("classname"), test.get("name")): [child.tag for child in test] for test in suites.iter("testcase")
    }
    assert found[("net-int8.tflite on litert", "latency")] == []
    assert found[("net-int8.tflite on litert", "size")] == []
    assert found[("net-float32.tflite on litert", "size")] == ["failure"]
    assert found[("net-int16x8.tflite on litert", "latency")] == ["failure"]
    assert found[("net-int16x8.tflite on litert", "accuracy")] == ["failure"]
    assert found[("net-int8.tflite on litert", "accuracy")] == ["skipped"]
    assert found[("net-float16.tflite on litert", "measured")] == ["error"]
    assert ("net in Keras", "accuracy") not in found


@pytest.mark.parametrize("of", [lambda: find(synthetic.result(synthetic.PI)), hostile], ids=["usual", "hostile"])
def test_junit_is_valid_and_its_counts_are_those_of_its_tests(of: object) -> None:
    suites = ET.fromstring(to_junit(of()))  # type: ignore[operator]
    check_junit(suites)
    (suite,) = suites
    for name, tag in (("tests", ""), ("failures", "/failure"), ("errors", "/error"), ("skipped", "/skipped")):
        assert suite.get(name) == str(len(suite.findall(f"testcase{tag}"))), name


ALLOWED = {
    "testsuites": ({"name", "time", "tests", "failures", "errors"}, set(), {"testsuite"}),
    "testsuite": (
        {"name", "tests", "failures", "errors", "skipped", "time", "timestamp", "hostname", "id", "package"},
        {"name", "tests", "failures", "errors"},
        {"properties", "testcase", "system-out", "system-err"},
    ),
    "properties": (set(), set(), {"property"}),
    "property": ({"name", "value"}, {"name", "value"}, set()),
    "testcase": ({"name", "time", "classname"}, {"name"}, {"skipped", "error", "failure", "system-out", "system-err"}),
    "failure": ({"type", "message"}, set(), set()),
    "error": ({"type", "message"}, set(), set()),
    "skipped": ({"type", "message"}, set(), set()),
    "system-out": (set(), set(), set()),
}
"""Attributes, attributes that are needed, and children of each element, after Jenkins' junit-10.xsd."""


def check_junit(element: ET.Element) -> None:
    attributes, needed, children = ALLOWED[element.tag]
    assert needed <= set(element.attrib) <= attributes, element.tag
    for child in element:
        assert child.tag in children, (element.tag, child.tag)
        check_junit(child)


def test_the_published_schema_is_that_of_the_code() -> None:
    assert write_schema.PATH.read_text() == write_schema.text(), "run python -m tools.release.write_schema"


def test_the_published_schema_is_valid_and_takes_a_result_and_no_other() -> None:
    schema = json.loads(write_schema.PATH.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    value = json.loads(synthetic.result(synthetic.PI).to_json())
    assert validator.is_valid(value)
    assert validator.is_valid({name: part for name, part in value.items() if name != "is_complete"})
    assert not validator.is_valid({name: part for name, part in value.items() if name != "timer_ns"})
    assert not validator.is_valid({**value, "timer_ns": ["70"]})
    assert not validator.is_valid({**value, "schema_version": 1})


def test_reports_are_the_same_from_a_result_that_was_kept() -> None:
    result = synthetic.result(synthetic.PI)
    kept = decode_json(Result, result.to_json(), newest=99)
    assert to_markdown(find(kept)) == to_markdown(find(result))
    assert to_csv(find(kept)) == to_csv(find(result))
