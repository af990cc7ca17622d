"""The native model file against chance and against ill will. Every test prints its count and fails below it."""

import json
import os
import re
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from fastcnn.saving.header import ModelFileError
from fastcnn.saving.native import read_model, write_model
from tests.saving.model_files import DIGEST, PREFIX, expected, hostile_files, sealed, small_model
from tests.saving.test_atomic import run_child

FLIPS = 1_000
DAMAGES = 20_000
SEALED_DAMAGES = 5_000
KILLS = 40
# Python objects of the parsed header of the small file (bytes); what a damage may cost beyond 2x the file.
PARSER_MEMORY = 64_000


@pytest.fixture
def good(tmp_path) -> bytes:
    """The bytes of a valid checkpoint."""
    write_model(tmp_path / "good.fcnn", *small_model())
    return (tmp_path / "good.fcnn").read_bytes()


class Outcomes(dict):
    """Reads damaged files and counts what happened; only "identical" and "refused" are right."""

    def __init__(self, path: Path):
        super().__init__(identical=0, refused=0, wrong=0, crash=0, memory=0)
        self.path, self.original = path, small_model()
        path.touch()

    def read(self, content: bytes) -> tuple | None:
        """Count the outcome of one file; returns what was loaded."""
        with open(self.path, "r+b") as file:  # in place: some file systems flush a file that was emptied first
            file.write(content)
            file.truncate()
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        loaded = None
        try:
            loaded = read_model(self.path, expected)
            outcome = "identical" if same(loaded, self.original) else "wrong"
        except ModelFileError:
            outcome = "refused"
        except Exception as error:
            print(f"crash: {error!r}")
            outcome = "crash"
        if tracemalloc.get_traced_memory()[1] - before > 2 * len(content) + PARSER_MEMORY:
            outcome = "memory"
        self[outcome] += 1
        return loaded


def same(loaded: tuple, original: tuple) -> bool:
    arrays, others = loaded[1], original[1]
    return (
        (loaded[0], loaded[2]) == (original[0], original[2])
        and arrays.keys() == others.keys()
        and all(
            (arrays[name].shape, arrays[name].dtype, arrays[name].tobytes())
            == (others[name].shape, others[name].dtype, others[name].tobytes())
            for name in others
        )
    )


@pytest.fixture
def outcomes(tmp_path):
    tracemalloc.start()
    yield Outcomes(tmp_path / "damaged.fcnn")
    tracemalloc.stop()


def damaged(rng: np.random.Generator, content: bytes) -> bytes:
    """One random damage: flipped bits, cut or grown end, a piece moved, lost or doubled, a header of another length."""
    data = bytearray(content)
    start, stop = sorted(rng.integers(0, len(data) + 1, 2))
    match rng.integers(0, 8):
        case 0:
            for position in rng.integers(0, len(data), rng.integers(1, 9)):
                data[position] ^= 1 << rng.integers(0, 8)
        case 1:
            del data[start:]
        case 2:
            del data[start:stop]
        case 3:
            data[start:start] = data[start:stop]
        case 4:
            data += rng.bytes(int(rng.integers(1, 200)))
        case 5:
            data[start:stop] = rng.bytes(int(stop - start))
        case 6:
            data[start:stop] = bytes(int(stop - start))
        case 7:
            length = int.from_bytes(data[:8], "little") + int(rng.integers(-64, 65))
            data[:8] = length.to_bytes(8, "little")
    return bytes(data)


def test_every_flipped_bit_is_detected(good, outcomes):
    rng = np.random.default_rng(2)
    for bit in rng.choice(len(good) * 8, FLIPS, replace=False):
        content = bytearray(good)
        content[bit // 8] ^= 1 << (bit % 8)
        outcomes.read(bytes(content))
    print(f"{FLIPS} flipped bits: {outcomes}")
    assert outcomes == {"identical": 0, "refused": FLIPS, "wrong": 0, "crash": 0, "memory": 0}


def test_random_damage_never_loads_wrong_values_crashes_or_fills_the_memory(good, outcomes):
    rng = np.random.default_rng(3)
    for _ in range(DAMAGES):
        content = damaged(rng, good)
        loaded = outcomes.read(content)
        assert loaded is None or content == good
    print(f"{DAMAGES} damages: {outcomes}")
    assert outcomes["refused"] + outcomes["identical"] == sum(outcomes.values()) == DAMAGES
    assert outcomes["refused"] > 0.9 * DAMAGES


TOKENS = [b"[", b"]", b"{", b"}", b'"', b",", b":", b"0", b"-1", b"1e999", b"NaN", b"true", b"null", b"9" * 30, b"\\"]


def test_damaged_header_with_a_right_checksum_is_refused_or_agrees_with_its_own_config(good, outcomes):
    rng = np.random.default_rng(4)
    size = int.from_bytes(good[:8], "little")
    header, data = good[8 : 8 + size].rstrip(), good[8 + size :]
    for _ in range(SEALED_DAMAGES):
        start = int(rng.integers(DIGEST.stop - 8, len(header)))
        stop = start + int(rng.integers(0, 4))
        token = TOKENS[rng.integers(0, len(TOKENS))] if rng.random() < 0.7 else bytes(rng.integers(32, 127, 1, "uint8"))
        loaded = outcomes.read(sealed(header[:start] + token + header[stop:], data))
        if loaded is not None:
            config, arrays, _ = loaded
            wanted = {name: (tuple(shape), np.dtype(dtype)) for name, (shape, dtype) in expected(config).items()}
            assert {name: (array.shape, array.dtype) for name, array in arrays.items()} == wanted
    print(f"{SEALED_DAMAGES} sealed damages: {outcomes} (wrong = other values under a right checksum)")
    assert outcomes["crash"] == outcomes["memory"] == 0
    assert sum(outcomes.values()) == SEALED_DAMAGES
    assert outcomes["refused"] > 0.5 * SEALED_DAMAGES


HOSTILE = hostile_files()


def test_there_are_at_least_sixty_hostile_files():
    print(f"{len(HOSTILE)} hostile files")
    assert len(HOSTILE) >= 60


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_file_is_refused_for_its_own_reason(tmp_path, name):
    content, reason = HOSTILE[name]
    (tmp_path / "m.fcnn").write_bytes(content)
    with pytest.raises(ModelFileError, match=f"^{re.escape(str(tmp_path))}/m.fcnn: .*({reason})"):
        read_model(tmp_path / "m.fcnn", expected)


def test_file_that_shrinks_while_it_is_read_is_refused(tmp_path, good, monkeypatch):
    path = tmp_path / "good.fcnn"
    empty = np.empty

    def shrink(*arguments):
        os.truncate(path, len(good) - 100)
        return empty(*arguments)

    monkeypatch.setattr(np, "empty", shrink)
    with pytest.raises(ModelFileError, match="became shorter while it was read"):
        read_model(path, expected)


AUDIT = """
import json, os, sys
from fastcnn.saving.native import read_model
from tests.saving.model_files import expected
folder = sys.argv[1]
paths = [os.path.join(folder, name) for name in sorted(os.listdir(folder))]
events, watching = [], False
QUIET = {"object.__getattr__", "sys._getframe", "builtins.id"}

def hook(event, arguments):
    if watching and event not in QUIET:
        events.append((event, arguments[0] if arguments else ""))

sys.addaudithook(hook)
loaded = refused = 0
for path in paths:
    events.clear()
    modules = set(sys.modules)
    watching = True
    try:
        read_model(path, expected)
        loaded += 1
    except ValueError:
        refused += 1
    watching = False
    assert events[0] == ("open", path), (path, events)
    assert len(events) <= 2, (path, events)
    for event, descriptor in events[1:]:  # a file object round the descriptor just opened
        assert event == "open" and type(descriptor) is int and descriptor > 2, (path, events)
    assert set(sys.modules) == modules, (path, set(sys.modules) - modules)
watching = True
open(os.devnull).close()
import colorsys
watching = False
seen = {event for event, _ in events}
assert {"open", "import"} <= seen, seen  # the hook works
print(json.dumps([loaded, refused]))
"""


def test_reading_opens_the_file_alone_and_imports_and_runs_nothing(tmp_path, good):
    (tmp_path / "files").mkdir()
    for index, (content, _) in enumerate(HOSTILE.values()):
        (tmp_path / "files" / f"{index:03}.fcnn").write_bytes(content)
    (tmp_path / "good.fcnn").rename(tmp_path / "files" / "good.fcnn")
    loaded, refused = json.loads(run_child(AUDIT, tmp_path / "files"))
    print(f"audited: {loaded} loaded, {refused} refused")
    assert (loaded, refused) == (1, len(HOSTILE))


KILLING = """
import json, os, random, select, signal, sys, time
import numpy as np
from fastcnn.saving.native import read_model, write_model

path, kills = sys.argv[1], int(sys.argv[2])
folder = os.path.dirname(path)
arrays = {"w": np.zeros(1_000_000, "float32")}
expected = lambda config: {"w": ((1_000_000,), "float32")}

def save_for_ever(version, pipe):
    while True:
        version += 1
        arrays["w"][:] = version
        write_model(path, {"version": version}, arrays, {"step": version})
        os.write(pipe, version.to_bytes(8, "little"))

def strays():
    return sum(name.endswith(".tmp") for name in os.listdir(folder))

write_model(path, {"version": 0}, arrays)
random.seed(5)
version = killed_inside = 0
for kill in range(kills):
    receive, send = os.pipe()
    child = os.fork()
    if child == 0:
        save_for_ever(version, send)
    os.close(send)
    acknowledged = int.from_bytes(os.read(receive, 8), "little")  # one save at least has ended
    time.sleep(random.random() * 0.03)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    while told := os.read(receive, 8):
        acknowledged = int.from_bytes(told, "little")
    os.close(receive)
    killed_inside += strays() > 0
    config, loaded, training = read_model(path, expected)
    version = config["version"]
    assert version in (acknowledged, acknowledged + 1), (version, acknowledged)
    assert (loaded["w"] == version).all() and training == {"step": version}
write_model(path, {"version": version}, arrays)
print(json.dumps([kill + 1, version, killed_inside, strays()]))
"""


def test_newest_complete_checkpoint_loads_after_every_kill(tmp_path):
    kills, saves, inside, strays = json.loads(run_child(KILLING, tmp_path / "m.fcnn", KILLS))
    print(f"{kills} kills in {saves} saves, {inside} of them inside a save; {strays} stray files after the next save")
    assert kills == KILLS
    assert inside >= KILLS // 4  # else the kills miss what they are for
    assert strays == 0


def test_damage_helpers_know_the_layout(good):
    assert good[8 : DIGEST.start] == PREFIX
    size = int.from_bytes(good[:8], "little")
    assert sealed(good[8 : 8 + size], good[8 + size :]) == good
