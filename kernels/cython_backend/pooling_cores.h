/* The cores of pooling, for one instruction set and type. */

/* The part of one window that lies inside its image. */
typedef struct FN(window) {
    ptrdiff_t top, bottom, left, right; /* cells of the window */
    ptrdiff_t base;                     /* element of x or dx of cell (0, 0), which may lie outside */
} FN(window);

INLINE FN(window) FN(window_at)(const Pool *p, ptrdiff_t image, ptrdiff_t oh, ptrdiff_t ow) {
    ptrdiff_t row = window_start(p, 0, oh), col = window_start(p, 1, ow);
    FN(window) w = {first_cell(row), end_cell(p, 0, row), first_cell(col), end_cell(p, 1, col),
                    ((image * p->size[0] + row) * p->size[1] + col) * p->c};
    return w;
}

typedef uint8_t FN(bytes) __attribute__((vector_size(VECTOR_BYTES / sizeof(REAL)), may_alias));

INLINE void FN(store_cells)(const Pool *p, ptrdiff_t at, IVEC cells, ptrdiff_t count) {
    if (p->wide) {
        for (ptrdiff_t i = 0; i < LANES && i < count; i++) ((int32_t *)p->argmax)[at + i] = (int32_t)cells[i];
    } else {
        FN(bytes) narrow = __builtin_convertvector(cells, FN(bytes));
        memcpy((uint8_t *)p->argmax + at, &narrow, count);
    }
}

/* Up to LANES channels of one window: the best value and its cell. A NaN is better than any number, so it stays. */
INLINE void FN(best_cell)(const Pool *p, const FN(window) *w, ptrdiff_t channel, ptrdiff_t count, ptrdiff_t at,
                          const int smallest, const int whole) {
    const ptrdiff_t row_step = p->size[1] * p->c;
    const REAL *row = (const REAL *)p->x + w->base + channel + w->top * row_step, *from = row + w->left * p->c;
    VEC best = whole ? FN(load)(from) : FN(load_some)(from, count);
    IVEC cells = (IVEC)FN(all)(0) + (INT)(w->top * p->pool[1] + w->left);
    for (ptrdiff_t kh = w->top; kh < w->bottom; kh++, row += row_step)
        for (ptrdiff_t kw = w->left; kw < w->right; kw++) {
            from = row + kw * p->c;
            VEC value = whole ? FN(load)(from) : FN(load_some)(from, count);
            IVEC better = smallest ? (IVEC)(value < best) : (IVEC)(value > best);
            better |= (IVEC)(value != value) & (IVEC)(best == best);
            best = FN(select)(better, value, best);
            cells = (better & (INT)(kh * p->pool[1] + kw)) | (~better & cells);
        }
    if (whole)
        FN(store)((REAL *)p->y + at, best);
    else
        FN(store_some)((REAL *)p->y + at, best, count);
    if (p->argmax) FN(store_cells)(p, at, cells, whole ? LANES : count);
}

/* One row of output pixels. */
INLINE void FN(pool_row)(const Pool *p, ptrdiff_t block, const int smallest) {
    const ptrdiff_t image = block / p->out[0], oh = block % p->out[0];
    for (ptrdiff_t ow = 0; ow < p->out[1]; ow++) {
        FN(window) w = FN(window_at)(p, image, oh, ow);
        ptrdiff_t at = (block * p->out[1] + ow) * p->c, c = 0;
        for (; c + LANES <= p->c; c += LANES) FN(best_cell)(p, &w, c, LANES, at + c, smallest, 1);
        if (c < p->c) FN(best_cell)(p, &w, c, p->c - c, at + c, smallest, 0);
    }
}

KERNEL_OF(maxpool_row) {
    (void)scratch;
    FN(pool_row)(context, block, 0);
}

KERNEL_OF(minpool_row) {
    (void)scratch;
    FN(pool_row)(context, block, 1);
}

KERNEL_OF(avgpool_row) {
    const Pool *p = context;
    const ptrdiff_t row_step = p->size[1] * p->c;
    for (ptrdiff_t ow = 0; ow < p->out[1]; ow++) {
        FN(window) w = FN(window_at)(p, block / p->out[0], block % p->out[0], ow);
        REAL *y = (REAL *)p->y + (block * p->out[1] + ow) * p->c;
        const REAL share = (REAL)1 / (REAL)((w.bottom - w.top) * (w.right - w.left));
        memset(y, 0, p->c * sizeof(REAL));
        for (ptrdiff_t kh = w.top; kh < w.bottom; kh++)
            for (ptrdiff_t kw = w.left; kw < w.right; kw++) {
                const REAL *x = (const REAL *)p->x + w.base + kh * row_step + kw * p->c;
                EACH_ALONE for (ptrdiff_t i = 0; i < p->c; i++) y[i] += x[i];
            }
        EACH_ALONE for (ptrdiff_t i = 0; i < p->c; i++) y[i] *= share;
    }
}

/* dx of windows that do not overlap: every cell is written once, dy where it won, else 0. */
INLINE void FN(spread_window)(const Pool *p, const FN(window) *w, ptrdiff_t at) {
    const REAL *dy = (const REAL *)p->dy + at;
    const uint8_t *argmax = (const uint8_t *)p->argmax + at;
    for (ptrdiff_t kh = w->top; kh < w->bottom; kh++)
        for (ptrdiff_t kw = w->left; kw < w->right; kw++) {
            REAL *dx = (REAL *)p->dx + w->base + (kh * p->size[1] + kw) * p->c;
            const uint8_t cell = (uint8_t)(kh * p->pool[1] + kw);
            EACH_ALONE for (ptrdiff_t i = 0; i < p->c; i++) dx[i] = argmax[i] == cell ? dy[i] : 0;
        }
}

/* dx of windows that may overlap: dy added to the cell that won. */
INLINE void FN(add_window)(const Pool *p, const FN(window) *w, ptrdiff_t at) {
    const REAL *dy = (const REAL *)p->dy + at;
    REAL *dx = (REAL *)p->dx + w->base;
    for (ptrdiff_t i = 0; i < p->c; i++) {
        ptrdiff_t cell = p->wide ? ((const int32_t *)p->argmax)[at + i] : ((const uint8_t *)p->argmax)[at + i];
        dx[(cell / p->pool[1] * p->size[1] + cell % p->pool[1]) * p->c + i] += dy[i];
    }
}

/* Whether windows tile the image without gaps before their last row and column. */
INLINE int FN(tiles_image)(const Pool *p) {
    return !p->wide && p->stride[0] == p->pool[0] && p->stride[1] == p->pool[1] && !p->pad[0] && !p->pad[1];
}

/* Zeros what no window of a tiled image covers: the columns right of the last window and the rows below it. */
INLINE void FN(clear_rest)(const Pool *p, ptrdiff_t image) {
    REAL *dx = (REAL *)p->dx + image * p->size[0] * p->size[1] * p->c;
    ptrdiff_t rows = least(p->out[0] * p->stride[0], p->size[0]), cols = least(p->out[1] * p->stride[1], p->size[1]);
    const ptrdiff_t line = p->size[1] * p->c;
    for (ptrdiff_t row = 0; row < rows && cols < p->size[1]; row++)
        memset(dx + row * line + cols * p->c, 0, (p->size[1] - cols) * p->c * sizeof(REAL));
    memset(dx + rows * line, 0, (p->size[0] - rows) * line * sizeof(REAL));
}

/* A block is one image. */
KERNEL_OF(maxpool_gradient) {
    const Pool *p = context;
    const ptrdiff_t tiled = FN(tiles_image)(p), image_size = p->size[0] * p->size[1] * p->c;
    if (tiled)
        FN(clear_rest)(p, block);
    else
        memset((REAL *)p->dx + block * image_size, 0, image_size * sizeof(REAL));
    for (ptrdiff_t oh = 0; oh < p->out[0]; oh++)
        for (ptrdiff_t ow = 0; ow < p->out[1]; ow++) {
            FN(window) w = FN(window_at)(p, block, oh, ow);
            ptrdiff_t at = ((block * p->out[0] + oh) * p->out[1] + ow) * p->c;
            if (tiled)
                FN(spread_window)(p, &w, at);
            else
                FN(add_window)(p, &w, at);
        }
}

KERNEL_OF(avgpool_gradient) {
    const Pool *p = context;
    const ptrdiff_t image_size = p->size[0] * p->size[1] * p->c;
    memset((REAL *)p->dx + block * image_size, 0, image_size * sizeof(REAL));
    for (ptrdiff_t oh = 0; oh < p->out[0]; oh++)
        for (ptrdiff_t ow = 0; ow < p->out[1]; ow++) {
            FN(window) w = FN(window_at)(p, block, oh, ow);
            const REAL *dy = (const REAL *)p->dy + ((block * p->out[0] + oh) * p->out[1] + ow) * p->c;
            const REAL share = (REAL)1 / (REAL)((w.bottom - w.top) * (w.right - w.left));
            for (ptrdiff_t kh = w.top; kh < w.bottom; kh++)
                for (ptrdiff_t kw = w.left; kw < w.right; kw++) {
                    REAL *dx = (REAL *)p->dx + w.base + (kh * p->size[1] + kw) * p->c;
                    EACH_ALONE for (ptrdiff_t i = 0; i < p->c; i++) dx[i] += dy[i] * share;
                }
        }
}
