/* Winograd's convolution: what its cores are told. Plans are in winograd_plan.h, arithmetic in winograd_cores.h and
   winograd_transforms.h. */
#include "tile.h"

#define CELL_GAP 16 /* elements between the cells of V and of packed weights: strides of 4 KB would share cache sets */
#define MOST_TILES 12 /* at a time: more gain nothing, fewer read the weights too often */
#define WEIGHT_ROWS 32 /* rows of a panel of weights transformed at once */

typedef struct {
    ptrdiff_t images, size[2], c, out[2], f, pad[2]; /* pad: top, left; out without pooling */
    int tile, pool;                                  /* pool: 2 where 2x2 windows side by side follow, else 1 */
} WinogradShape;

/* to (F channels) from `from` (C channels), in tiles counted through all images. */
typedef struct {
    const void *from, *packed, *bias, *mask;
    const uint8_t *from_cells; /* winners of the pooling whose gradient `from` is, or NULL */
    void *to;
    uint8_t *to_cells;
    ptrdiff_t size[2], c, to_size[2], f; /* of `from` and `to` as they are stored */
    ptrdiff_t first[2], grid[2], tiles;  /* the input pixel where the first tile begins, tiles of an image and of all */
    ptrdiff_t block, span, parts;        /* tiles at a time, tiles of a block of work, parts of the filters */
    int tile, pool;
    double slope;
} Winograd;

typedef struct {
    const void *from;
    void *to;
    ptrdiff_t depth, columns;
    int tile, transposed;
} WinogradWeights;

/* One tile: its image, the input pixel where it begins, and the first element and size of its results. */
typedef struct {
    ptrdiff_t image, row, col, to, rows, cols;
} WinogradTile;

/* The tiles at work, and those that come after them. */
typedef struct {
    const WinogradTile *at, *next;
    ptrdiff_t count, coming;
} WinogradTiles;

static inline ptrdiff_t cells_of(int tile) { return (tile + 2) * (tile + 2); }

static UNUSED void list_tiles(const Winograd *g, ptrdiff_t first, ptrdiff_t count, WinogradTile *tiles) {
    const ptrdiff_t side = g->tile / g->pool;
    for (ptrdiff_t i = 0; i < count; i++) {
        const ptrdiff_t col = (first + i) % g->grid[1], row = (first + i) / g->grid[1] % g->grid[0];
        const ptrdiff_t image = (first + i) / (g->grid[0] * g->grid[1]);
        tiles[i] = (WinogradTile){
            .image = image, .row = row * g->tile + g->first[0], .col = col * g->tile + g->first[1],
            .to = ((image * g->to_size[0] + row * side) * g->to_size[1] + col * side) * g->f,
            .rows = least(side, g->to_size[0] - row * side), .cols = least(side, g->to_size[1] - col * side)};
    }
}

#define BODY "winograd_cores.h"
#include "each.h"
KERNEL(winograd_tiles)
KERNEL(winograd_weights)

#include "winograd_plan.h"
