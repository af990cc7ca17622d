"""The vector registers that tiles are made of, chosen once from the processor that Numba compiles for."""

import platform

import llvmlite.binding as llvm
from llvmlite import ir
from numba.core import config

BOOL = ir.IntType(1)
INT = ir.IntType(64)


def _features() -> set[str]:
    """The processor's features; NUMBA_CPU_FEATURES and NUMBA_CPU_NAME have their usual meaning."""
    if config.CPU_FEATURES is not None:
        return {name[1:] for name in config.CPU_FEATURES.split(",") if name.startswith("+")}
    if config.CPU_NAME not in (None, "host", llvm.get_host_cpu_name()):
        return set()
    return {name for name, present in llvm.get_host_cpu_features().items() if present}


def _choose(features: set[str], machine: str) -> tuple[int, int, str]:
    """(bytes a vector, vectors a tile's row, name of the fused multiply-add).

    256-bit vectors even where there are wider ones: with 512-bit ones LLVM splits or spills tiles on Zen 4.
    """
    if machine in ("aarch64", "arm64"):
        return 16, 4, "fma"
    fused = "fma" if "fma" in features else "fmuladd"  # without the instruction llvm.fma is a slow library call
    if "avx512vl" in features:
        return 32, 4, fused  # 32 registers: 24 accumulators, 4 weights, broadcasts
    return (32 if "avx2" in features else 16), 2, fused  # 16 registers: 12 accumulators, 2 weights, 1 broadcast


BYTES, VECTORS, FUSED = _choose(_features(), platform.machine().lower())


def _bits(number: ir.Type) -> int:
    return number.width if isinstance(number, ir.IntType) else 32 if isinstance(number, ir.FloatType) else 64


def _size(kind: ir.VectorType) -> int:
    """Bytes of one lane, which is all the alignment that arrays promise."""
    return _bits(kind.element) // 8


def lanes(real: ir.Type) -> int:
    """Numbers of type `real` in one vector."""
    return BYTES * 8 // _bits(real)


def suffix(real: ir.Type) -> str:
    """The vector type's name in LLVM's intrinsics, such as v8f32."""
    return f"v{lanes(real)}f{_bits(real)}"


def vector(real: ir.Type) -> ir.VectorType:
    """The vector type of numbers of type `real`."""
    return ir.VectorType(real, lanes(real))


def address(builder: ir.IRBuilder, base: ir.Value, index: ir.Value, kind: ir.Type | None = None) -> ir.Value:
    """base + index numbers, as a pointer to `kind` (default: to one number)."""
    pointer = builder.gep(base, [index], inbounds=True)
    return pointer if kind is None else builder.bitcast(pointer, kind.as_pointer())


def splat(builder: ir.IRBuilder, number: ir.Value, count: int) -> ir.Value:
    """A vector of `count` equal numbers."""
    empty = ir.Constant(ir.VectorType(number.type, count), ir.Undefined)
    one = builder.insert_element(empty, number, ir.Constant(ir.IntType(32), 0))
    return builder.shuffle_vector(one, empty, ir.Constant(ir.VectorType(ir.IntType(32), count), [0] * count))


def fma(builder: ir.IRBuilder, a: ir.Value, b: ir.Value, c: ir.Value) -> ir.Value:
    """a * b + c, rounded once where the processor can; declare_intrinsic knows no vectors, so by name."""
    kind = a.type
    name = f"llvm.{FUSED}.{suffix(kind.element)}"
    function = builder.module.globals.get(name) or ir.Function(
        builder.module, ir.FunctionType(kind, [kind, kind, kind]), name
    )
    return builder.call(function, [a, b, c])


def first_lanes(builder: ir.IRBuilder, real: ir.Type, count: ir.Value) -> ir.Value:
    """A mask of the first `count` lanes."""
    width = lanes(real)
    numbers = ir.Constant(ir.VectorType(INT, width), list(range(width)))
    return builder.icmp_unsigned("<", numbers, splat(builder, count, width))


def _masked(builder: ir.IRBuilder, verb: str, kind: ir.VectorType, result: ir.Type, types: list) -> ir.Function:
    """LLVM's masked load or store of vectors of `kind`."""
    letter = "i" if isinstance(kind.element, ir.IntType) else "f"
    name = f"llvm.masked.{verb}.v{kind.count}{letter}{_bits(kind.element)}.p0"
    return builder.module.globals.get(name) or ir.Function(builder.module, ir.FunctionType(result, types), name)


def load(builder: ir.IRBuilder, pointer: ir.Value, kind: ir.VectorType, mask: ir.Value | None) -> ir.Value:
    """An unaligned vector; lanes outside the mask are 0 and are not touched in memory."""
    size = _size(kind)
    if mask is None:
        return builder.load(pointer, align=size)
    types = [kind.as_pointer(), ir.IntType(32), mask.type, kind]
    align = ir.Constant(ir.IntType(32), size)
    return builder.call(_masked(builder, "load", kind, kind, types), [pointer, align, mask, ir.Constant(kind, None)])


def store(builder: ir.IRBuilder, value: ir.Value, pointer: ir.Value, mask: ir.Value | None) -> None:
    """Stores the lanes inside the mask, or all."""
    kind, size = value.type, _size(value.type)
    if mask is None:
        builder.store(value, pointer, align=size)
        return
    types = [kind, kind.as_pointer(), ir.IntType(32), mask.type]
    align = ir.Constant(ir.IntType(32), size)
    builder.call(_masked(builder, "store", kind, ir.VoidType(), types), [value, pointer, align, mask])
