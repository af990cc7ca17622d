"""The native model file: what goes in comes out, and the messages say what to do."""

import json
import os

import numpy as np
import pytest

from fastcnn.saving.header import DTYPES, ModelFileError
from fastcnn.saving.native import read_model, write_model
from tests.saving.model_files import expected, forged, small_model

SHAPES = [(), (0,), (3, 0, 2), (1,), (5,), (2, 3, 4, 5), (1_000, 301), (1,) * 8]


def any_values(rng: np.random.Generator, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """Arrays of random bits: NaN with payloads, infinities, denormals and extreme integers included."""
    if dtype == np.bool_:
        return rng.integers(0, 2, shape).astype(bool)
    return np.asarray(rng.integers(0, 256, (*shape, dtype.itemsize), "uint8")).view(dtype).reshape(shape)


def layers_config(arrays: dict[str, np.ndarray]) -> dict:
    return {"layers": [[name, list(array.shape), array.dtype.name] for name, array in arrays.items()]}


def test_all_dtypes_and_shapes_come_back_bit_for_bit_owned_and_writable(tmp_path):
    rng = np.random.default_rng(1)
    arrays = {
        f"{code}/{index}": any_values(rng, shape, dtype)
        for code, dtype in DTYPES.items()
        for index, shape in enumerate(SHAPES)
    }
    write_model(tmp_path / "m.fcnn", layers_config(arrays), arrays)
    _, loaded, training = read_model(tmp_path / "m.fcnn", expected)
    assert training is None
    assert list(loaded) == list(arrays)
    for name, array in arrays.items():
        copy = loaded[name]
        assert (copy.shape, copy.dtype, copy.tobytes()) == (array.shape, array.dtype, array.tobytes())
        assert copy.flags.owndata
        assert copy.flags.writeable
        assert copy.flags.c_contiguous
    print(f"{len(loaded)} arrays")
    assert len(loaded) == 12 * 8


def test_views_and_foreign_byte_order_are_written_by_value(tmp_path):
    base = np.arange(60, dtype="float32").reshape(3, 4, 5)
    arrays = {"t": base.T, "r": base[::-1, ::2], "f": np.asfortranarray(base), "b": base.astype(">f4")}
    write_model(tmp_path / "m.fcnn", layers_config(arrays), arrays)
    _, loaded, _ = read_model(tmp_path / "m.fcnn", expected)
    assert all(np.array_equal(loaded[name], array) for name, array in arrays.items())
    assert all(array.dtype == np.float32 for array in loaded.values())


def test_config_and_training_state_come_back_equal(tmp_path):
    config = {"layers": [], "name": 'naïve "cats" \\ \u20ac \U0001f600 \ud800 \0'}
    training = {"epoch": 3, "lr": 1e-3, "tiny": 5e-324, "seed": 2**63 - 1, "best": None, "on": True, "size": (3, 4)}
    write_model(tmp_path / "m.fcnn", config, {}, training)
    loaded = read_model(tmp_path / "m.fcnn", expected)
    assert loaded == (config, {}, training | {"size": [3, 4]})


def test_same_model_makes_the_same_bytes(tmp_path):
    for name in "ab":
        write_model(tmp_path / name, *small_model())
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_file_follows_the_safetensors_layout_with_aligned_arrays(tmp_path):
    config, arrays, training = small_model()
    write_model(tmp_path / "m.fcnn", config, arrays, training)
    content = (tmp_path / "m.fcnn").read_bytes()
    size = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + size])
    assert (8 + size) % 64 == 0
    assert all(type(value) is str for value in header.pop("__metadata__").values())
    position = 0
    for name, entry in header.items():  # in the order of the data, without holes
        array = arrays[name]
        assert entry["data_offsets"][0] == position
        assert position % array.itemsize == 0
        position = entry["data_offsets"][1]
        assert content[8 + size :][slice(*entry["data_offsets"])] == array.tobytes()
    assert 8 + size + position == len(content)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"config": {"a": float("nan")}}, r"config at \.a: numbers must be finite. Received: nan"),
        ({"config": {"a": [1, {"b": np.float32(1)}]}}, r"config at \.a\[1\]\.b: only dict, .* float32; convert"),
        ({"config": {1: 2}}, "keys must be strings. Received: 1"),
        ({"config": {"a": 2**63}}, r"at \.a: the integer has more than 63 bits"),
        ({"config": {"a": print}}, "only dict, list"),
        ({"config": {"a": "x" * 1_000_000}}, "config is too long"),
        ({"config": []}, "config must be a dict. Received: list"),
        ({"training": {"loss": float("inf")}}, r"training at \.loss: .*write None"),
        ({"arrays": {"..": np.zeros(1)}}, "array's name must be"),
        ({"arrays": {"a b": np.zeros(1)}}, "array's name must be"),
        ({"arrays": {"__metadata__": np.zeros(1)}}, "array's name must be"),
        ({"arrays": {3: np.zeros(1)}}, "array's name must be"),
        ({"arrays": {"a": np.array([None])}}, "array a must be a NumPy array of F64, .* Received: object"),
        ({"arrays": {"a": np.zeros(1, "complex64")}}, "Received: complex64"),
        ({"arrays": {"a": [1.0]}}, "Received: an object of <class 'list'>"),
    ],
)
def test_what_the_format_cannot_hold_is_refused_before_the_old_file_is_touched(tmp_path, change, message):
    path = tmp_path / "m.fcnn"
    path.write_bytes(b"old")
    with pytest.raises(ModelFileError, match=message):
        write_model(path, **{"config": {}, "arrays": {}, "training": None} | change)
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["m.fcnn"]


def test_config_nested_32_deep_is_saved_and_33_deep_refused(tmp_path):
    config = {"layers": []}  # 2 deep
    for _ in range(30):
        config = {"layers": [], "name": config}
    write_model(tmp_path / "m.fcnn", config, {})
    assert read_model(tmp_path / "m.fcnn", expected)[0] == config
    with pytest.raises(ModelFileError, match="nested more than 32 deep"):
        write_model(tmp_path / "m.fcnn", {"name": config}, {})


def test_expected_arrays_are_checked_before_any_is_allocated(tmp_path, monkeypatch):
    write_model(tmp_path / "m.fcnn", *small_model())

    def no_allocation(*_):
        raise AssertionError("allocated")

    monkeypatch.setattr(np, "empty", no_allocation)
    with pytest.raises(ModelFileError, match=r"has unexpected 5 of its config's 0 arrays \(conv2d/biases, "):
        read_model(tmp_path / "m.fcnn", lambda _: {})
    with pytest.raises(ModelFileError, match=r"asks for 1,000,000,000,000 numbers.*max_params=1000000000000"):
        read_model(tmp_path / "m.fcnn", lambda _: {"w": ((np.int32(10**6), 10**6), "float32")})
    with pytest.raises(AssertionError, match="allocated"):
        read_model(tmp_path / "m.fcnn", expected)


def test_max_params_is_the_callers_to_raise(tmp_path):
    write_model(tmp_path / "m.fcnn", *small_model())
    count = sum(array.size for array in small_model()[1].values())
    assert read_model(tmp_path / "m.fcnn", expected, max_params=count)
    with pytest.raises(ModelFileError, match=f"allowed are {count - 1}; pass max_params={count}"):
        read_model(tmp_path / "m.fcnn", expected, max_params=count - 1)


def test_error_of_expected_becomes_a_refusal_that_keeps_its_cause(tmp_path):
    (tmp_path / "m.fcnn").write_bytes(forged(config={"lambda": 1}))
    with pytest.raises(ModelFileError, match="config is refused: unknown key lambda") as caught:
        read_model(tmp_path / "m.fcnn", expected)
    assert isinstance(caught.value.__cause__, ValueError)


def test_message_starts_with_the_path_and_escapes_what_a_terminal_would_obey(tmp_path):
    path = tmp_path / "a\n\x1b[2Jé\udcff.fcnn"
    path.write_bytes(b"x")
    with pytest.raises(ModelFileError) as caught:
        read_model(path, expected)
    assert str(caught.value).startswith(f"{tmp_path}/a\\n\\x1b[2Jé\\udcff.fcnn: ends inside its header (1 bytes)")
    assert str(caught.value).endswith("copy it again, or use another checkpoint")


def test_folder_pipe_and_device_are_refused_without_being_opened(tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "pipe")

    def no_opening(*_):
        raise AssertionError("opened")

    monkeypatch.setattr(os, "open", no_opening)
    for path in (tmp_path, tmp_path / "pipe", "/dev/zero"):
        with pytest.raises(ModelFileError, match=r"not a model file: give the path of a \.fcnn file"):
            read_model(path, expected)
    with pytest.raises(FileNotFoundError):
        read_model(tmp_path / "missing.fcnn", expected)


def test_pipe_that_takes_the_files_place_before_it_is_opened_is_refused_and_closed(tmp_path, monkeypatch):
    path = tmp_path / "m.fcnn"
    write_model(path, *small_model())
    status = os.stat(path)
    os.unlink(path)
    os.mkfifo(path)
    before = len(os.listdir("/proc/self/fd"))
    with monkeypatch.context() as patch:
        patch.setattr(os, "stat", lambda *_: status)
        with pytest.raises(ModelFileError, match="is a pipe, socket or device"):
            read_model(path, expected)
    assert len(os.listdir("/proc/self/fd")) == before
