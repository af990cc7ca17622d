/* Optimizer updates, in place: one pass over all arrays, so memory bandwidth is the limit. */
#ifndef TYPE
#include "api.h"
#define BODY "optimizers.h"
#include "each.h"
KERNEL(sgd_update)
KERNEL(momentum_update)
KERNEL(rmsprop_update)
KERNEL(adam_update)
#else
#include "updates.h"

#define UPDATE(name, optimizer)                                                                                \
    KERNEL_OF(name) {                                                                                          \
        const Call *t = context;                                                                               \
        const ptrdiff_t begin = block * t->block;                                                              \
        const FN(Update) u = FN(update_at)(t, optimizer, begin);                                               \
        FN(update_range)(&u, optimizer, (const REAL *)t->in[0] + begin, least(t->block, t->n - begin));        \
    }
UPDATE(sgd_update, SGD)
UPDATE(momentum_update, MOMENTUM)
UPDATE(rmsprop_update, RMSPROP)
UPDATE(adam_update, ADAM)
#undef UPDATE
#endif
