/* The affine map for one type of pixel under one instruction set. */
#include "image_places.h"
#include "image_samplers.h"

/* The last number from which a sampler of four numbers a pixel may start; -1 when none may. */
INLINE ptrdiff_t FN(greatest_offset)(const Affine *t) {
    const ptrdiff_t stride = t->size[1] * t->channels, numbers = t->size[0] * stride;
    const int fits = (t->channels == 3 || t->channels == 4) && (t->out_channels == 3 || t->out_channels == t->channels);
    if (!fits || numbers > INT32_MAX || t->size[1] == 1) return -1;
    return most(-1, t->linear ? numbers - (t->size[0] > 1 ? stride : 0) - 8 : numbers - 4);
}

/* One block's pixels, of which `count` are wanted, to y; `last` when what follows them must stay. */
INLINE void FN(sample)(const Affine *t, Places *p, ptrdiff_t limit, ptrdiff_t count, int last, float *y) {
    float buffer[BLOCK * 4], *to = last ? buffer : y;
    if (limit < 0 || FN(aim)(t, p, limit)) {
        FN(sample_any)(t, p, count, y);
    } else {
        if (!t->linear)
            t->out_channels == 3 ? FN(sample_nearest)(t, p, to, 3) : FN(sample_nearest)(t, p, to, 4);
        else if (t->channels == 3)
            FN(sample_linear)(t, p, to, 3, 3);
        else
            t->out_channels == 3 ? FN(sample_linear)(t, p, to, 4, 3) : FN(sample_linear)(t, p, to, 4, 4);
        if (last) memcpy(y, buffer, count * t->out_channels * sizeof *y);
    }
    if (t->mode != CONSTANT) return;
    const float outside = (float)(t->cval * t->scale);
    for (ptrdiff_t i = 0; i < count; i++)
        if (p->outside[0][i] | p->outside[1][i])
            for (ptrdiff_t c = 0; c < t->out_channels; c++) y[i * t->out_channels + c] = outside;
}

/* Prepares a strip: everything that its rows share. */
INLINE void FN(open_strip)(const Affine *t, ptrdiff_t first, Strip *s) {
    const ptrdiff_t way = t->flip[1] ? -1 : 1, start = t->flip[1] ? t->out[1] - 1 - first : first;
    s->first = first;
    s->count = least(STRIP, t->out[1] - first);
    s->small_steps = t->linear;
    for (int axis = 0; axis < 2; axis++) {
        const double factor = t->matrix[3 * axis + 1];
        products(factor, start, way, round_up(s->count, BLOCK), s->column[axis]);
        s->small_steps &= fabs(factor) < 64 / BLOCK;
        for (int i = 0; s->small_steps && i < BLOCK; i++)
            s->step[axis][i] = (int32_t)lrint(factor * (double)(way * i) * (1 << FRACTION_BITS));
    }
    if (is_upright(t))
        for (ptrdiff_t i = 0; i < s->count; i += BLOCK)
            FN(place)(t, 1, s->column[1] + i, 0.0, s->index + i, s->fraction + i, s->outside + i);
}

/* Finds the places of the block that begins at pixel i of a strip's row; `part` is the matrix's share of the row. */
INLINE void FN(find)(const Affine *t, const Strip *s, ptrdiff_t i, const double *part, Places *p) {
    if (is_upright(t)) { /* the row's own place is there already */
        memcpy(p->index[1], s->index + i, sizeof p->index[1]);
        memcpy(p->fraction[1], s->fraction + i, BLOCK * sizeof *p->fraction[1]);
        memcpy(p->outside[1], s->outside + i, sizeof p->outside[1]);
        return;
    }
    double from[2] = {NAN, NAN};
    if (s->small_steps && i + BLOCK <= s->count)
        for (int axis = 0; axis < 2; axis++) from[axis] = FN(first_inside)(t, axis, s->column[axis] + i, part[axis]);
    const int inside = from[0] >= 0 && from[1] >= 0;
    for (int axis = 0; axis < 2; axis++)
        if (inside)
            FN(place_by_steps)(from[axis], s->step[axis], p->index[axis], p->fraction[axis]);
        else
            FN(place)(t, axis, s->column[axis] + i, part[axis], p->index[axis], p->fraction[axis], p->outside[axis]);
    if (inside && t->mode == CONSTANT) memset(p->outside, 0, sizeof p->outside);
}

INLINE void FN(run_strip)(const Affine *t, const Strip *s) {
    const ptrdiff_t limit = FN(greatest_offset)(t);
    Places p;
    memset(&p, 0, sizeof p);
    for (ptrdiff_t row = 0; row < t->out[0]; row++) {
        float *y = t->y + (row * t->out[1] + s->first) * t->out_channels;
        double part[2];
        for (int axis = 0; axis < 2; axis++)
            products(t->matrix[3 * axis], t->flip[0] ? t->out[0] - 1 - row : row, 0, 1, part + axis);
        if (is_upright(t)) FN(place)(t, 0, s->column[0], part[0], p.index[0], p.fraction[0], p.outside[0]);
        for (ptrdiff_t i = 0; i < s->count; i += BLOCK, y += BLOCK * t->out_channels) {
            FN(find)(t, s, i, part, &p);
            FN(sample)(t, &p, limit, least(BLOCK, s->count - i), i + BLOCK >= s->count, y);
        }
    }
}

static TARGET void FN(affine)(const Affine *t) {
    Strip s;
    for (ptrdiff_t first = 0; first < t->out[1]; first += STRIP) {
        FN(open_strip)(t, first, &s);
        FN(run_strip)(t, &s);
    }
}
