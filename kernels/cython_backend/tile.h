/* What the register tiles are given; the tiles themselves are in tiles.h, once per instruction set and type. */
#ifndef FASTCNN_TILE_H
#define FASTCNN_TILE_H

#include "api.h"

#define ROWS 6 /* output pixels, or rows of a matrix, of one tile */
#define WIDEST 32 /* filters or columns of the widest tile, in any copy: sizes of packed panels are rounded up to it */

/* One run of consecutive products: `offset` into the source, its place (row, col) for the test of edges, and the first
   row of the packed panel that it meets. */
typedef struct {
    ptrdiff_t row, col, offset, packed;
} Tap;

/* out[p][j] = sum over taps and k < length of source[at[p] + offset + k] * panel[packed + k][j], for p < ROWS. */
typedef struct {
    const void *source;
    ptrdiff_t at[ROWS];
    void *out[ROWS];
    const Tap *taps;
    ptrdiff_t runs, length;
    const ptrdiff_t *each, *each_end; /* if not NULL: the offsets of all values, instead of taps */
    const void *panel;
    ptrdiff_t panel_step; /* elements between rows of the panel */
    int accumulate;       /* add to out, rather than overwrite it */
    int finish;           /* then + bias, then y > 0 ? y : slope * y */
    const void *bias;
    double slope;
    /* With `edges`, a tap outside the image reads `zeros` instead. */
    int edges;
    const void *zeros;
    ptrdiff_t row[ROWS], col[ROWS], height, width;
} DotTile;

/* out[p][j] (+)= sum over rows and k < count of a[row * a_row + k * a_step + p] * b[row * b_row + k * b_step + j]. */
typedef struct {
    const void *a, *b;
    ptrdiff_t a_row, a_step, b_row, b_step, rows, count;
    void *out;
    ptrdiff_t out_step;
    int accumulate;
} OuterTile;

#endif
