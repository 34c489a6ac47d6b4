"""The checks of a document as JUnit XML, which GitHub, GitLab and Jenkins show as tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgecnn.reporting.document import Check, Document
from edgecnn.text import plain

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

FILE_NAME = "junit.xml"


def to_junit(document: Document) -> bytes:
    """Return XML with a test case for each check.

    A failed check is a failure, an undecided one is skipped with the reason, and a crash is an error.
    Elements and attributes are those of the schema of Jenkins' xUnit plugin, junit-10.xsd.
    """
    from xml.etree import ElementTree as ET

    report = document.checks
    assert report is not None
    created = plain(report.created).removesuffix("Z").partition("+")[0]
    suite = ET.Element("testsuite", name=document.product, timestamp=created)
    properties = ET.SubElement(suite, "properties")
    for name, value in report.properties:
        ET.SubElement(properties, "property", name=plain(name), value=plain(value))
    for check in report.checks:
        _add(suite, check)
    ET.SubElement(suite, "system-out").text = "\n".join(plain(line) for line in report.output)
    counts = {
        "tests": len(suite.findall("testcase")),
        "failures": len(suite.findall("testcase/failure")),
        "errors": len(suite.findall("testcase/error")),
        "skipped": len(suite.findall("testcase/skipped")),
    }
    suite.attrib |= {name: str(count) for name, count in counts.items()}
    totals = {name: suite.attrib[name] for name in ("tests", "failures", "errors")}
    suites = ET.Element("testsuites", {"name": document.product, **totals})
    suites.append(suite)
    ET.indent(suites)
    text: bytes = ET.tostring(suites, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def _add(suite: Element, check: Check) -> None:
    from xml.etree.ElementTree import SubElement

    test = SubElement(suite, "testcase", classname=plain(check.subject), name=check.name)
    message = plain(check.message)
    if check.outcome == "failed":
        SubElement(test, "failure", message=message, type=check.name).text = message
    elif check.outcome == "skipped":
        SubElement(test, "skipped", message=message)
    elif check.outcome == "crashed":
        SubElement(test, "error", message=message, type="crash").text = message
