"""Pacing, dropping and coming back, with a clock of our own and exact numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgecnn.errors import DeviceError
from edgecnn.watch.frame import Frame, SourceLostError
from edgecnn.watch.loop import Counts, watch
from edgecnn.watch.reopen import Reopening
from edgecnn.watch.video import Video
from tests.fakes.camera import FakeCamera, FakeClock, Noted, classifier


def every(milliseconds: int, count: int) -> list[float]:
    return [number * milliseconds / 1000 for number in range(count)]


def run(clock: FakeClock, source: Any, seconds: float, **options: Any) -> tuple[Noted, Counts, list[str]]:
    noted, lines = Noted(), list[str]()
    counts = watch(source, classifier(clock, seconds), [noted], clock=clock, report=lines.append, **options)
    return noted, counts, lines


def test_who_keeps_up_drops_nothing() -> None:
    clock = FakeClock()
    noted, counts, _ = run(clock, FakeCamera(clock, every(40, 10)), 0.030)
    assert noted.numbers == list(range(1, 11))
    assert counts == Counts(seen=10, classified=10, dropped=0, failed=0)
    assert {round(one.age_seconds, 9) for one in noted.sightings} == {0.030}


def test_who_is_too_slow_takes_the_newest_frame_and_never_lags() -> None:
    """Frames each 40 ms, 100 ms to classify: at 100 ms frame 3, of 80 ms, is the newest."""
    clock = FakeClock()
    noted, counts, _ = run(clock, FakeCamera(clock, every(40, 11)), 0.100)
    assert noted.numbers == [1, 3, 6, 8, 11]
    assert counts == Counts(seen=11, classified=5, dropped=6, failed=0)
    assert max(one.age_seconds for one in noted.sightings) < 0.100 + 0.040


def test_fps_takes_a_share_of_the_frames_on_a_steady_grid() -> None:
    """25 frames a second, 5 asked for: each fifth one, and at 1.0 s the last that came, of 0.96 s."""
    clock = FakeClock()
    noted, counts, _ = run(clock, FakeCamera(clock, every(40, 25)), 0.010, period=0.2)
    assert noted.numbers == [1, 6, 11, 16, 21, 25]
    assert (counts.classified, counts.dropped) == (6, 19)


def test_a_hiccup_is_not_made_up_for_by_hurrying() -> None:
    """Nothing comes for a second at 10 frames a second: no ten frames at once after it."""
    clock = FakeClock()
    arrivals = [0.0, 0.1, *(1.15 + number / 100 for number in range(36))]
    noted, _, _ = run(clock, FakeCamera(clock, arrivals), 0.0, period=0.1)
    captured = [round(one.frame.captured, 2) for one in noted.sightings]
    assert captured == [0.0, 0.1, 1.15, 1.25, 1.35, 1.45, 1.5]  # the last one is all that is left at 1.55


def test_the_loop_ends_after_a_count_or_when_it_is_stopped() -> None:
    clock = FakeClock()
    assert run(clock, FakeCamera(clock, every(40, 100)), 0.0, count=7)[1].classified == 7
    clock = FakeClock(stop_at=0.95)
    noted, counts, _ = run(clock, FakeCamera(clock, [0.0, 50.0]), 0.0)
    assert counts.classified == 1
    assert clock.now() == pytest.approx(1.0)  # it is noticed after a tenth of a second
    assert noted.idled == 10


def test_a_file_that_is_no_picture_is_a_line_and_the_rest_go_on() -> None:
    clock = FakeClock()

    class Files(FakeCamera):
        def newest(self, timeout: float) -> Frame | None:
            frame = super().newest(timeout)
            assert frame is not None
            return Frame(Path("bad.png"), 0.0, 2) if frame.number == 2 else frame

    noted, counts, lines = run(clock, Files(clock, every(40, 3)), 0.0)
    assert (noted.numbers, counts.failed, lines) == ([1, 3], 1, ["bad.png is no picture"])


class FakeCapture:
    """A `cv2.VideoCapture` over a file with given time stamps; like the real one it retrieves what was grabbed last."""

    CAP_PROP_FPS, CAP_PROP_POS_MSEC, COLOR_BGR2RGB = 5, 0, 4

    def __init__(self, stamps: list[float], fps: float) -> None:
        self.stamps, self.fps, self.at = stamps, fps, -1

    def get(self, what: int) -> float:
        return self.fps if what == self.CAP_PROP_FPS else self.stamps[self.at] * 1000

    def grab(self) -> bool:
        self.at += 1
        return self.at < len(self.stamps)

    def retrieve(self) -> tuple[bool, Any]:
        return True, np.full((1, 1, 3), self.at, np.uint8)

    def release(self) -> None:
        pass

    @staticmethod
    def cvtColor(pixels: Any, code: int) -> Any:  # OpenCV's name
        return pixels


def play(clock: FakeClock, stamps: list[float], fps: float, seconds: float, **options: Any) -> tuple[Noted, Counts]:
    capture = FakeCapture(stamps, fps)
    video = Video(capture, capture, clock, every_frame=options.pop("every_frame", False))
    noted, counts, _ = run(clock, video, seconds, **options)
    for one in noted.sightings:  # the number belongs to the pixels
        assert int(np.asarray(one.frame.image)[0, 0, 0]) == one.frame.number - 1
    return noted, counts


def test_a_video_is_played_at_its_own_speed() -> None:
    clock = FakeClock()
    noted, counts = play(clock, every(100, 10), 10, 0.010)
    assert counts == Counts(10, 10, 0, 0)
    assert [one.frame.captured for one in noted.sightings] == pytest.approx(every(100, 10))
    assert clock.now() == pytest.approx(1.0)  # the last frame is shown as long as the others


def test_a_video_that_is_too_fast_drops_frames() -> None:
    clock = FakeClock()
    noted, counts = play(clock, every(40, 11), 25, 0.100)
    assert noted.numbers == [1, 3, 6, 8, 11]
    assert (counts.seen, counts.dropped) == (11, 6)


def test_a_video_of_uneven_speed_is_played_by_its_time_stamps() -> None:
    """A file says one speed for all and has time stamps for each frame."""
    clock = FakeClock()
    noted, _ = play(clock, [5.0, 5.1, 5.5, 5.6, 7.0], 10, 0.0)
    assert [one.frame.captured for one in noted.sightings] == pytest.approx([0.0, 0.1, 0.5, 0.6, 2.0])
    assert clock.now() == pytest.approx(2.1)


def test_every_frame_of_a_video_is_classified_when_asked_for_however_slowly() -> None:
    clock = FakeClock()
    noted, counts = play(clock, every(40, 11), 25, 0.100, every_frame=True)
    assert (noted.numbers, counts.dropped) == (list(range(1, 12)), 0)
    assert clock.now() == pytest.approx(1.1)


def test_a_video_that_says_nothing_about_its_speed_is_played_at_25_frames_a_second() -> None:
    clock = FakeClock()
    _, counts = play(clock, [0.0] * 6, 0, 0.0)
    assert counts.classified == 6
    assert clock.now() == pytest.approx(0.24)


def test_a_lost_camera_is_tried_again_at_growing_intervals_and_its_frames_are_counted_together() -> None:
    clock = FakeClock()
    gone, tries = DeviceError("no camera"), list[float]()
    first = FakeCamera(clock, [0.0, 0.1], lost=SourceLostError("it is gone"))
    lines: list[str] = []

    def open_source() -> FakeCamera:
        tries.append(clock.now())
        if len(tries) == 1:
            return first
        if len(tries) < 8:
            raise gone
        return FakeCamera(clock, [clock.now(), clock.now() + 0.1])

    source = Reopening(open_source, clock, lines.append)
    noted, counts, _ = run(clock, source, 0.0, count=4)
    pauses = np.diff(tries).round(6).tolist()
    assert pauses == [1.1, 2, 4, 8, 16, 30, 30]  # the first includes the 0.1 s that the camera worked
    assert lines == ["lost: it is gone; trying again every 1 to 30 seconds", "back"]
    assert first.closed
    assert (counts.seen, counts.classified, noted.numbers) == (4, 4, [1, 2, 1, 2])


def test_a_camera_that_was_never_there_is_an_error() -> None:
    clock = FakeClock()
    source = Reopening(lambda: FakeCamera(clock, [], lost=DeviceError("no camera")), clock, print)
    with pytest.raises(DeviceError, match="no camera"):
        run(clock, source, 0.0)


def test_a_driver_that_hangs_ends_the_program_so_that_systemd_starts_it_anew() -> None:
    clock = FakeClock()

    class Hanging(FakeCamera):
        def close(self) -> bool:
            return False

    camera = Hanging(clock, [0.0], lost=SourceLostError("no frame for 10 seconds"))
    with pytest.raises(DeviceError, match=r"the driver hangs \(no frame for 10 seconds\)"):
        run(clock, Reopening(lambda: camera, clock, lambda line: None), 0.0)
