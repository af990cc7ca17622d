"""Integers that describe one convolution to the compiled cores, worked out once a shape."""

from functools import lru_cache
from math import gcd
from typing import NamedTuple

Pair = tuple[int, int]

FORWARD_PIXELS = 512  # output pixels of a forward block: its input stays in the second-level cache
GRADIENT_PIXELS = 160  # of a weight-gradient block: 32 columns of dy stay in the first-level cache
PACK_PIXELS = 256  # output pixels from which packing the weights pays
BLOCKS = 16  # blocks to aim at, so that threads share the work evenly


class Plan(NamedTuple):
    """A correlation out = x (*) w. Sizes in pixels, steps in numbers."""

    images: int
    rows: int
    cols: int
    channels: int
    top: int  # zeros above row 0; negative where rows are skipped
    left: int
    stride_h: int
    stride_w: int
    taps_h: int
    taps_w: int
    dilation_h: int
    dilation_w: int
    groups: int
    depth: int  # channels of x in one group: the length of one sum for each tap
    width: int  # columns of w and channels of the output in one group
    w_step: int  # from one channel's row of w to the next
    w_panel: int  # from one tile's columns of w to the next one's
    w_group: int
    out_rows: int
    out_cols: int
    y_start: int
    y_image: int
    y_row: int
    y_pixel: int
    batch: int  # images of a block; above 1 only where a block is whole images
    band: int  # output rows of a block
    padded: int  # 1: a block's input is copied with its zeros to scratch memory first

    @property
    def bands(self) -> int:
        """Blocks an image."""
        return -(-self.out_rows // self.band)

    @property
    def blocks(self) -> int:
        """Blocks in all."""
        return self.bands if self.images == 1 else self.bands * -(-self.images // self.batch)

    @property
    def scratch(self) -> int:
        """Numbers of scratch memory a worker needs."""
        rows = (self.band - 1) * self.stride_h + (self.taps_h - 1) * self.dilation_h + 1
        cols = (self.out_cols - 1) * self.stride_w + (self.taps_w - 1) * self.dilation_w + 1
        return self.padded * self.batch * rows * cols * self.channels

    @property
    def packed(self) -> int:
        """Numbers of the packed weights, 0 where w is used as it is."""
        return 0 if self.w_group == self.width else self.w_group * self.groups

    @property
    def taps(self) -> int:
        """Rows of w in one group."""
        return self.taps_h * self.taps_w * self.depth

    @property
    def cost(self) -> int:
        """Multiply-adds."""
        pixels = self.images * self.out_rows * self.out_cols
        return pixels * self.taps * self.width * self.groups


def _weights(taps: int, width: int, columns: int, packed: bool) -> tuple[int, int, int]:
    """(row step, panel step, group step) of w: as given, or packed in panels of `columns` that lie one after another.

    Packed weights use every set of the caches; rows of 512 or 1024 bytes use few.
    """
    if not packed:
        return 0, columns, width
    return columns, taps * columns, -(-width // columns) * taps * columns


def _blocks(images: int, rows: int, cols: int, pixels: int) -> Pair:
    """(images, rows) of a block of about `pixels`; never less for more images."""
    if rows * cols > pixels:
        bands = -(-rows // max(1, pixels // cols))
        return 1, -(-rows // bands)
    return min(images, max(1, pixels // (rows * cols))), rows


def _padded(plan: Plan) -> Plan:
    """The same plan, told whether some window leaves the image."""
    bottom = (plan.out_rows - 1) * plan.stride_h + (plan.taps_h - 1) * plan.dilation_h - plan.top
    right = (plan.out_cols - 1) * plan.stride_w + (plan.taps_w - 1) * plan.dilation_w - plan.left
    inside = plan.top <= 0 and plan.left <= 0 and bottom < plan.rows and right < plan.cols
    # a plan that skips rows or columns at the start is rare: the copy handles it too
    return plan._replace(padded=0 if inside and plan.top == plan.left == 0 else 1)


@lru_cache(maxsize=512)
def forward(
    x: tuple, w: tuple, y: tuple, columns: int, strides: Pair, padding, dilation: Pair, groups: int, gradient=False
) -> Plan:
    """The convolution of x (N, H, W, C) with w (KH, KW, C / groups, F), or with `gradient` its weights' gradient.

    columns : those of a tile. Weights of several tiles' width are packed if each is used often enough.
    """
    (n, out_h, out_w, f), (top, _), (left, _) = y, *padding
    pixels = GRADIENT_PIXELS if gradient else min(FORWARD_PIXELS, max(48, n * out_h * out_w // BLOCKS))
    width, image, packed = f // groups, out_h * out_w * f, f // groups > columns and n * out_h * out_w >= PACK_PIXELS
    steps = _weights(w[0] * w[1] * w[2], width, columns, packed)
    layout = (groups, w[2], width, steps[0] or f, *steps[1:], out_h, out_w, 0, image, out_w * f, f)
    plan = Plan(*x, top, left, *strides, *w[:2], *dilation, *layout, *_blocks(n, out_h, out_w, pixels), 0)
    return _padded(plan)


class Phase(NamedTuple):
    """The input pixels of one residue modulo the strides, whose gradient is a correlation of stride 1."""

    plan: Plan
    first: Pair  # the first window cell that reaches them
    step: Pair  # from one such cell to the next
    packed: int  # where its weights begin in work


def _axis(size: int, taps: int, stride: int, pad: int, dilation: int, residue: int) -> tuple[int, ...]:
    """(pixels, taps, first tap, step between taps, dilation in dy, zeros before dy) of one residue on one axis.

    dx[i] sums dy[o] * w[k] over o * stride + k * dilation - pad = i. The taps k that fit i = residue + a * stride lie
    stride / gcd apart, and each moves o by dilation / gcd.
    """
    common = gcd(dilation, stride)
    period, spread = stride // common, dilation // common
    pixels = max(0, -(-(size - residue) // stride))
    fitting = (k for k in range(min(taps, period)) if (residue + pad - k * dilation) % stride == 0)
    first = next(fitting, None)
    if first is None:
        return pixels, 0, 0, period, spread, 0
    count = -(-(taps - first) // period)
    start = (residue + pad - first * dilation) // stride
    return pixels, count, first, period, spread, (count - 1) * spread - start


@lru_cache(maxsize=512)
def backward_input(dy: tuple, w: tuple, dx: tuple, columns: int, strides: Pair, padding, dilation: Pair, groups: int):
    """(phases, packed weights' numbers, whether no window cell reaches some pixel of dx).

    There is a phase for each residue of (row, column).
    """
    (n, h, wide, c), (kh, kw, cg, f) = dx, w
    phases, packed, gaps = [], 0, False
    for rh in range(min(strides[0], h)):
        for rw in range(min(strides[1], wide)):
            rows, taps_h, first_h, step_h, dil_h, top = _axis(h, kh, strides[0], padding[0][0], dilation[0], rh)
            cols, taps_w, first_w, step_w, dil_w, left = _axis(wide, kw, strides[1], padding[1][0], dilation[1], rw)
            if taps_h * taps_w == 0:
                gaps = True
                continue
            fg, pixels = f // groups, min(FORWARD_PIXELS, max(48, n * rows * cols // BLOCKS))
            steps = _weights(taps_h * taps_w * fg, cg, columns, packed=True)
            layout = (groups, fg, cg, *steps, rows, cols)
            target = ((rh * wide + rw) * c, h * wide * c, strides[0] * wide * c, strides[1] * c)
            blocks = _blocks(n, rows, cols, pixels)
            window = (top, left, 1, 1, taps_h, taps_w, dil_h, dil_w)
            plan = _padded(Plan(*dy, *window, *layout, *target, *blocks, 0))
            phases.append(Phase(plan, (first_h, first_w), (step_h, step_w), packed))
            packed += groups * steps[2]
    return tuple(phases), packed, gaps
