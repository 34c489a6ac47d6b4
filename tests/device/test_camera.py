from __future__ import annotations

from pathlib import Path

import pytest

from edgecnn.device.camera import VideoDevice, find_cameras
from tests.fakes.machines import write

NAMES = "sys/class/video4linux"


def test_decoders_of_a_raspberry_pi_are_no_cameras(tmp_path: Path) -> None:
    names = {"video0": "HD Webcam: HD Webcam", "video10": "bcm2835-codec-decode", "video13": "bcm2835-isp-output0"}
    files = {f"dev/{device}": "" for device in names} | {f"{NAMES}/{one}/name": name for one, name in names.items()}
    devices = find_cameras(write(tmp_path, dict(files))).devices
    assert devices == (VideoDevice("/dev/video0", "HD Webcam: HD Webcam", True),)


def test_a_camera_without_a_name_is_one_all_the_same(tmp_path: Path) -> None:
    assert find_cameras(write(tmp_path, {"dev/video2": ""})).devices == (VideoDevice("/dev/video2", None, True),)


def test_a_machine_without_video_devices_has_no_camera(tmp_path: Path) -> None:
    assert find_cameras(tmp_path).devices == ()


def test_picamera2_of_the_system_is_seen_from_a_virtual_environment(tmp_path: Path) -> None:
    (tmp_path / "usr/lib/python3/dist-packages/picamera2").mkdir(parents=True)
    found = find_cameras(tmp_path)
    assert (found.has_picamera2, found.is_picamera2_outside) == (False, True)


def test_the_program_of_libcamera_is_found_by_its_newer_name_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("libcamera-hello", "rpicam-hello"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_cameras(tmp_path).libcamera == "rpicam-hello"
