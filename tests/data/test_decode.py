"""One file at a time: what is accepted, how it becomes 8-bit pixels, and what is said about the rest."""

import io
import os
import socket
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from fastcnn.data.decode import Reading, check_header, read_pixels
from fastcnn.data.image_error import ImageError, shown
from fastcnn.preprocessing.image import img_to_array, load_img
from tests.data.photos import pixels, save

LOSSLESS = {"PNG": "a.png", "BMP": "a.bmp", "PPM": "a.ppm", "WEBP": "a.webp"}


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds no pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


@pytest.mark.parametrize(("kind", "name"), LOSSLESS.items())
def test_lossless_formats_give_the_very_pixels(tmp_path, kind, name):
    path = save(tmp_path / name, pixels(1), **({"lossless": True} if kind == "WEBP" else {}))
    np.testing.assert_array_equal(read_pixels(str(path), Reading()), pixels(1))


@pytest.mark.parametrize(("name", "kind"), [("a.jpg", "PNG"), ("b.png", "JPEG")])
def test_content_counts_and_not_the_name(tmp_path, name, kind):
    path = save(tmp_path / name, pixels(1), format=kind)
    assert np.abs(read_pixels(str(path), Reading()).astype(int) - pixels(1)).max() < (1 if kind == "PNG" else 60)


def test_tiff_is_refused_by_default_and_read_on_request(tmp_path):
    path = str(save(tmp_path / "a.tiff", pixels(1)))
    with pytest.raises(ImageError, match="holds TIFF data"):
        read_pixels(path, Reading())
    np.testing.assert_array_equal(read_pixels(path, Reading(formats=("JPEG", "TIFF"))), pixels(1))


def test_formats_that_run_other_programs_are_never_entered(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\n")
    with pytest.raises(ImageError, match="no image that can be recognised"):
        read_pixels(str(path), Reading())


@pytest.mark.parametrize(
    ("head", "meaning"),
    [
        (b"\x00\x00\x00\x20ftypavif" + bytes(40), "AVIF data"),
        (b"\x00\x00\x00\x18ftypheic" + bytes(40), "HEIC data"),
        (b"<!doctype html><title>404", "a web page"),
        (b"%PDF-1.7", "a PDF document"),
        (b"name,label\n", "no image that can be recognised"),
    ],
)
def test_what_is_no_image_is_called_by_its_name(tmp_path, head, meaning):
    path = tmp_path / "a.jpg"
    path.write_bytes(head)
    with pytest.raises(ImageError, match=f"a.jpg: holds {meaning}.*accepted formats: JPEG, PNG"):
        check_header(str(path), Reading())


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "BMP", "GIF", "PPM", "WEBP"])
def test_truncated_files_of_every_format_are_errors(tmp_path, kind):
    whole = io.BytesIO()
    Image.fromarray(pixels(1, 90, 90)).save(whole, kind)
    path = tmp_path / "cut"
    path.write_bytes(whole.getvalue()[: len(whole.getvalue()) * 2 // 3])
    with pytest.raises(ImageError) as caught:
        read_pixels(str(path), Reading())
    assert caught.value.kind == ("damaged" if kind == "WEBP" else "truncated")


def test_progressive_jpeg_is_read_and_a_truncated_one_refused(tmp_path):
    path = save(tmp_path / "a.jpg", pixels(1, 90, 90), progressive=True)
    assert read_pixels(str(path), Reading()).shape == (90, 90, 3)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(ImageError, match="truncated"):
        read_pixels(str(path), Reading())


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_too_many_pixels_are_refused_on_the_header(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(png_header(20_000, 6_000))
    with pytest.raises(ImageError, match=r"20000 x 6000 pixels.*max_pixels") as caught:
        check_header(str(path), Reading())
    assert caught.value.kind == "too large"


def test_max_pixels_may_be_lower(tmp_path):
    path = str(save(tmp_path / "a.png", pixels(1, 12, 10)))
    assert read_pixels(path, Reading(max_pixels=120)).shape == (12, 10, 3)
    with pytest.raises(ImageError, match="the limit is 119"):
        read_pixels(path, Reading(max_pixels=119))


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_size_that_pillow_warns_about_is_an_error(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(png_header(9_500, 9_500))  # 90.25 million: under our limit, over Pillow's
    with pytest.raises(ImageError, match="too large"):
        check_header(str(path), Reading())


def test_a_png_text_bomb_is_an_error(tmp_path):
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_text("bomb", "x" * 10_000_000, zip=True)
    path = tmp_path / "a.png"
    Image.fromarray(pixels(1)).save(path, pnginfo=info)
    with pytest.raises(ImageError, match=r"damaged image|too large"):
        read_pixels(str(path), Reading())


def test_sixteen_bits_are_divided_by_257_and_never_clipped(tmp_path):
    values = np.array([[0, 128, 129, 256], [1000, 32768, 65535, 65534]], np.uint16)
    path = str(save(tmp_path / "a.png", values))
    expected = np.array([[0, 0, 1, 1], [4, 128, 255, 255]])
    np.testing.assert_array_equal(read_pixels(path, Reading("grayscale"))[:, :, 0], expected)
    np.testing.assert_array_equal(read_pixels(path, Reading("rgb")), np.repeat(expected[:, :, None], 3, 2))


def test_floating_point_images_are_refused(tmp_path):
    path = save(tmp_path / "a.tiff", np.linspace(0, 1, 20, dtype=np.float32).reshape(4, 5))
    with pytest.raises(ImageError, match="floating-point"):
        read_pixels(str(path), Reading(formats=("TIFF",)))


def test_integers_beyond_sixteen_bits_are_refused(tmp_path):
    path = save(tmp_path / "a.tiff", np.array([[0, 70_000]], np.int32))
    with pytest.raises(ImageError, match=r"outside 0\.\.65535"):
        read_pixels(str(path), Reading(formats=("TIFF",)))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "YCbCr"])
def test_every_mode_becomes_rgb_as_pillow_converts_it(tmp_path, mode):
    picture = Image.fromarray(pixels(1)).convert(mode)
    path = tmp_path / ("a.jpg" if mode in ("CMYK", "YCbCr") else "a.png")
    picture.save(path)
    with Image.open(path) as reopened:
        expected = np.asarray(reopened.convert("RGB"))
    np.testing.assert_array_equal(read_pixels(str(path), Reading()), expected)


def test_alpha_is_dropped_unless_a_background_is_given(tmp_path):
    array = np.zeros((2, 2, 4), np.uint8)
    array[0] = [200, 0, 0, 0]
    array[1] = [200, 0, 0, 255]
    path = str(save(tmp_path / "a.png", array))
    np.testing.assert_array_equal(read_pixels(path, Reading())[:, 0], [[200, 0, 0], [200, 0, 0]])
    on_white = read_pixels(path, Reading(background=(255, 255, 255)))
    np.testing.assert_array_equal(on_white[:, 0], [[255, 255, 255], [200, 0, 0]])


@pytest.mark.parametrize("transparency", [0, b"\x00\x80\xff"])
def test_a_transparent_palette_gives_its_colours_without_a_warning(tmp_path, transparency):
    picture = Image.fromarray(pixels(1)).quantize(8)
    expected = np.asarray(picture.convert("RGB"))
    picture.save(tmp_path / "a.png", transparency=transparency)
    np.testing.assert_array_equal(read_pixels(str(tmp_path / "a.png"), Reading()), expected)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied_unless_ignored(tmp_path, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = str(save(tmp_path / "a.png", pixels(1, 4, 6), exif=exif))
    np.testing.assert_array_equal(read_pixels(path, Reading(orientation="ignore")), pixels(1, 4, 6))
    turned = read_pixels(path, Reading())
    # EXIF 2.32, table of tag 0x0112: which corner the stored first pixel belongs to.
    x = pixels(1, 4, 6)
    upright = [x, x[:, ::-1], x[::-1, ::-1], x[::-1], x.swapaxes(0, 1), np.rot90(x, -1), x.swapaxes(0, 1)[::-1, ::-1]]
    np.testing.assert_array_equal(turned, [*upright, np.rot90(x)][orientation - 1])


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data:UserWarning")
def test_a_damaged_exif_block_does_not_refuse_the_photo(tmp_path, monkeypatch):
    path = str(save(tmp_path / "a.jpg", pixels(1), exif=b"Exif\x00\x00II*\x00\xff\xff\xff\xff\x01"))
    assert read_pixels(path, Reading()).shape == (12, 10, 3)

    def fail(self):
        raise SyntaxError("not a TIFF file")

    monkeypatch.setattr("PIL.Image.Image.getexif", fail)
    assert read_pixels(path, Reading()).shape == (12, 10, 3)


def test_the_first_frame_of_an_animation_is_taken(tmp_path):
    frames = [Image.fromarray(np.full((4, 4, 3), level, np.uint8)) for level in (30, 200)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    assert read_pixels(str(tmp_path / "a.gif"), Reading()).max() == 30


def test_a_pipe_is_reported_and_not_opened(tmp_path):
    os.mkfifo(tmp_path / "a.png")  # opening it would block for ever
    with pytest.raises(ImageError, match="not a regular file") as caught:
        check_header(str(tmp_path / "a.png"), Reading())
    assert caught.value.kind == "not a file"


def test_a_folder_a_device_and_a_socket_are_not_photos(tmp_path, monkeypatch):
    (tmp_path / "a.jpg").mkdir()
    with pytest.raises(ImageError, match="not a regular file"):
        read_pixels(str(tmp_path / "a.jpg"), Reading())
    (tmp_path / "zero.jpg").symlink_to("/dev/zero")  # reading it would never end
    with pytest.raises(ImageError, match="not a regular file"):
        read_pixels(str(tmp_path / "zero.jpg"), Reading())
    monkeypatch.chdir(tmp_path)  # socket paths must be short
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("b.jpg")
        with pytest.raises(ImageError, match="not a regular file"):
            read_pixels("b.jpg", Reading())


def test_empty_and_missing_files_are_told_apart(tmp_path):
    (tmp_path / "a.jpg").touch()
    with pytest.raises(ImageError, match="empty file"):
        read_pixels(str(tmp_path / "a.jpg"), Reading())
    with pytest.raises(ImageError, match="cannot be read: No such file"):
        read_pixels(str(tmp_path / "b.jpg"), Reading())


def test_load_img_raises_the_systems_error_for_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        load_img(tmp_path / "a.jpg")


def test_whatever_pillow_raises_becomes_an_image_error(tmp_path, monkeypatch):
    path = save(tmp_path / "a.png", pixels(1))
    for surprise in (SyntaxError("bad"), struct.error("short"), MemoryError(), Image.DecompressionBombError("bomb")):

        def fail(self, surprise=surprise):
            raise surprise

        monkeypatch.setattr("PIL.PngImagePlugin.PngImageFile.load", fail)
        with pytest.raises(ImageError, match=r"a\.png: "):
            read_pixels(str(path), Reading())


@pytest.mark.filterwarnings("ignore")  # Pillow warns of what it finds in damaged files
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "BMP", "GIF", "PPM", "WEBP", "TIFF"])
def test_randomly_damaged_files_give_pixels_or_an_image_error(tmp_path, kind):
    rng = np.random.default_rng(8)
    whole = io.BytesIO()
    Image.fromarray(pixels(1, 40, 30)).save(whole, kind)
    path, taken, refused = tmp_path / "photo", 0, 0
    for _ in range(300):
        damaged = np.frombuffer(whole.getvalue(), np.uint8).copy()
        for _ in range(rng.integers(1, 6)):
            damaged[rng.integers(len(damaged))] = rng.integers(256)
        path.write_bytes(damaged[: rng.integers(1, len(damaged) + 1) if rng.random() < 0.3 else None].tobytes())
        try:
            x = read_pixels(str(path), Reading(formats=(kind,), target_size=(8, 8), max_pixels=1_000_000))
        except ImageError as error:
            refused += str(error).startswith(f"{path}: ")
        else:
            taken += (x.shape, x.dtype) == ((8, 8, 3), np.uint8)
    assert taken + refused == 300
    assert refused >= 40


def test_names_are_shown_without_control_characters(tmp_path):
    name = b"k\xc3\xa4tzchen\n\x1b[31m\xff.jpg"
    assert shown(name) == "kätzchen\\n\\x1b[31m\\udcff.jpg"
    path = os.path.join(os.fsencode(tmp_path), name)
    with open(path, "wb") as file:
        file.write(b"no image")
    with pytest.raises(ImageError, match=r"tzchen\\n\\x1b\[31m\\udcff.jpg: holds no image"):
        load_img(path)


@pytest.mark.parametrize("source", [str, os.fsencode, lambda p: p, lambda p: io.BytesIO(p.read_bytes())])
def test_load_img_takes_text_bytes_paths_and_streams(tmp_path, source):
    path = save(tmp_path / "a.png", pixels(1))
    np.testing.assert_array_equal(img_to_array(load_img(source(path))), pixels(1))


def test_keep_aspect_ratio_crops_the_centre(tmp_path):
    path = save(tmp_path / "a.png", pixels(1, 8, 20))
    kept = img_to_array(load_img(path, target_size=(8, 8), keep_aspect_ratio=True))
    np.testing.assert_array_equal(kept, pixels(1, 8, 20)[:, 6:14])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"color_mode": "bgr"}, "color_mode must be one of 'grayscale', 'rgb', 'rgba'. Received: 'bgr'"),
        ({"interpolation": "cubic"}, "interpolation must be one of"),
        ({"orientation": "auto"}, "orientation must be one of"),
        ({"target_size": 64}, r"target_size must be \(height, width\)"),
        ({"target_size": (64, 0)}, "target_size must be"),
        ({"target_size": (64, 64, 3)}, "target_size must be"),
    ],
)
def test_impossible_readings_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        Reading(**options)
