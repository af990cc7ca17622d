/* Plans of the pooled gradients: chunks of channels, patches, layout of windows. Integers only. */
#define CHUNK 32                /* channels at a time: enough for full tiles, few enough for patches of many pixels */
#define NEAR_BYTES (20 * 1024) /* of the windows that a patch's tiles read again and again */
#define FILTERS 64              /* at a time in the gradient of the input, where each has weights of its own */
#define MASK_ELEMENTS 16384
#define MOST_CELLS 255          /* of a pooling window: argmax has one byte */

typedef struct {
    Conv conv;
    const void *x, *dy, *w; /* x may be NULL in the gradient of the input, where it is the mask */
    const uint8_t *argmax;
    void *dw, *db, *partial, *bias_sums, *dx, *packed; /* db may be NULL */
    double slope;
    ptrdiff_t filters; /* at a time; 0 in the gradient of the weights */
    ptrdiff_t pool[2], pooled[2];
    ptrdiff_t group_c, group_f, chunk, group_chunks, chunks;
    ptrdiff_t parts, part_rows, patch[2], sums_size; /* a patch is so many pooled rows and columns */
    ptrdiff_t line, strip_bytes;                     /* elements of a strip's row; bytes of a strip */
    int columns, tables;                             /* how windows are laid out, if not in the strip */
    ptrdiff_t table_line;                            /* elements of a row of tables */
    ptrdiff_t runs, length, padded, next_pooled[2];  /* a window as tiles read it, and where the next pixel's lies */
    ptrdiff_t cells[MOST_CELLS];                     /* a winner's window, from that of its window's first pixel */
} Winners;

typedef struct {
    ptrdiff_t image, top, left, rows, cols;
} WinnerPatch;

/* Pixels of x along one axis under the windows of so many pooled ones. */
static inline ptrdiff_t strip_size(const Winners *g, int axis, ptrdiff_t pooled) {
    const Conv *s = &g->conv;
    return (pooled * g->pool[axis] - 1) * s->stride[axis] + (s->kernel[axis] - 1) * s->dilation[axis] + 1;
}

/* The pixel of x, along one axis, where the window of a pooled pixel begins; it may lie outside. */
static inline ptrdiff_t strip_start(const Winners *g, int axis, ptrdiff_t pooled) {
    return pooled * g->pool[axis] * g->conv.stride[axis] - g->conv.pad[axis];
}

static inline ptrdiff_t first_pixel(const Winners *g, const WinnerPatch *at) {
    const ptrdiff_t row = at->image * g->conv.size[0] + strip_start(g, 0, at->top);
    return row * g->conv.size[1] + strip_start(g, 1, at->left);
}

/* A window in the strip: runs of consecutive values, one a row unless columns are dilated. */
static inline ptrdiff_t strip_runs(const Conv *s) { return s->kernel[0] * (s->dilation[1] > 1 ? s->kernel[1] : 1); }

static inline ptrdiff_t strip_offset(const Winners *g, ptrdiff_t run) {
    const Conv *s = &g->conv;
    if (s->dilation[1] == 1) return run * s->dilation[0] * g->line;
    return run / s->kernel[1] * s->dilation[0] * g->line + run % s->kernel[1] * s->dilation[1] * g->chunk;
}

static inline ptrdiff_t run_offset(const Winners *g, ptrdiff_t run) { return g->columns ? 0 : strip_offset(g, run); }
