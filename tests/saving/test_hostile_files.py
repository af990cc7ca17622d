"""Keras files that somebody made or damaged: nothing in them is run, followed or believed."""

import io
import json
import sys
import warnings
import zipfile
import zlib
from pathlib import Path

import h5py
import numpy as np
import pytest

from fastcnn import Sequential, layers, models
from fastcnn.saving.header import ModelFileError

pytestmark = pytest.mark.covers("saving.keras", "saving.h5", "saving.weights_h5")


def network() -> Sequential:
    model = Sequential(
        [layers.Input((6, 6, 1)), layers.Conv2D(2, 3), layers.Flatten(), layers.Dense(2)], backend="numpy"
    )
    model.compile("adam", "mse")
    model.train_on_batch(np.ones((2, 6, 6, 1)), np.ones((2, 2)))
    return model


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> dict[str, bytes]:
    """One good file of each kind."""
    folder, model = tmp_path_factory.mktemp("good"), network()
    model.save(folder / "m.keras")
    model.save(folder / "m.h5")
    model.save_weights(folder / "m.weights.h5")
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def load(path: Path) -> Sequential:
    """Whatever the file is."""
    if path.name.endswith(".weights.h5"):
        model = network()
        model.load_weights(path)
        return model
    return models.load_model(path)


KERNEL = {"m.h5": "model_weights/conv2d/conv2d/kernel", "m.weights.h5": "layers/conv2d/vars/0"}


def changed(files: dict[str, bytes], tmp_path: Path, name: str, change) -> Path:
    """The good file after change(root, place of its first kernel)."""
    path = tmp_path / name
    path.write_bytes(files[name])
    with h5py.File(path, "r+") as root:
        place = KERNEL[name]
        if place not in root:  # names are counted over the process
            found: list[str] = []
            root.visititems(lambda n, o: found.append(n) if getattr(o, "shape", None) == (3, 3, 1, 2) else None)
            place = next(n for n in found if not n.startswith("optimizer"))
        change(root, place)
    return path


def external_link(root, place):
    del root[place]
    root[place] = h5py.ExternalLink("/etc/passwd", "/x")


def soft_link(root, place):
    root.move(place, "elsewhere")
    root[place] = h5py.SoftLink("/elsewhere")


def soft_link_to_a_group(root, place):
    parent = place.split("/")[0]
    root.move(parent, "elsewhere")
    root[parent] = h5py.SoftLink("/elsewhere")


def external_storage(root, place):
    del root[place]
    root.create_dataset(place, (3, 3, 1, 2), "f4", external=[("/etc/passwd", 0, 72)])


def virtual(root, place):
    del root[place]
    layout = h5py.VirtualLayout((3, 3, 1, 2), "f4")
    layout[:] = h5py.VirtualSource("/etc/passwd", "x", (3, 3, 1, 2))
    root.create_virtual_dataset(place, layout)


def references(root, place):
    del root[place]
    root.create_dataset(place, (3, 3, 1, 2), dtype=h5py.ref_dtype)


def objects(root, place):
    del root[place]
    root.create_dataset(place, (3, 3, 1, 2), dtype=h5py.vlen_dtype(np.float32))


def compound(root, place):
    del root[place]
    root.create_dataset(place, (3, 3, 1, 2), dtype=[("a", "f4"), ("b", "f4")])


def bomb(root, place):
    del root[place]
    root.create_dataset(place, (40_000, 40_000), "f4", chunks=(4_000, 4_000), compression="gzip")


def packed_bomb(root, place):
    del root[place]
    root.create_dataset(
        place, data=np.zeros((3_000, 3_000), "f4"), chunks=(3_000, 3_000), compression="gzip", compression_opts=9
    )


def another_shape(root, place):
    del root[place]
    root[place] = np.zeros((3, 3, 2, 2), "f4")


def empty(root, place):
    del root[place]
    root[place] = h5py.Empty("f4")


def gone(root, place):
    del root[place]


def a_group_in_its_place(root, place):
    del root[place]
    root.create_group(place)


def a_circle(root, place):
    parent = place.rsplit("/", 2)[0]
    for name in ("again", "and_again"):
        root[f"{parent}/{name}"] = root[parent]


REASONS = {
    external_link: "ExternalLink",
    soft_link: "SoftLink",
    soft_link_to_a_group: "SoftLink",
    external_storage: "keeps its numbers in another file",
    virtual: "keeps its numbers in another file",
    references: "no plain numbers",
    objects: "no plain numbers",
    compound: "no plain numbers",
    bomb: "claims 6,400,000,000 bytes, only 0 are stored",
    packed_bomb: "claims 36,000,000 bytes",
    another_shape: r"\(3, 3, 2, 2\)",
    empty: "no plain numbers|cannot be read",
    gone: "no data set|The file has",
    a_group_in_its_place: "no data set|neither|not a data set",
}


@pytest.mark.parametrize("change", REASONS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("name", KERNEL)
def test_hdf5_that_leads_elsewhere_or_lies_is_refused(files, tmp_path, name, change):
    path = changed(files, tmp_path, name, change)
    with pytest.raises(ModelFileError, match=REASONS[change]) as error:
        load(path)
    assert str(path) in str(error.value)


def test_groups_in_a_circle_end(files, tmp_path):
    path = changed(files, tmp_path, "m.weights.h5", a_circle)
    with pytest.raises(ModelFileError, match=r"leads to more than|impossible path"):
        load(path)


def zipped(folder: Path, **members: bytes) -> Path:
    names = {"metadata": "metadata.json", "config": "config.json", "weights": "model.weights.h5"}
    path = folder / "bad.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(names.get(name, name), content)
    return path


def parts(files: dict[str, bytes]) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(files["m.keras"])) as archive:
        return dict(zip(("metadata", "config", "weights"), map(archive.read, archive.namelist()), strict=True))


def test_archives_without_their_members_or_with_too_much_are_refused(files, tmp_path):
    good = parts(files)
    for name in good:
        with pytest.raises(ModelFileError, match="holds 0 files"):
            load(zipped(tmp_path, **{key: value for key, value in good.items() if key != name}))
    with pytest.raises(ModelFileError, match="claims"):
        load(zipped(tmp_path, **good | {"weights": bytes(50_000_000)}))
    with pytest.raises(ModelFileError, match="claims"):
        load(zipped(tmp_path, **good | {"metadata": b" " * 2_000_000}))
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(zipped(tmp_path, **good), "a") as archive:
        archive.writestr("config.json", good["config"])
    with pytest.raises(ModelFileError, match="holds 2 files"):
        load(tmp_path / "bad.keras")


def test_members_with_other_names_are_never_written_anywhere(files, tmp_path):
    path = zipped(tmp_path, **parts(files) | {"../evil": b"x", "/evil": b"x", "assets/../../evil": b"x"})
    before = set(tmp_path.parent.rglob("*"))
    load(path)
    assert set(tmp_path.parent.rglob("*")) == before


def entry(class_name: str, config: object, **more: object) -> dict:
    return {"class_name": class_name, "config": config} | more


LAMBDA = {"class_name": "__lambda__", "config": {"code": "4wEAAAAAAAAA", "defaults": None, "closure": None}}
DENSE = {"units": 2}
HOSTILE = {  # one for each way in which Keras's own loader was made to run, read or fill something
    "lambda": entry("Lambda", {"function": LAMBDA}),
    "lambda of Keras 2": entry("Lambda", {"function": ["4wEAAAAAAAAA", None, None], "function_type": "lambda"}),
    "lambda by name": entry("Lambda", {"function": "os.system", "function_type": "function", "module": "os"}),
    "function by name": entry("Lambda", {"function": entry("function", "system", module="os")}),
    "dotted class": entry("os.system", {"command": "true"}, module="os"),
    "any module": entry("system", {"command": "true"}, module="os", registered_name="os>system"),
    "subprocess": entry("Popen", {"args": "true"}, module="subprocess"),
    "get_file": entry("get_file", {"origin": "http://localhost/x"}, module="keras.utils"),
    "unsafe switch": entry("function", "enable_unsafe_deserialization", module="keras.config"),
    "reads a file": entry("StringLookup", {"vocabulary": "/etc/passwd"}, module="keras.layers"),
    "reads a text": entry("TextVectorization", {"vocabulary": "/etc/passwd"}, module="keras.layers"),
    "saved model": entry("TFSMLayer", {"filepath": "/etc"}, module="keras.layers"),
    "torch": entry("TorchModuleWrapper", {"module": "gASV"}, module="keras.layers"),
    "initializer": entry("Dense", DENSE | {"kernel_initializer": entry("eval", {"x": "1"}, module="builtins")}),
    "activation": entry("Dense", DENSE | {"activation": entry("function", "exec", module="builtins")}),
    "activation in dots": entry("Dense", DENSE | {"activation": "os.system"}),
    "private": entry("Dense", DENSE | {"activation": "__import__"}),
    "base class": entry("Layer", {}),
    "operation that fills memory": entry("Operation", {"function": "zeros", "args": [[100_000, 100_000]]}),
    "operation by dots": entry("Operation", {"function": "tape.sys.exit", "args": []}),
    "huge": entry("Dense", {"units": 10**12}),
    "huge in float": entry("Dense", {"units": 1e308}),
    "huge padding": entry("ZeroPadding2D", {"padding": 10**9}),
    "negative": entry("Dense", {"units": -1}),
    "text for a number": entry("Dense", {"units": "2"}),
    "list for a config": entry("Dense", [1, 2]),
    "no class": {"config": {}},
    "class is a list": entry(["Dense"], {}),
    "self": entry("Sequential", {"name": "s", "layers": []}),
    "names with dots": entry("Dense", DENSE | {"name": "../../evil", "wonder": 1}),
    "array bomb": entry("Normalization", {"mean": {"class_name": "__numpy__", "config": {"value": [1], "dtype": "O"}}}),
}
_WATCHED = (
    "exec",
    "compile",
    "import",
    "os.system",
    "os.exec",
    "subprocess.Popen",
    "socket.connect",
    "open",
    "ctypes.dlopen",
)
_seen: list[tuple[str, tuple]] = []
_watching = False


def _hook(event: str, args: tuple) -> None:
    if _watching and event in _WATCHED:
        _seen.append((event, args))


sys.addaudithook(_hook)


def watched(path: Path) -> list[tuple]:
    """What loading did besides reading its own file."""
    global _watching
    _seen.clear()
    _watching = True
    try:
        load(path)
    finally:
        _watching = False
    return [
        (event, args)
        for event, args in _seen
        if event not in ("import", "compile", "exec") and str(path) not in str(args)
    ]


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_configurations_are_refused_without_side_effects(files, tmp_path, what):
    good = parts(files)
    config = json.loads(good["config"])
    config["config"]["layers"].append(HOSTILE[what])
    path = zipped(tmp_path, **good | {"config": json.dumps(config).encode()})
    with pytest.raises(ModelFileError, match="configuration is refused"):
        watched(path)
    strange = [(e, a) for e, a in _seen if e in ("os.system", "subprocess.Popen", "socket.connect", "os.exec")]
    opened = [str(a[0]) for e, a in _seen if e == "open" and "passwd" in str(a[0])]
    assert not strange
    assert not opened


def test_code_in_how_a_model_was_compiled_is_refused(files, tmp_path):
    good = parts(files)
    config = json.loads(good["config"])
    for key, value in {
        "loss": LAMBDA,
        "metrics": [LAMBDA],
        "optimizer": entry("Popen", {}, module="subprocess"),
    }.items():
        bad = config | {"compile_config": config["compile_config"] | {key: value}}
        path = zipped(tmp_path, **good | {"config": json.dumps(bad).encode()})
        with pytest.raises(ModelFileError, match="compile=False leaves it out"):
            load(path)
        assert models.load_model(path, compile=False).optimizer is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b'{"class_name": "Sequential", "class_name": "Model", "config": {}}', "twice"),
        (b'{"class_name": "Sequential", "config": {"x": NaN}}', "finite"),
        (b'{"a":' * 300 + b"1" + b"}" * 300, "nested more than"),
        (b"[1, 2]", "is no JSON object"),
        (b'{"class_name": "Sequential", "config": {"units": 1' + b"0" * 5_000 + b"}}", "63 bits"),
        (b"\xff\xfe{}", "not ASCII"),
    ],
)
def test_json_that_is_no_plain_json_is_refused(files, tmp_path, text, reason):
    with pytest.raises(ModelFileError, match=reason):
        load(zipped(tmp_path, **parts(files) | {"config": text}))


def mutations(data: bytes, rng: np.random.Generator, count: int):
    """Copies with flipped bits, overwritten runs, or their end cut off."""
    for number in range(count):
        damaged = bytearray(data)
        kind = number % 3
        if kind == 0:
            for place in rng.integers(0, len(data), rng.integers(1, 4)):
                damaged[place] ^= 1 << int(rng.integers(8))
        elif kind == 1:
            start, length = int(rng.integers(len(data))), int(rng.integers(1, 64))
            damaged[start : start + length] = rng.bytes(len(damaged[start : start + length]))
        else:
            del damaged[int(rng.integers(len(data))) :]
        yield bytes(damaged)


@pytest.mark.parametrize(("name", "count"), [("m.keras", 600), ("m.h5", 1_500), ("m.weights.h5", 1_500)])
def test_random_damage_is_refused_or_harmless(files, tmp_path, name, count, capsys):
    """Everything is refused by name or gives a model; a .keras, with CRC-32 over what is read, never another one."""
    rng, good = np.random.default_rng(11), None
    path, outcomes = tmp_path / name, {"refused": 0, "same": 0, "other": 0, "unnamed": 0}
    path.write_bytes(files[name])
    good = load(path).get_weights()
    for damaged in mutations(files[name], rng, count):
        path.write_bytes(damaged)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found = load(path).get_weights()
        except ModelFileError as error:
            outcomes["refused" if str(path) in str(error) else "unnamed"] += 1
        else:
            same = len(found) == len(good) and all(np.array_equal(a, b) for a, b in zip(found, good, strict=True))
            outcomes["same" if same else "other"] += 1
    with capsys.disabled():
        print(f"\n{name}: {count} damaged files: {outcomes}")
    assert sum(outcomes.values()) == count
    assert outcomes["unnamed"] == 0
    assert outcomes["refused"] > count / 4
    if name == "m.keras":
        assert outcomes["other"] == 0


def test_every_flipped_bit_in_the_weights_of_a_keras_file_is_noticed(files, tmp_path):
    with zipfile.ZipFile(io.BytesIO(files["m.keras"])) as archive:
        info = archive.getinfo("model.weights.h5")
        start = info.header_offset + 30 + len(info.filename)
        assert zlib.crc32(files["m.keras"][start : start + info.file_size]) == info.CRC
    rng, path = np.random.default_rng(5), tmp_path / "m.keras"
    for place in rng.integers(start, start + info.file_size, 200):
        damaged = bytearray(files["m.keras"])
        damaged[place] ^= 1 << int(rng.integers(8))
        path.write_bytes(damaged)
        with pytest.raises(ModelFileError, match="damaged"):
            load(path)
