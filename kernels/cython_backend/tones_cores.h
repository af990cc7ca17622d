/* The passes for one type of pixel under one instruction set. */

/* x to y, times `scale`. A photo of three channels may lie in four. */
INLINE void FN(pack)(const Tones *t, float scale) {
    const PIXEL *x = t->x;
    float *y = t->y;
    if (t->c == t->oc) {
        EACH_ALONE for (ptrdiff_t i = 0; i < t->pixels * t->oc; i++) y[i] = (float)x[i] * scale;
    } else if (t->c == 4 && t->oc == 3) {
        EACH_ALONE for (ptrdiff_t i = 0; i < t->pixels; i++) {
            y[3 * i] = (float)x[4 * i] * scale;
            y[3 * i + 1] = (float)x[4 * i + 1] * scale;
            y[3 * i + 2] = (float)x[4 * i + 2] * scale;
        }
    } else {
        for (ptrdiff_t i = 0; i < t->pixels; i++)
            for (ptrdiff_t c = 0; c < t->oc; c++) y[i * t->oc + c] = (float)x[i * t->c + c] * scale;
    }
}

/* A vector, or the `count` lanes of one that there are; the others are the first lane's. */
INLINE VEC FN(read)(const float *p, ptrdiff_t count) {
    if (count >= LANES) return FN(load)(p);
    VEC v = FN(all)(p[0]);
    memcpy(&v, p, count * sizeof *p);
    return v;
}

INLINE void FN(write)(float *p, VEC v, ptrdiff_t count) {
    if (count >= LANES)
        FN(store)(p, v);
    else
        memcpy(p, &v, count * sizeof *p);
}

INLINE VEC FN(lower)(VEC a, VEC b) { return FN(select)(a < b, a, b); }

INLINE VEC FN(higher)(VEC a, VEC b) { return FN(select)(a > b, a, b); }

INLINE VEC FN(cut)(VEC v, float low, float high) { return FN(lower)(FN(higher)(v, FN(all)(low)), FN(all)(high)); }

/* Cut to 0..255 and to a whole number. */
INLINE VEC FN(byte)(VEC v) { return __builtin_convertvector(__builtin_convertvector(FN(cut)(v, 0, 255), IVEC), VEC); }

INLINE void FN(extremes)(const float *y, ptrdiff_t n, float *smallest, float *largest) {
    VEC low = FN(all)(y[0]), high = low;
    for (ptrdiff_t i = 0; i < n; i += LANES) {
        const VEC v = FN(read)(y + i, n - i);
        low = FN(lower)(v, low), high = FN(higher)(v, high);
    }
    *smallest = low[0], *largest = high[0];
    for (int j = 1; j < LANES; j++) {
        *smallest = low[j] < *smallest ? low[j] : *smallest;
        *largest = high[j] > *largest ? high[j] : *largest;
    }
}

/* Brightness and scale, of numbers between low and high. */
INLINE void FN(brighten)(const Tones *t, float low, float high) {
    const ptrdiff_t n = t->pixels * t->oc;
    const int stretched = low < -t->rounding || high > 255 + t->rounding;
    const float spread = high - low, whole = spread != 0 ? spread : 1, scale = t->scale;
    for (ptrdiff_t start = 0; start < n; start += t->period) {
        const ptrdiff_t count = least(t->period, n - start);
        for (ptrdiff_t i = 0; i < count; i += LANES) {
            VEC v = FN(read)(t->y + start + i, count - i);
            if (stretched) v = (v - low) / whole * 255;
            v = FN(byte)(FN(byte)(v) * FN(read)(t->gain + i, count - i));
            if (stretched) v = v / 255 * spread + low;
            FN(write)(t->y + start + i, v * scale, count - i);
        }
    }
}

/* Channel shift, brightness and scale of a whole photo in y. */
INLINE void FN(colour)(const Tones *t) {
    const ptrdiff_t n = t->pixels * t->oc;
    float low, high, *y = t->y;
    FN(extremes)(y, n, &low, &high);
    if (t->shifts) {
        const float scale = t->brightens ? 1 : t->scale;
        for (ptrdiff_t i = 0; i < n; i += LANES)
            FN(write)(y + i, FN(cut)(FN(read)(y + i, n - i) + t->shift, low, high) * scale, n - i);
        const VEC ends = FN(cut)((VEC){low + t->shift, high + t->shift}, low, high);
        low = ends[0], high = ends[1];
    }
    if (t->brightens) FN(brighten)(t, low, high);
}

/* The sum of (y - from), or of its square: SUMS sums, added in order. */
INLINE double FN(sum)(const float *y, ptrdiff_t n, double from, int squared) {
    double sums[SUMS] = {0}, total = 0;
    ptrdiff_t i = 0;
    for (; i + SUMS <= n; i += SUMS)
        for (int j = 0; j < SUMS; j++) {
            const double v = y[i + j] - from;
            sums[j] += squared ? v * v : v;
        }
    for (; i < n; i++) {
        const double v = y[i] - from;
        sums[0] += squared ? v * v : v;
    }
    for (int j = 0; j < SUMS; j++) total += sums[j];
    return total;
}

static TARGET void FN(tones)(const Tones *t) {
    const ptrdiff_t n = t->pixels * t->oc;
    const int coloured = t->shifts || t->brightens;
    float *y = t->y;
    FN(pack)(t, coloured ? 1 : t->scale);
    if (coloured) FN(colour)(t);
    if (t->center || t->normalise) {
        const double mean = FN(sum)(y, n, 0, 0) / n;
        const double spread = t->normalise ? sqrt(FN(sum)(y, n, mean, 1) / n) + t->small : 1;
        const float off = t->center ? (float)mean : 0, by = (float)(1 / spread);
        EACH_ALONE for (ptrdiff_t i = 0; i < n; i++) y[i] = (y[i] - off) * by;
    }
    if (t->plain) return;
    for (ptrdiff_t start = 0; start < n; start += t->period) {
        const ptrdiff_t count = least(t->period, n - start);
        EACH_ALONE for (ptrdiff_t i = 0; i < count; i++) y[start + i] = (y[start + i] - t->offset[i]) * t->factor[i];
    }
}
