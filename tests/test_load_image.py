"""Pictures of every kind become the same pixels, and what is no picture is refused in one line."""

from __future__ import annotations

import io
import random
import struct
import time
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from edgecnn.errors import DataError
from edgecnn.preprocess import MAX_IMAGE_PIXELS, load_image

Pixels = npt.NDArray[np.uint8]

LOSSLESS = {"png": "PNG", "bmp": "BMP", "tif": "TIFF", "ppm": "PPM", "webp": "WEBP"}
LOSSY = {"jpg": "JPEG", "gif": "GIF"}


def _noise(height: int, width: int, channels: int = 3) -> Pixels:
    return np.random.default_rng(0).integers(0, 256, (height, width, channels), dtype=np.uint8)


def _smooth(height: int, width: int) -> Pixels:
    """Colours that change slowly, which lossy formats keep to within a few steps."""
    y, x = np.mgrid[0:height, 0:width]
    return np.stack([y * 255 // height, x * 255 // width, (y + x) * 255 // (height + width)], -1).astype(np.uint8)


def _file(picture: Image.Image, kind: str, **options: object) -> io.BytesIO:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    file.seek(0)
    return file


def _read_or_refused(content: bytes) -> bool:
    """Whether a file gives pixels or a message of one line; any other exception passes."""
    try:
        return load_image(io.BytesIO(content), (8, 8, 3)).shape == (8, 8, 3)
    except DataError as error:
        return "\n" not in str(error)


def _png_header(width: int, height: int, depth: int, colour: int) -> bytes:
    """Return a PNG file whose header promises a size and whose data hold one line."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    chunks = chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(bytes(100))), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


@pytest.mark.parametrize("suffix", LOSSLESS)
def test_a_lossless_file_gives_its_pixels_unchanged(tmp_path: Path, suffix: str) -> None:
    pixels, path = _noise(5, 7), tmp_path / f"picture.{suffix}"
    options = {"lossless": True} if suffix == "webp" else {}
    Image.fromarray(pixels).save(path, LOSSLESS[suffix], **options)
    loaded = load_image(path, (5, 7, 3))
    assert loaded.dtype == np.uint8
    np.testing.assert_array_equal(loaded, pixels)
    np.testing.assert_array_equal(load_image(str(path), (5, 7, 3)), pixels)


@pytest.mark.parametrize("suffix", LOSSY)
def test_a_lossy_file_gives_nearly_its_pixels(tmp_path: Path, suffix: str) -> None:
    pixels, path = _smooth(16, 16), tmp_path / f"picture.{suffix}"
    Image.fromarray(pixels).save(path, LOSSY[suffix])
    difference = load_image(path, (16, 16, 3)).astype(int) - pixels
    assert np.abs(difference).mean() < 8


def test_a_file_object_is_a_source_and_stays_open() -> None:
    pixels = _noise(4, 4)
    file = _file(Image.fromarray(pixels), "PNG")
    np.testing.assert_array_equal(load_image(file, (4, 4, 3)), pixels)
    assert not file.closed


def test_the_content_counts_and_not_the_name(tmp_path: Path) -> None:
    path = tmp_path / "picture.jpg"
    Image.fromarray(_noise(4, 4)).save(path, "PNG")
    np.testing.assert_array_equal(load_image(path, (4, 4, 3)), _noise(4, 4))


def test_a_palette_becomes_its_colours() -> None:
    picture = Image.new("P", (2, 1))
    picture.putpalette([10, 20, 30, 40, 50, 60])
    picture.putpixel((1, 0), 1)
    np.testing.assert_array_equal(load_image(_file(picture, "PNG"), (1, 2, 3)), [[[10, 20, 30], [40, 50, 60]]])


def test_a_transparent_palette_entry_becomes_black() -> None:
    picture = Image.new("P", (2, 1))
    picture.putpalette([10, 20, 30, 40, 50, 60])
    picture.putpixel((1, 0), 1)
    loaded = load_image(_file(picture, "PNG", transparency=0), (1, 2, 3))
    np.testing.assert_array_equal(loaded, [[[0, 0, 0], [40, 50, 60]]])


@pytest.mark.parametrize(
    ("alpha", "expected"), [(0, (0, 0, 0)), (128, (100, 50, 25)), (255, (200, 100, 50))], ids=["clear", "half", "full"]
)
def test_transparency_is_laid_on_black(alpha: int, expected: tuple[int, int, int]) -> None:
    picture = Image.new("RGBA", (1, 1), (200, 100, 50, alpha))
    np.testing.assert_allclose(load_image(_file(picture, "PNG"), (1, 1, 3)), [[expected]], atol=1)


def test_grey_with_alpha_is_laid_on_black() -> None:
    picture = Image.new("LA", (1, 1), (200, 128))
    np.testing.assert_allclose(load_image(_file(picture, "PNG"), (1, 1, 1)), [[[100]]], atol=1)


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_16_bit_grey_is_scaled_and_not_clipped(kind: str) -> None:
    deep = np.arange(256, dtype=np.uint16).reshape(16, 16) * 257
    loaded = load_image(_file(Image.fromarray(deep), kind), (16, 16, 1))
    np.testing.assert_array_equal(loaded[..., 0], np.arange(256).reshape(16, 16))


@pytest.mark.parametrize("highest", [1023, 65535], ids=["10 bits", "16 bits"])
def test_a_deep_portable_graymap_is_scaled_by_its_own_highest_value(highest: int) -> None:
    deep = np.linspace(0, highest, 16).astype(">u2")
    loaded = load_image(io.BytesIO(b"P5 16 1 %d\n" % highest + deep.tobytes()), (1, 16, 1))
    np.testing.assert_allclose(loaded[0, :, 0], np.linspace(0, 255, 16), atol=1)


def test_16_bit_grey_as_a_colour_picture_has_three_equal_channels() -> None:
    deep = np.full((2, 2), 128 * 257, np.uint16)
    np.testing.assert_array_equal(load_image(_file(Image.fromarray(deep), "PNG"), (2, 2, 3)), np.full((2, 2, 3), 128))


@pytest.mark.parametrize("kind", ["TIFF", "JPEG"])
def test_cmyk_becomes_rgb(kind: str) -> None:
    picture = Image.new("CMYK", (8, 8), (0, 255, 255, 0))
    np.testing.assert_allclose(load_image(_file(picture, kind), (8, 8, 3))[0, 0], [255, 0, 0], atol=2)


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "BMP"])
def test_one_bit_becomes_black_and_white(kind: str) -> None:
    picture = Image.new("1", (2, 1))
    picture.putpixel((1, 0), 1)
    np.testing.assert_array_equal(load_image(_file(picture, kind), (1, 2, 3)), [[[0] * 3, [255] * 3]])


def test_floating_point_pixels_are_refused_because_nobody_says_what_white_is() -> None:
    picture = Image.fromarray(np.linspace(0, 1, 16, dtype=np.float32).reshape(4, 4))
    with pytest.raises(DataError, match="floating-point pixels; save it with 8 or 16 bits"):
        load_image(_file(picture, "TIFF"), (4, 4, 1))


def test_the_first_frame_of_an_animation_is_taken() -> None:
    frames = [Image.new("RGB", (2, 2), colour) for colour in ((255, 0, 0), (0, 255, 0))]
    file = _file(frames[0], "GIF", save_all=True, append_images=frames[1:])
    np.testing.assert_array_equal(load_image(file, (2, 2, 3))[0, 0], [255, 0, 0])


UPRIGHT = {
    1: lambda stored: stored,
    2: lambda stored: stored[:, ::-1],
    3: lambda stored: stored[::-1, ::-1],
    4: lambda stored: stored[::-1],
    5: lambda stored: stored.swapaxes(0, 1),
    6: lambda stored: np.rot90(stored, -1),
    7: lambda stored: stored[::-1, ::-1].swapaxes(0, 1),
    8: lambda stored: np.rot90(stored, 1),
}
"""What the eight values of EXIF tag 274 ask for, by the EXIF 2.3 specification."""


@pytest.mark.parametrize("orientation", UPRIGHT)
def test_a_picture_is_turned_upright_as_its_exif_data_say(orientation: int) -> None:
    stored = _noise(3, 5)
    exif = Image.Exif()
    exif[274] = orientation
    expected = UPRIGHT[orientation](stored)
    file = _file(Image.fromarray(stored), "PNG", exif=exif)
    np.testing.assert_array_equal(load_image(file, expected.shape), expected)


@pytest.mark.parametrize(
    ("stored", "wanted"), [((40, 30), (32, 32)), ((100, 64), (8, 8)), ((4, 4), (9, 5))], ids=["crop", "down", "up"]
)
@pytest.mark.parametrize("channels", [1, 3], ids=["grey", "rgb"])
def test_another_size_is_stretched_as_pillows_bilinear_filter_does(
    stored: tuple[int, int], wanted: tuple[int, int], channels: int
) -> None:
    picture = Image.fromarray(_noise(*stored)).convert("RGB" if channels == 3 else "L")
    expected = np.asarray(picture.resize(wanted[::-1], Image.Resampling.BILINEAR)).reshape(*wanted, channels)
    np.testing.assert_array_equal(load_image(_file(picture, "PNG"), (*wanted, channels)), expected)


def test_making_smaller_averages() -> None:
    """A filter that only looks at the nearest pixels would give black or white."""
    board = (np.indices((64, 64)).sum(0) % 2 * 255).astype(np.uint8)
    loaded = load_image(_file(Image.fromarray(board), "PNG"), (8, 8, 1))
    np.testing.assert_allclose(loaded, 127.5, atol=3)


def test_a_colour_picture_for_a_grey_model_is_weighted_by_brightness() -> None:
    """ITU-R 601-2: L = 0.299 R + 0.587 G + 0.114 B."""
    pixels = _noise(4, 4)
    expected = pixels @ np.array([0.299, 0.587, 0.114])
    loaded = load_image(_file(Image.fromarray(pixels), "PNG"), (4, 4, 1))
    np.testing.assert_allclose(loaded[..., 0], expected, atol=1)


@pytest.mark.filterwarnings("ignore")  # Pillow warns about some damage before it gives up
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM"])
def test_a_truncated_file_is_refused(kind: str) -> None:
    content = _file(Image.fromarray(_noise(40, 40)), kind).getvalue()
    for part in (2, 10, 100, len(content) // 2):
        with pytest.raises(DataError, match=r"^the image cannot be read as an image: .+$"):
            load_image(io.BytesIO(content[:part]), (40, 40, 3))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "AVIF"])
def test_a_damaged_file_is_read_or_refused_in_one_line(kind: str) -> None:
    """Pillow's plugins raise a dozen exception types; none may reach the user."""
    exif = Image.Exif()
    exif[274] = 6
    if kind.lower() not in {suffix.lstrip(".") for suffix in Image.registered_extensions()}:
        pytest.skip(f"this Pillow writes no {kind}")
    content = _file(Image.fromarray(_noise(20, 24)), kind, exif=exif).getvalue()
    source = random.Random(0)
    for _ in range(600):
        damaged = bytearray(content)
        for _ in range(source.choice((1, 2, 5))):
            damaged[source.randrange(min(len(content), 200))] = source.randrange(256)
        assert _read_or_refused(bytes(damaged))


@pytest.mark.parametrize("content", [b"", b"hello\n", b"\x89PNG", b"<svg/>"], ids=["empty", "text", "png", "svg"])
def test_what_is_no_picture_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "picture.png"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"^.*/picture\.png cannot be read as an image: .+$"):
        load_image(path, (2, 2, 3))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"^no such image: .*/none\.png$"):
        load_image(tmp_path / "none.png", (2, 2, 3))


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"^.* is a folder, not an image$"):
        load_image(tmp_path, (2, 2, 3))


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("side", [10_001, 20_000, 2**31 - 1], ids=["above ours", "above Pillow's", "highest"])
def test_a_small_file_that_promises_a_huge_picture_is_refused_before_it_is_decoded(side: int) -> None:
    assert side**2 > MAX_IMAGE_PIXELS
    start = time.monotonic()
    with pytest.raises(DataError, match="pixels"):
        load_image(io.BytesIO(_png_header(side, side, 8, 2)), (32, 32, 3))
    assert time.monotonic() - start < 2


def test_a_png_that_promises_more_lines_than_it_has_is_refused() -> None:
    with pytest.raises(DataError, match="truncated"):
        load_image(io.BytesIO(_png_header(30, 1000, 8, 2)), (32, 32, 3))


def test_postscript_is_refused_before_pillow_would_run_it(tmp_path: Path) -> None:
    (tmp_path / "cat.jpg").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n")
    with pytest.raises(DataError, match=r"cat\.jpg is PostScript, a program that would be run"):
        load_image(tmp_path / "cat.jpg", (9, 9, 3))
