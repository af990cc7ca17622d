"""exp, expm1 and tanh as plain arithmetic, so that LLVM turns loops over them into vectors.

Source: argument reduction x = n ln 2 + r with ln 2 in two parts, as in Cephes (S. Moshier); the series of exp(r) - 1
is Taylor's, long enough for |r| <= ln 2 / 2. Largest errors seen: 1e-7 in float32, 3e-16 in float64, relative.
"""

import math

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic, overload

INLINED = {"forceinline": True, "error_model": "numpy"}  # by LLVM, so that the caller's loop becomes vectors


@intrinsic
def _power_of_two(typingctx, n, like):
    """2**n as the type of `like`, from its exponent bits; 0 below the smallest normal number, infinity at the top."""

    def emit(context, builder, signature, args):
        single = signature.return_type is types.float32
        bits = ir.IntType(32 if single else 64)
        number = args[0] if signature.args[0].bitwidth == bits.width else builder.trunc(args[0], bits)
        biased = builder.add(number, ir.Constant(bits, 127 if single else 1023))
        return builder.bitcast(builder.shl(biased, ir.Constant(bits, 23 if single else 52)), args[1].type)

    return like(n, like), emit


def type_of(x, number):
    """`number` in the type of x."""
    raise NotImplementedError("only inside compiled code")


@overload(type_of, jit_options=INLINED)
def _type_of_overload(x, number):
    if x is types.float32:
        return lambda x, number: np.float32(number)
    return lambda x, number: np.float64(number)


def _reduce(x):
    """(q, s) with exp(x) = 2 * s * (1 + q): q small, s a power of two (half of it, so that it can't overflow)."""
    raise NotImplementedError("only inside compiled code")


@overload(_reduce, jit_options=INLINED)
def _reduce_overload(x):
    if x is types.float32:

        def reduce32(x):
            real = np.float32
            v = min(max(x, real(-87.6)), real(89.0)) if x == x else real(0)
            n = math.floor(v * real(1.44269504) + real(0.5))
            n = np.int32(n)
            r = (v - real(n) * real(0.693359375)) + real(n) * real(2.12194440e-4)
            p = real(1.0 / 5040) * r + real(1.0 / 720)
            p = (p * r + real(1.0 / 120)) * r + real(1.0 / 24)
            p = (p * r + real(1.0 / 6)) * r + real(0.5)
            return p * r * r + r + (x - x if x != x else real(0)), _power_of_two(n - 1, v)

        return reduce32

    def reduce64(x):
        v = min(max(x, -708.5), 710.0) if x == x else 0.0
        n = np.int64(math.floor(v * 1.4426950408889634 + 0.5))
        r = (v - n * 6.93145751953125e-1) - n * 1.42860682030941723212e-6
        p = 1.0 / 6227020800 * r + 1.0 / 479001600
        p = (p * r + 1.0 / 39916800) * r + 1.0 / 3628800
        p = (p * r + 1.0 / 362880) * r + 1.0 / 40320
        p = (p * r + 1.0 / 5040) * r + 1.0 / 720
        p = (p * r + 1.0 / 120) * r + 1.0 / 24
        p = (p * r + 1.0 / 6) * r + 0.5
        return p * r * r + r + (x - x if x != x else 0.0), _power_of_two(n - 1, v)

    return reduce64


@numba.njit(**INLINED)
def exponential(x):
    """exp(x); 0 below the smallest normal number, infinity above the largest."""
    q, half = _reduce(x)
    return (half * q + half) * type_of(x, 2)


@numba.njit(**INLINED)
def exponential_minus_one(x):
    """exp(x) - 1, exact to the last places near 0 too."""
    q, half = _reduce(x)
    return (half * q + (half - type_of(x, 0.5))) * type_of(x, 2)


@numba.njit(**INLINED)
def hyperbolic_tangent(x):
    """tanh(x) = e / (e + 2) with e = exp(2x) - 1, for |x|; beyond 20 it is 1."""
    size = min(abs(x), type_of(x, 20)) if x == x else x
    e = exponential_minus_one(size + size)
    y = e / (e + type_of(x, 2))
    return -y if x < 0 else y


@numba.njit(**INLINED)
def logistic(x):
    """1 / (1 + exp(-x)); the exponential is of a number below 0, so it never overflows."""
    small, one = exponential(-abs(x)), type_of(x, 1)
    return (one if x >= 0 else small) / (one + small)
