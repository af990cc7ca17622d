"""Copies of convolution weights in the order in which tiles read them: a panel of a tile's columns after the other."""

from fastcnn.kernels.numba_backend import tiles
from fastcnn.kernels.numba_backend.blocks import claim
from fastcnn.kernels.numba_backend.cache import compiled
from fastcnn.kernels.numba_backend.plans import Phase, Plan
from fastcnn.kernels.numba_backend.pool import run

TILE_BYTES = tiles.width(1)
COST = 4  # multiply-adds that moving one number takes


@compiled
def _pack(counter, worker, w, work, p):
    """Block = one panel of one group, rows (tap, channel) in their order."""
    columns, filters, rows = TILE_BYTES // w.itemsize, p.groups * p.width, p.taps_h * p.taps_w * p.depth
    panels = -(-p.width // columns)
    block = claim(counter)
    while block < p.groups * panels:
        group, column = block // panels, block % panels * columns
        width, target = min(columns, p.width - column), block * p.w_panel
        for row in range(rows):
            start = row * filters + group * p.width + column
            source, out = w[start : start + width], work[target + row * columns : target + row * columns + width]
            for i in range(width):
                out[i] = source[i]
        block = claim(counter)


def pack(w, work, plan: Plan) -> None:
    """w (KH, KW, C / groups, F) into the beginning of work."""
    run(_pack, plan.groups * (plan.w_group // plan.w_panel), COST * w.size, w, work, plan)


@compiled
def _flip(counter, worker, w, work, cells, p, first, step, packed):
    """Block = one tap of one panel of one group, last tap first, channels and filters exchanged."""
    columns, filters = TILE_BYTES // w.itemsize, p.groups * p.depth
    taps, panels = p.taps_h * p.taps_w, -(-p.width // columns)
    block = claim(counter)
    while block < p.groups * panels * taps:
        tap, column, group = block % taps, block // taps % panels * columns, block // taps // panels
        kh = first[0] + (p.taps_h - 1 - tap // p.taps_w) * step[0]
        kw = first[1] + (p.taps_w - 1 - tap % p.taps_w) * step[1]
        source = ((kh * cells + kw) * p.width + column) * filters + group * p.depth
        target = packed + block * p.depth * columns
        for f0 in range(0, p.depth, 16):  # 16 filters at a time: a line of w is then read once
            for c in range(min(columns, p.width - column)):
                for f in range(f0, min(f0 + 16, p.depth)):
                    work[target + f * columns + c] = w[source + c * filters + f]
        block = claim(counter)


def flip(w, work, cells: int, phase: Phase) -> None:
    """The weights that one phase of the input's gradient needs, to where it wants them; cells: window columns of w."""
    plan = phase.plan
    panels = plan.groups * (plan.w_group // plan.w_panel)
    cost = COST * plan.taps * plan.width * plan.groups
    blocks = panels * plan.taps_h * plan.taps_w
    run(_flip, blocks, cost, w, work, cells, plan, phase.first, phase.step, phase.packed)
