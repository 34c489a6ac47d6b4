"""The limits as JUnit XML, which GitHub, GitLab and Jenkins show as tests."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from edgecnn.bench.limits import check_limits
from edgecnn.bench.reports.method import describe
from edgecnn.limits import Outcome
from edgecnn.text import plain

if TYPE_CHECKING:
    from edgecnn.bench.case import Case
    from edgecnn.bench.findings import Findings
    from edgecnn.limits import LimitResult

_SUITE = "edgecnn bench"


def to_junit(findings: Findings) -> bytes:
    """Return XML with a test case for each artifact and limit, and one for each case that crashed.

    A limit that does not hold is a failure, one of which the figures do not tell is skipped with the reason, and a case
    that crashed is an error. Elements and attributes are those of the schema of Jenkins' xUnit plugin, junit-10.xsd.
    """
    result = findings.result
    suite = ET.Element("testsuite", name=_SUITE, timestamp=plain(result.created).removesuffix("Z").partition("+")[0])
    properties = ET.SubElement(suite, "properties")
    for name, value in (("machine", describe(result.machine)), ("data", result.images.data), *result.versions.items()):
        ET.SubElement(properties, "property", name=plain(name), value=plain(value))
    for one in findings.summaries:
        if one.case.is_artifact:
            for limit in check_limits(one, findings.limits):
                _add_limit(suite, one.case, limit)
    for failed in result.cases:
        if failed.error is not None:
            error = plain(failed.error)
            ET.SubElement(_test(suite, failed.case, "measured"), "error", message=error, type="crash").text = error
    said = [*findings.verdict, *(f"warning: {one.what}; {one.advice}" for one in findings.warnings)]
    ET.SubElement(suite, "system-out").text = "\n".join(plain(line) for line in said)
    counts = {
        "tests": len(suite.findall("testcase")),
        "failures": len(suite.findall("testcase/failure")),
        "errors": len(suite.findall("testcase/error")),
        "skipped": len(suite.findall("testcase/skipped")),
    }
    suite.attrib |= {name: str(count) for name, count in counts.items()}
    totals = {name: suite.attrib[name] for name in ("tests", "failures", "errors")}
    suites = ET.Element("testsuites", {"name": _SUITE, **totals})
    suites.append(suite)
    ET.indent(suites)
    text: bytes = ET.tostring(suites, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def _add_limit(suite: ET.Element, case: Case, result: LimitResult) -> None:
    test, message = _test(suite, case, result.name), plain(result.comparison)
    if result.outcome is Outcome.DOES_NOT_HOLD:
        ET.SubElement(test, "failure", message=message, type=result.name).text = message
    elif result.outcome is not Outcome.HOLDS:
        ET.SubElement(test, "skipped", message=message)


def _test(suite: ET.Element, case: Case, name: str) -> ET.Element:
    return ET.SubElement(suite, "testcase", classname=plain(case.name), name=name)
