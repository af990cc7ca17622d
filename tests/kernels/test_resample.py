"""Resampling: the NumPy kernels against loops over taps, and what is refused before compiled code runs."""

import threading
from itertools import product

import numpy as np
import pytest

from fastcnn.kernels import backends, threads
from tests.kernels import image_cases
from tests.kernels.cases import arrays

BACKENDS = [name for name, reason in backends.available().items() if reason is None]
everywhere = pytest.mark.parametrize("backend", BACKENDS)


def by_loops(x, shape, rows, row_starts, columns, column_starts):
    """The definition, for one image, in float64."""
    y = np.zeros(shape)
    for r, c, channel in product(*map(range, shape)):
        for i, j in product(range(rows.shape[1]), range(columns.shape[1])):
            pixel = float(x[row_starts[r] + i, column_starts[c] + j, channel])
            y[r, c, channel] += float(rows[r, i]) * float(columns[c, j]) * pixel
    return y


def test_numpy_does_what_the_definition_says():
    count = 0
    for case in image_cases.resampled():
        if np.prod(case.shapes["y"]) * case.terms > 3000:
            continue
        x, y, *taps = arrays(case, "float64", seed=count)
        getattr(backends.load("numpy"), case.kernel)(x, y, *taps)
        if case.kernel == "image_resample":
            expected = by_loops(x, y.shape, *taps)
        else:
            expected = np.stack([by_loops(image, y.shape[1:], *taps) for image in x])
        limit = (1e-6 if y.dtype == np.float32 else 1e-13) * (1 + float(np.abs(x).max())) * case.terms
        np.testing.assert_allclose(y, expected, rtol=0, atol=limit, err_msg=case)
        count += 1
    assert count == 213


def one_photo():
    """x, y and taps that fit."""
    rows, starts = np.full((3, 2), 0.5, np.float32), np.zeros(3, np.int32)
    return [np.zeros((4, 5, 3), np.uint8), np.zeros((3, 3, 3), np.float32), rows, starts, rows.copy(), starts.copy()]


@everywhere
@pytest.mark.parametrize(
    ("number", "wrong", "message"),
    [
        (3, np.int32([0, 3, 0]), r"row_starts must lie in 0\.\.2, so that all 2 taps are .* 4 rows\. Received: 0\.\.3"),
        (3, np.int32([0, -1, 0]), r"row_starts must lie in 0\.\.2.*Received: -1\.\.0"),
        (5, np.int32([4, 0, 0]), r"column_starts must lie in 0\.\.3, so that .* 5 columns\. Received: 0\.\.4"),
        (5, np.int32([0, 0, -(2**31)]), r"column_starts must lie in 0\.\.3"),
        (4, np.ones((3, 6), np.float32), r"all 6 taps are among x's 5 columns"),
        (2, np.ones((2, 2), np.float32), r"expected rows of shape \(3, 2\)"),
        (3, np.zeros(2, np.int32), r"expected row_starts of shape \(3,\)"),
        (0, np.zeros((4, 5, 2), np.uint8), r"x must have at least the 3 channels of y"),
    ],
)
def test_what_does_not_fit_is_refused(backend, number, wrong, message):
    given = one_photo()
    kernels = backends.load(backend)
    kernels.image_resample(*given)
    given[number] = wrong
    with pytest.raises(ValueError, match=f"image_resample: .*{message}"):
        kernels.image_resample(*given)
    if number == 0:
        return
    given = [g.astype(np.float32)[np.newaxis] if i < 2 else g for i, g in enumerate(given)]
    with pytest.raises(ValueError, match=f"images_resample: .*{message}"):
        kernels.images_resample(*given)


@everywhere
def test_starts_of_another_type_are_refused(backend):
    given = one_photo()
    given[3] = given[3].astype(np.int64)
    with pytest.raises(TypeError, match="image_resample: row_starts must be int32"):
        backends.load(backend).image_resample(*given)


@everywhere
def test_images_are_the_same_bits_whatever_the_number_of_threads(backend, monkeypatch):
    case = list(image_cases.resampled())[-1]
    results = []
    for count in (1, 2, 5):
        monkeypatch.setattr(threads, "_threads", count)
        given = arrays(case, "float32")
        backends.load(backend).images_resample(*given)
        results.append(given[1])
    assert results[0].tobytes() == results[1].tobytes() == results[2].tobytes()


@everywhere
def test_photos_are_resampled_at_the_same_time_by_threads_that_share_them(backend):
    rng = np.random.default_rng(3)
    _, _, *taps = one_photo()
    photos = rng.integers(0, 256, (8, 40, 4, 5, 3)).astype(np.uint8)
    made = np.empty((8, 40, 3, 3, 3), np.float32)
    kernel = backends.load(backend).image_resample

    def work(number):
        for photo, slot in zip(photos[number], made[number], strict=True):
            kernel(photo, slot, *taps)

    workers = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    means = (photos[:, :, :2, :2].astype(np.float64)).mean(axis=(2, 3))
    np.testing.assert_allclose(made, np.broadcast_to(means[:, :, None, None], made.shape), rtol=0, atol=1e-4)
