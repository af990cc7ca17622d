"""Register tiles of pooling: a vector of channels stays in registers while all cells, or all windows, go by."""

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from fastcnn.kernels.numba_backend import vectors
from fastcnn.kernels.numba_backend.tiles import array_data
from fastcnn.kernels.numba_backend.vectors import INT


class _Emitter:
    """What both tiles share: the loop over vectors of channels, the last one masked, and vectors of cell numbers."""

    def __init__(self, context, builder, signature, args):
        self.context, self.builder, self.signature, self.args = context, builder, signature, args
        self.real = context.get_value_type(signature.args[0].dtype)
        self.lanes, self.kind = vectors.lanes(self.real), vectors.vector(self.real)

    def data(self, number):
        return array_data(self.context, self.builder, self.signature.args[number], self.args[number])

    def index_kind(self, number):
        """Vector type of the cell numbers in an array argument."""
        width = 8 if self.signature.args[number].dtype is types.uint8 else 32
        return ir.VectorType(ir.IntType(width), self.lanes)

    def cells(self, number, kind):
        """A vector of one cell's number."""
        small = self.builder.trunc(number, kind.element)
        return vectors.splat(self.builder, small, self.lanes)

    def channels(self, count, body):
        """body(first channel, mask) for each vector of channels."""
        builder, step = self.builder, ir.Constant(INT, self.lanes)
        with cgutils.for_range(builder, builder.udiv(count, step)) as loop:
            body(builder.mul(loop.index, step), None)
        rest = builder.urem(count, step)
        with builder.if_then(builder.icmp_unsigned("!=", rest, ir.Constant(INT, 0))):
            body(builder.sub(count, rest), vectors.first_lanes(builder, self.real, rest))

    def load(self, base, at, mask):
        return vectors.load(self.builder, vectors.address(self.builder, base, at, self.kind), self.kind, mask)

    def store(self, value, base, at, mask):
        place = vectors.address(self.builder, base, at, value.type)
        vectors.store(self.builder, value, place, mask)


@intrinsic
def best_cells(typingctx, x, x_at, steps, cells, y, y_at, argmax, indexed, channels, sign):
    """y[y_at + c] = the largest (sign 1) or smallest (sign -1) x[x_at + kh * steps[0] + kw * steps[1] + c].

    x, y, argmax : flat; argmax[y_at + c] = the first such cell's number kh * cells[4] + kw, written if indexed.
    cells : (first kh, one after the last kh, first kw, one after the last kw, columns of the window); not empty.
    """

    def emit(context, builder, signature, args):
        tile = _Emitter(context, builder, signature, args)
        source, target, index = tile.data(0), tile.data(4), tile.data(6)
        x_at, y_at, indexed, channels, sign = args[1], args[5], args[7], args[8], args[9]
        row_step, column_step = (builder.extract_value(args[2], i) for i in range(2))
        h0, h1, w0, w1, columns = (builder.extract_value(args[3], i) for i in range(5))
        kind = tile.index_kind(6)
        signs = vectors.splat(builder, sign, tile.lanes)

        def body(channel, mask):
            best, first = cgutils.alloca_once(builder, tile.kind), cgutils.alloca_once(builder, kind)
            start = builder.add(x_at, channel)
            corner = builder.add(builder.mul(h0, row_step), builder.mul(w0, column_step))
            builder.store(builder.fmul(tile.load(source, builder.add(start, corner), mask), signs), best)
            builder.store(tile.cells(builder.add(builder.mul(h0, columns), w0), kind), first)
            loop = cgutils.for_range_slice
            one = ir.Constant(INT, 1)
            with loop(builder, h0, h1, one) as (kh, _), loop(builder, w0, w1, one) as (kw, _):
                shift = builder.add(builder.mul(kh, row_step), builder.mul(kw, column_step))
                value, old = tile.load(source, builder.add(start, shift), mask), builder.load(best)
                value = builder.fmul(value, signs)
                fresh = builder.and_(builder.fcmp_unordered("uno", value, value), builder.fcmp_ordered("ord", old, old))
                take = builder.or_(builder.fcmp_ordered(">", value, old), fresh)
                number = tile.cells(builder.add(builder.mul(kh, columns), kw), kind)
                builder.store(builder.select(take, value, old), best)
                builder.store(builder.select(take, number, builder.load(first)), first)
            place = builder.add(y_at, channel)
            tile.store(builder.fmul(builder.load(best), signs), target, place, mask)
            with builder.if_then(builder.icmp_unsigned("!=", indexed, ir.Constant(indexed.type, 0))):
                tile.store(builder.load(first), index, place, mask)

        tile.channels(channels, body)
        return context.get_dummy_value()

    number, pair, five = types.int64, types.UniTuple(types.int64, 2), types.UniTuple(types.int64, 5)
    return types.void(x, number, pair, five, y, number, argmax, types.boolean, number, x.dtype), emit


@intrinsic
def named_windows(typingctx, dy, argmax, at, steps, windows, first_cell, cell_steps, dx, dx_at, channels):
    """dx[dx_at + c] = sum of dy over the windows whose argmax names this pixel.

    dy, argmax, dx : flat; window (oh, ow) lies at `at` + oh * steps[0] + ow * steps[1].
    windows : (first oh, one after the last oh, first ow, one after the last ow), perhaps empty.
    first_cell, cell_steps : this pixel is cell first_cell - oh * cell_steps[0] - ow * cell_steps[1] of window (oh, ow).
    """

    def emit(context, builder, signature, args):
        tile = _Emitter(context, builder, signature, args)
        gradient, index, target = tile.data(0), tile.data(1), tile.data(7)
        at, first_cell, dx_at, channels = args[2], args[5], args[8], args[9]
        row_step, column_step = (builder.extract_value(args[3], i) for i in range(2))
        h0, h1, w0, w1 = (builder.extract_value(args[4], i) for i in range(4))
        cell_row, cell_column = (builder.extract_value(args[6], i) for i in range(2))
        kind, zero, one = tile.index_kind(1), ir.Constant(tile.kind, None), ir.Constant(INT, 1)

        def body(channel, mask):
            total = cgutils.alloca_once(builder, tile.kind)
            builder.store(zero, total)
            start, loop = builder.add(at, channel), cgutils.for_range_slice
            with loop(builder, h0, h1, one) as (oh, _), loop(builder, w0, w1, one) as (ow, _):
                place = builder.add(start, builder.add(builder.mul(oh, row_step), builder.mul(ow, column_step)))
                back = builder.add(builder.mul(oh, cell_row), builder.mul(ow, cell_column))
                named = tile.cells(builder.sub(first_cell, back), kind)
                pointer = vectors.address(builder, index, place, kind)
                match = builder.icmp_unsigned("==", vectors.load(builder, pointer, kind, mask), named)
                value = builder.select(match, tile.load(gradient, place, mask), zero)
                builder.store(builder.fadd(builder.load(total), value), total)
            tile.store(builder.load(total), target, builder.add(dx_at, channel), mask)

        tile.channels(channels, body)
        return context.get_dummy_value()

    number, pair, four = types.int64, types.UniTuple(types.int64, 2), types.UniTuple(types.int64, 4)
    return types.void(dy, argmax, number, pair, four, number, pair, dx, number, number), emit


@intrinsic
def spread_window(typingctx, dy, argmax, at, dx, dx_at, steps, window, channels):
    """dx[dx_at + kh * steps[0] + kw * steps[1] + c] = dy[at + c] where argmax[at + c] names cell (kh, kw), else 0.

    dy, argmax, dx : flat; window : (rows, columns). For windows that do not overlap: dy is read once.
    """

    def emit(context, builder, signature, args):
        tile = _Emitter(context, builder, signature, args)
        gradient, index, target = tile.data(0), tile.data(1), tile.data(3)
        at, dx_at, channels = args[2], args[4], args[7]
        row_step, column_step = (builder.extract_value(args[5], i) for i in range(2))
        rows, columns = (builder.extract_value(args[6], i) for i in range(2))
        kind, zero = tile.index_kind(1), ir.Constant(tile.kind, None)

        def body(channel, mask):
            place, to = builder.add(at, channel), builder.add(dx_at, channel)
            value = tile.load(gradient, place, mask)
            names = vectors.load(builder, vectors.address(builder, index, place, kind), kind, mask)
            with cgutils.for_range(builder, rows) as down, cgutils.for_range(builder, columns) as across:
                number = tile.cells(builder.add(builder.mul(down.index, columns), across.index), kind)
                chosen = builder.select(builder.icmp_unsigned("==", names, number), value, zero)
                shift = builder.add(builder.mul(down.index, row_step), builder.mul(across.index, column_step))
                tile.store(chosen, target, builder.add(to, shift), mask)

        tile.channels(channels, body)
        return context.get_dummy_value()

    number, pair = types.int64, types.UniTuple(types.int64, 2)
    return types.void(dy, argmax, number, dx, number, pair, pair, number), emit
