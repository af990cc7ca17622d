/* Gradient of a convolution's weights: a tile of (kernel cell, channel) x filters accumulates over output pixels.

   A block is one panel of filters times one range of output rows (counted through all images), with a partial sum of
   its own; the sums are added in their fixed order afterwards. Small channel counts take a whole row (kw, c) of the
   window as one range of entries, padded images through a zero-padded strip; others take one cell at a time and only
   the pixels where that cell lies inside the image. */

/* Output positions, from first to end, whose cell at `offset` lies in an image of `size`. */
INLINE void FN(valid)(ptrdiff_t offset, ptrdiff_t stride, ptrdiff_t size, ptrdiff_t *first, ptrdiff_t *end) {
    if (offset < 0) *first = most(*first, ceil_div(-offset, stride));
    *end = offset >= size ? *first : least(*end, (size - 1 - offset) / stride + 1);
}

/* All tiles of `entries` consecutive values of a, against the panel of dy; partial sums are rows of the panel. */
INLINE void FN(outer_range)(OuterTile *t, ptrdiff_t entries, int vectors) {
    const REAL *a = t->a;
    REAL *out = t->out;
    for (ptrdiff_t e = 0; e < entries; e += ROWS) {
        t->a = a + e;
        t->out = out + e * t->out_step;
        FN(outer_of)(least(ROWS, entries - e), vectors)(t);
    }
    t->a = a;
    t->out = out;
}

/* One patch of output pixels into the partial sums, cell by cell. */
INLINE void FN(patch_by_cells)(const Gradient *g, OuterTile t, const Patch *at, ptrdiff_t group, int vectors) {
    const REAL *b = t.b;
    REAL *out = t.out;
    for (ptrdiff_t cell = 0; cell < g->kernel[0] * g->kernel[1]; cell++, out += g->group_c * t.out_step) {
        ptrdiff_t down = cell / g->kernel[1] * g->dilation[0] - g->pad[0], r0 = at->top, r1 = at->bottom;
        ptrdiff_t across = cell % g->kernel[1] * g->dilation[1] - g->pad[1], c0 = at->left, c1 = at->right;
        FN(valid)(down, g->stride[0], g->size[0], &r0, &r1);
        FN(valid)(across, g->stride[1], g->size[1], &c0, &c1);
        if (r0 >= r1 || c0 >= c1) continue;
        ptrdiff_t row = at->image * g->size[0] + r0 * g->stride[0] + down, col = c0 * g->stride[1] + across;
        t.a = (const REAL *)g->x + (row * g->size[1] + col) * g->c + group * g->group_c;
        t.b = b + (r0 - at->top) * t.b_row + (c0 - at->left) * t.b_step;
        t.rows = r1 - r0;
        t.count = c1 - c0;
        t.out = out;
        FN(outer_range)(&t, g->group_c, vectors);
    }
}

/* The same for windows whose rows (kw, c) are contiguous: from x itself, or from a zero-padded copy of its rows. */
INLINE void FN(patch_by_rows)(const Gradient *g, OuterTile t, const Patch *at, int vectors, REAL *strip) {
    const ptrdiff_t rows = (at->bottom - at->top - 1) * g->stride[0] + (g->kernel[0] - 1) * g->dilation[0] + 1;
    const ptrdiff_t first = at->top * g->stride[0] - g->pad[0], line = g->size[1] * g->c;
    const REAL *x = (const REAL *)g->x + at->image * g->size[0] * line;
    const REAL *a = x + first * line;
    REAL *out = t.out;
    ptrdiff_t a_line = line;
    if (g->strip_line) {
        a = strip;
        a_line = g->strip_line;
        memset(strip, 0, rows * a_line * sizeof(REAL));
        for (ptrdiff_t row = 0; row < rows; row++)
            if (first + row >= 0 && first + row < g->size[0])
                memcpy(strip + row * a_line + g->pad[1] * g->c, x + (first + row) * line, line * sizeof(REAL));
    }
    t.rows = at->bottom - at->top;
    t.count = at->right - at->left;
    t.a_row = g->stride[0] * a_line;
    for (ptrdiff_t kh = 0; kh < g->kernel[0]; kh++) {
        t.a = a + kh * g->dilation[0] * a_line + at->left * g->stride[1] * g->c;
        t.out = out + kh * g->kernel[1] * g->c * t.out_step;
        FN(outer_range)(&t, g->kernel[1] * g->c, vectors);
    }
}

/* The next patch of output rows before `end`, counted through all images. */
INLINE Patch FN(next_patch)(const Gradient *g, ptrdiff_t row, ptrdiff_t left, ptrdiff_t end) {
    Patch at = {.image = row / g->out[0], .top = row % g->out[0], .left = left};
    at.bottom = least(least(g->out[0], at.top + end - row), at.top + g->step_rows);
    at.right = least(g->out[1], left + g->step_cols);
    return at;
}

/* Points the tile at the patch's dy; a panel wider than its filters reads a zero-padded copy. */
INLINE void FN(aim_at_dy)(const Gradient *g, OuterTile *t, const Patch *at, ptrdiff_t filter, ptrdiff_t filters,
                          REAL *packed) {
    const ptrdiff_t line = g->out[1] * g->f, cols = at->right - at->left;
    const REAL *dy = (const REAL *)g->dy + (at->image * g->out[0] + at->top) * line + at->left * g->f + filter;
    t->b = dy;
    t->b_step = g->f;
    t->b_row = line;
    if (filters == t->out_step) return;
    t->b = packed;
    t->b_step = t->out_step;
    t->b_row = cols * t->b_step;
    for (ptrdiff_t row = 0; row < at->bottom - at->top; row++)
        for (ptrdiff_t col = 0; col < cols; col++, packed += t->b_step)
            for (ptrdiff_t f = 0; f < t->b_step; f++) packed[f] = f < filters ? dy[row * line + col * g->f + f] : 0;
}

KERNEL_OF(weights_gradient) {
    const Gradient *g = context;
    const ptrdiff_t width = WIDE * LANES, per_group = ceil_div(g->group_f, width), panels = g->groups * per_group;
    const ptrdiff_t group = block % panels / per_group, first = block % panels % per_group * width;
    const ptrdiff_t filters = least(width, g->group_f - first), part = block / panels;
    const ptrdiff_t entries = g->kernel[0] * g->kernel[1] * g->group_c;
    const ptrdiff_t padded = group * round_up(g->group_f, width) + first;
    const int vectors = FN(panel_vectors)(filters);
    REAL *packed = scratch, *strip = (REAL *)scratch + SCRATCH_BYTES / 2 / sizeof(REAL);
    OuterTile t = {.a_row = g->stride[0] * g->size[1] * g->c, .a_step = g->stride[1] * g->c, .accumulate = 1,
                   .out = (REAL *)g->partial + part * g->partial_size + padded * entries, .out_step = vectors * LANES};
    memset(t.out, 0, entries * t.out_step * sizeof(REAL));
    ptrdiff_t row = part * g->part_rows, end = least(row + g->part_rows, g->images * g->out[0]);
    while (row < end) {
        Patch at = FN(next_patch)(g, row, 0, end);
        for (ptrdiff_t left = 0; left < g->out[1]; left += g->step_cols) {
            at = FN(next_patch)(g, row, left, end);
            FN(aim_at_dy)(g, &t, &at, group * g->group_f + first, filters, packed);
            if (g->by_rows)
                FN(patch_by_rows)(g, t, &at, vectors, strip);
            else
                FN(patch_by_cells)(g, t, &at, group, vectors);
        }
        row += at.bottom - at.top;
    }
}

/* dw of one cell's and channel's entries: the partial sums added in order. A block is a range of entries. */
KERNEL_OF(add_partials) {
    const Gradient *g = context;
    const ptrdiff_t width = WIDE * LANES, entries = g->kernel[0] * g->kernel[1] * g->group_c;
    ptrdiff_t end = least(entries, (block + 1) * g->block_entries);
    for (ptrdiff_t e = block * g->block_entries; e < end; e++)
        for (ptrdiff_t group = 0; group < g->groups; group++)
            for (ptrdiff_t f0 = 0; f0 < g->group_f; f0 += width) {
                const ptrdiff_t filters = least(width, g->group_f - f0), step = FN(panel_vectors)(filters) * LANES;
                const REAL *from = (const REAL *)g->partial + (group * round_up(g->group_f, width) + f0) * entries;
                REAL *to = (REAL *)g->dw + e * g->f + group * g->group_f + f0;
                for (ptrdiff_t f = 0; f < filters; f++) to[f] = from[e * step + f];
                for (ptrdiff_t part = 1; part < g->parts; part++) {
                    from += g->partial_size;
                    for (ptrdiff_t f = 0; f < filters; f++) to[f] += from[e * step + f];
                }
            }
}
