"""Tensors share bytes only when no value that is still needed gets lost."""

import numpy as np
import pytest

from fastcnn import Sequential, layers
from fastcnn.engine import memory
from fastcnn.engine.program import Program
from fastcnn.kernels import backends
from fastcnn.training.execute import build_program
from tests.engine.programs import Writer, run

SEEDS = range(40)


def lives(program: Program) -> dict[int, tuple[int, int]]:
    """id of each tensor with memory -> (first op, last op) between which its bytes must stay its own."""
    found: dict[int, list[int]] = {}
    for number, op in enumerate(program.ops):
        for tensor in op.args.values():
            if tensor is not None and tensor.value is None:
                found.setdefault(id(tensor.root), [number, number])[1] = number
    for tensor in program.inputs.values():
        found.setdefault(id(tensor.root), [-1, -1])[0] = -1
    for tensor in program.outputs.values():
        found[id(tensor.root)][1] = len(program.ops)
    return {key: (first, last) for key, (first, last) in found.items()}


def in_place_pairs(program: Program) -> set[tuple[int, int]]:
    """(input, output) that the contract lets share their bytes, where nobody needs the input afterwards."""
    alive, pairs = lives(program), set()
    for number, op in enumerate(program.ops):
        for name, spec in op.spec.arrays.items():
            output, source = op.args.get(name), op.args.get(spec.may_alias)
            if output is None or source is None or source.value is not None or source.root.is_input:
                continue
            if alive[id(source.root)][1] == number and source.root.nbytes == output.root.nbytes:
                pairs.add((id(source.root), id(output.root)))
    return pairs


def check_plan(program: Program) -> int:
    """Asserts the property for every pair of tensors; the number of pairs that do share bytes."""
    plan, alive, allowed = memory.plan(program), lives(program), in_place_pairs(program)
    tensors, sharing = list(program.tensors()), 0
    for i, a in enumerate(tensors):
        assert plan.offsets[id(a)] % memory.ALIGNMENT == 0
        assert plan.offsets[id(a)] + a.nbytes <= plan.nbytes
        for b in tensors[:i]:
            (a_first, a_last), (b_first, b_last) = alive[id(a)], alive[id(b)]
            apart = plan.offsets[id(a)] + a.nbytes <= plan.offsets[id(b)]
            apart |= plan.offsets[id(b)] + b.nbytes <= plan.offsets[id(a)]
            sharing += not apart
            if not apart and a_first <= b_last and b_first <= a_last:
                assert {(id(a), id(b)), (id(b), id(a))} & allowed
                assert a_first == b_last or b_first == a_last  # only the op that turns one into the other sees both
    return sharing


@pytest.mark.parametrize("seed", SEEDS)
def test_tensors_that_live_at_the_same_time_never_overlap(seed):
    check_plan(Writer(seed).program)


def test_memory_is_shared_at_all():
    assert sum(check_plan(Writer(seed).program) for seed in SEEDS) > 500


@pytest.mark.parametrize("seed", SEEDS)
def test_a_program_computes_the_same_as_with_memory_of_its_own_for_every_tensor(seed):
    shared, apart = run(Writer(seed), 3), run(Writer(seed), 3, shared=False)
    assert shared.keys() == apart.keys()
    for name, value in shared.items():
        np.testing.assert_array_equal(value, apart[name], err_msg=name)


def small_model() -> Sequential:
    body = [layers.Input((12, 12, 3)), layers.Conv2D(8, 3, activation="relu"), layers.MaxPooling2D(2)]
    body += [layers.Conv2D(8, 3), layers.BatchNormalization(), layers.ReLU(), layers.Dropout(0.3), layers.Flatten()]
    model = Sequential([*body, layers.Dense(16, activation="relu"), layers.Dense(4, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


@pytest.mark.parametrize("mode", ["train", "test", "predict"])
def test_programs_of_a_real_model_keep_the_rule_and_save_memory(mode):
    program = build_program(small_model(), backends.load("numpy"), mode, 16).runner.program
    assert check_plan(program) > 0
    assert memory.plan(program).nbytes < 0.7 * sum(t.nbytes for t in program.tensors())


def test_prediction_needs_less_memory_than_training():
    modes = ("predict", "train")
    sizes = [build_program(small_model(), backends.load("numpy"), mode, 16).runner.memory.nbytes for mode in modes]
    assert sizes[0] < 0.8 * sizes[1]


def test_inputs_are_never_overwritten():
    writer = Writer(0)
    program = writer.program
    plan, alive = memory.plan(program), lives(program)
    for tensor in program.inputs.values():
        start, stop = plan.offsets[id(tensor)], plan.offsets[id(tensor)] + tensor.nbytes
        for op in program.ops[: alive[id(tensor)][1] + 1]:
            for output in op.outputs.values():
                if output.value is None and output.root is not tensor:
                    first = plan.offsets[id(output.root)]
                    assert first >= stop or first + output.nbytes <= start
