/* The affine map for one type of pixel. */

static inline void NAMED(nearest_pixel)(const Affine *t, double row, double col, float *y) {
    const ptrdiff_t r = (ptrdiff_t)floor(row + 0.5), k = (ptrdiff_t)floor(col + 0.5);
    const PIXEL *x = (const PIXEL *)t->x + (r * t->size[1] + k) * t->c;
    for (ptrdiff_t c = 0; c < t->c; c++) y[c] = (float)(x[c] * t->scale);
}

static inline void NAMED(linear_pixel)(const Affine *t, double row, double col, float *y) {
    const ptrdiff_t r = (ptrdiff_t)row, k = (ptrdiff_t)col; /* not negative here, so this is floor */
    const float down = (float)(row - r), right = (float)(col - k), scale = (float)t->scale;
    const ptrdiff_t below = r + 1 < t->size[0] ? t->size[1] * t->c : 0, next = k + 1 < t->size[1] ? t->c : 0;
    const float from[4] = {(1 - down) * (1 - right) * scale, (1 - down) * right * scale, down * (1 - right) * scale,
                           down * right * scale};
    const PIXEL *x = (const PIXEL *)t->x + (r * t->size[1] + k) * t->c;
    for (ptrdiff_t c = 0; c < t->c; c++)
        y[c] = x[c] * from[0] + x[c + next] * from[1] + (x[c + below] * from[2] + x[c + below + next] * from[3]);
}

static void NAMED(affine)(const Affine *t) {
    const double *m = t->matrix;
    const float outside = (float)(t->cval * t->scale);
    for (ptrdiff_t r = 0; r < t->out[0]; r++) {
        float *y = t->y + (t->flip[0] ? t->out[0] - 1 - r : r) * t->out[1] * t->c;
        const ptrdiff_t step = t->flip[1] ? -t->c : t->c;
        if (t->flip[1]) y += (t->out[1] - 1) * t->c;
        const double row_part = m[0] * r, col_part = m[3] * r;
        for (ptrdiff_t k = 0; k < t->out[1]; k++, y += step) {
            int row_inside, col_inside;
            double row = bring_inside(row_part + m[1] * k + m[2], t->size[0], t->mode, &row_inside);
            double col = bring_inside(col_part + m[4] * k + m[5], t->size[1], t->mode, &col_inside);
            if (t->mode == CONSTANT && !(row_inside && col_inside))
                for (ptrdiff_t c = 0; c < t->c; c++) y[c] = outside;
            else if (t->linear)
                NAMED(linear_pixel)(t, row, col, y);
            else
                NAMED(nearest_pixel)(t, row, col, y);
        }
    }
}
