"""edgecnn's own wheel, put together from the files that run."""

from __future__ import annotations

import io
import zipfile

from packaging.requirements import Requirement

from edgecnn.deploy.wheel import build_wheel
from tests.test_packaging import source_files


def test_the_wheel_has_every_file_of_the_package() -> None:
    with zipfile.ZipFile(io.BytesIO(build_wheel().content)) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}
        assert archive.testzip() is None
    assert packed == source_files()


def test_the_same_files_give_the_same_bytes_and_name() -> None:
    assert build_wheel() == build_wheel()


def test_the_wheel_asks_for_what_the_project_asks_for() -> None:
    wheel = build_wheel()
    with zipfile.ZipFile(io.BytesIO(wheel.content)) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith("/METADATA"))
        lines = archive.read(name).decode().splitlines()
    required = [Requirement(line.partition(": ")[2]) for line in lines if line.startswith("Requires-Dist: ")]
    for_pi = {one.name for one in required if one.marker is None or one.marker.evaluate({"extra": "pi"})}
    assert {"numpy", "pillow", "click", "rich", "edgecnn"} <= for_pi
    assert not {"tensorflow", "keras"} & for_pi
    assert f"Version: {wheel.name.split('-')[1]}" in lines
