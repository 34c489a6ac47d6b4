"""A download ends whole, or in one line with what came kept for the next try."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import numpy as np
import pytest

from edgecnn.data.download import download
from edgecnn.errors import DataError, OutputError

CONTENT = np.random.default_rng(0).bytes(700_000)
BROKEN_AT = 300_000

Answer = Callable[[BaseHTTPRequestHandler], None]
Serve = Callable[[Answer], str]


def _send(request: BaseHTTPRequestHandler, status: int, body: bytes, **headers: str) -> None:
    request.send_response(status)
    for name, value in headers.items():
        request.send_header(name.replace("_", "-"), value)
    request.end_headers()
    request.wfile.write(body)


def _whole(request: BaseHTTPRequestHandler) -> None:
    _send(request, 200, CONTENT, Content_Length=str(len(CONTENT)))


class _Resumable:
    """A server that honours Range and hangs up in the middle of its first `breaks` answers."""

    def __init__(self, breaks: int = 0) -> None:
        self.breaks = breaks
        self.ranges: list[str | None] = []

    def __call__(self, request: BaseHTTPRequestHandler) -> None:
        asked = request.headers["Range"]
        self.ranges.append(asked)
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
        if start >= len(CONTENT):
            request.send_error(416)
            return
        end = start + BROKEN_AT if len(self.ranges) <= self.breaks else len(CONTENT)
        _send(request, 206 if asked else 200, CONTENT[start:end], Content_Length=str(len(CONTENT) - start))


def _partial(target: Path) -> Path:
    return target.with_name(target.name + ".partial")


def _folder(target: Path) -> list[str]:
    return sorted(file.name for file in target.parent.iterdir())


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "downloads" / "small.tar.gz"


def test_a_download_is_the_served_bytes_and_leaves_nothing_else(serve: Serve, target: Path) -> None:
    download(serve(_whole), target)
    assert target.read_bytes() == CONTENT
    assert _folder(target) == ["small.tar.gz"]


def test_progress_counts_bytes_up_to_the_total(serve: Serve, target: Path) -> None:
    calls: list[tuple[str, float, float | None]] = []
    download(serve(_whole), target, lambda *call: calls.append(call))
    assert {what for what, _, _ in calls} == {"downloading small.tar.gz"}
    assert {total for _, _, total in calls} == {len(CONTENT)}
    done = [done for _, done, _ in calls]
    assert len(done) > 1
    assert done == sorted(done)
    assert done[-1] == len(CONTENT)


def test_a_broken_download_is_resumed_where_it_broke_off(serve: Serve, target: Path) -> None:
    server = _Resumable(breaks=2)
    url = serve(server)
    for kept in (BROKEN_AT, 2 * BROKEN_AT):
        with pytest.raises(DataError, match=f"broke off after {kept} of 700000 bytes; run it again to continue"):
            download(url, target)
        assert _partial(target).stat().st_size == kept
        assert not target.exists()
    counts: list[float] = []
    download(url, target, lambda what, done, total, detail="": counts.append(done))
    assert server.ranges == [None, f"bytes={BROKEN_AT}-", f"bytes={2 * BROKEN_AT}-"]
    assert min(counts) > 2 * BROKEN_AT
    assert target.read_bytes() == CONTENT
    assert _folder(target) == ["small.tar.gz"]


@pytest.mark.parametrize("leftover", [b"stale", bytes(len(CONTENT) + 5)], ids=["shorter", "longer"])
def test_without_ranges_a_download_starts_over(serve: Serve, target: Path, leftover: bytes) -> None:
    target.parent.mkdir()
    _partial(target).write_bytes(leftover)
    download(serve(_whole), target)
    assert target.read_bytes() == CONTENT


@pytest.mark.parametrize("code", [403, 404, 500, 503])
def test_a_refusal_is_the_status_in_one_line_and_keeps_what_came(serve: Serve, target: Path, code: int) -> None:
    target.parent.mkdir()
    _partial(target).write_bytes(CONTENT[:9])
    with pytest.raises(DataError, match=f"the server answers {code} ") as caught:
        download(serve(lambda request: request.send_error(code)), target)
    assert "\n" not in str(caught.value)
    assert _partial(target).read_bytes() == CONTENT[:9]
    assert not target.exists()


def test_a_leftover_that_the_server_cannot_continue_is_removed_and_the_next_try_works(
    serve: Serve,
    target: Path,
) -> None:
    target.parent.mkdir()
    _partial(target).write_bytes(bytes(len(CONTENT) + 1))
    url = serve(_Resumable())
    with pytest.raises(DataError, match="was removed; run it again"):
        download(url, target)
    assert _folder(target) == []
    download(url, target)
    assert target.read_bytes() == CONTENT


def test_a_416_without_a_leftover_is_a_refusal(serve: Serve, target: Path) -> None:
    with pytest.raises(DataError, match="the server answers 416"):
        download(serve(lambda request: request.send_error(416)), target)


def test_a_server_that_promises_more_than_it_sends_is_a_broken_download(serve: Serve, target: Path) -> None:
    url = serve(lambda request: _send(request, 200, CONTENT, Content_Length=str(len(CONTENT) + 1)))
    with pytest.raises(DataError, match="broke off"):
        download(url, target)
    assert not target.exists()


def test_no_more_is_read_than_the_server_promised(serve: Serve, target: Path) -> None:
    download(serve(lambda request: _send(request, 200, CONTENT, Content_Length="1000")), target)
    assert target.read_bytes() == CONTENT[:1000]


@pytest.mark.parametrize("length", ["many", "-1", ""], ids=["word", "negative", "empty"])
def test_a_length_that_is_no_number_is_ignored(serve: Serve, target: Path, length: str) -> None:
    download(serve(lambda request: _send(request, 200, CONTENT, Content_Length=length)), target)
    assert target.read_bytes() == CONTENT


def test_more_than_a_gibibyte_is_refused_before_it_is_read(serve: Serve, target: Path) -> None:
    url = serve(lambda request: _send(request, 200, b"", Content_Length=str(2**30 + 1)))
    with pytest.raises(DataError, match="offers 1073741825 bytes: that is not a CIFAR-10 archive"):
        download(url, target)
    assert _folder(target) == []


def test_a_body_in_chunks_has_no_length_and_arrives_whole(serve: Serve, target: Path) -> None:
    body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(CONTENT), CONTENT)
    totals: set[float | None] = set()
    url = serve(lambda request: _send(request, 200, body, Transfer_Encoding="chunked"))
    download(url, target, lambda what, done, total, detail="": totals.add(total))
    assert target.read_bytes() == CONTENT
    assert totals == {None}


def test_a_body_in_chunks_that_breaks_off_is_noticed(serve: Serve, target: Path) -> None:
    body = b"%x\r\n%b" % (len(CONTENT), CONTENT[:BROKEN_AT])
    with pytest.raises(DataError, match="the connection broke off"):
        download(serve(lambda request: _send(request, 200, body, Transfer_Encoding="chunked")), target)
    assert not target.exists()


def test_a_reset_connection_is_no_output_error(serve: Serve, target: Path) -> None:
    def reset(request: BaseHTTPRequestHandler) -> None:
        _send(request, 200, CONTENT[:1000], Content_Length=str(len(CONTENT)))
        request.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        request.rfile.close()
        request.connection.close()

    with pytest.raises(DataError, match=r"broke off|no connection"):
        download(serve(reset), target)
    assert not target.exists()


def test_an_answer_that_is_no_http_is_one_line(serve: Serve, target: Path) -> None:
    def greet(request: BaseHTTPRequestHandler) -> None:
        request.wfile.write(b"220 ftp ready\r\n")

    with pytest.raises(DataError, match="no connection") as caught:
        download(serve(greet), target)
    assert "\n" not in str(caught.value)


def test_no_server_is_one_line(target: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(DataError, match="no connection"):
            download(f"http://127.0.0.1:{unused.getsockname()[1]}/small.tar.gz", target)


def test_a_folder_that_cannot_be_written_is_an_output_error(serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"mine")
    with pytest.raises(OutputError, match="choose another folder"):
        download(serve(_whole), tmp_path / "file" / "small.tar.gz")


def test_a_partial_file_that_cannot_be_written_is_an_output_error(serve: Serve, target: Path) -> None:
    _partial(target).mkdir(parents=True)
    with pytest.raises(OutputError, match="cannot write"):
        download(serve(_whole), target)
