"""The limits as JUnit XML, which GitHub, GitLab and Jenkins show as tests."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from edgecnn.bench.constraints import Check, checks
from edgecnn.bench.reports.formatting import plain
from edgecnn.bench.reports.method import describe

if TYPE_CHECKING:
    from edgecnn.bench.case import Case
    from edgecnn.bench.findings import Findings

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
            for check in checks(one, findings.constraints):
                _add_check(suite, one.case, check)
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


def _add_check(suite: ET.Element, case: Case, check: Check) -> None:
    test, what = _test(suite, case, check.name), plain(check.what)
    if check.holds is None:
        ET.SubElement(test, "skipped", message=what)
    elif not check.holds:
        ET.SubElement(test, "failure", message=what, type=check.name).text = what


def _test(suite: ET.Element, case: Case, name: str) -> ET.Element:
    return ET.SubElement(suite, "testcase", classname=plain(case.name), name=name)
