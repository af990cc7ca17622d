/* One pool of threads for all modules: blocks of work claimed by an atomic counter, in no order that matters.

   Workers start when first needed, spin a little between jobs, then sleep. A caller that finds the pool busy does its
   blocks alone. A forked child starts with no workers. */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "api.h"

#define MAX_WORKERS 255
#define SPIN_NANOSECONDS 40000
#define OPEN 0x10000u    /* bit of `state`: workers may join; the bits below count those that did */
#define JOINED 0xFFFFu
#define NEXT_JOB 0x20000u /* bits above count jobs */

static struct {
    atomic_uint state;
    atomic_int busy, sleepers;
    atomic_ptrdiff_t next;
    BlockFn fn;
    const void *call;
    ptrdiff_t blocks;
    int limit; /* workers that may take part in this job */
    int workers;
    void *scratch[MAX_WORKERS];
    pthread_mutex_t mutex;
    pthread_cond_t wake;
} shared = {.mutex = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER};

static inline void pause_briefly(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static int64_t nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void claim_blocks(void *scratch) {
    ptrdiff_t block;
    while ((block = atomic_fetch_add_explicit(&shared.next, 1, memory_order_relaxed)) < shared.blocks)
        shared.fn(shared.call, block, scratch);
}

static int is_news(unsigned state, unsigned seen) { return (state & OPEN) && state / NEXT_JOB != seen; }

/* Spins, then sleeps, until a job that this worker has not seen is open; returns the state that showed it. */
static unsigned await_job(unsigned seen) {
    int64_t end = nanoseconds() + SPIN_NANOSECONDS;
    do {
        for (int i = 0; i < 64; i++) {
            unsigned state = atomic_load(&shared.state);
            if (is_news(state, seen)) return state;
            pause_briefly();
        }
    } while (nanoseconds() < end);
    pthread_mutex_lock(&shared.mutex);
    atomic_fetch_add(&shared.sleepers, 1);
    unsigned state;
    while (!is_news(state = atomic_load(&shared.state), seen)) pthread_cond_wait(&shared.wake, &shared.mutex);
    atomic_fetch_sub(&shared.sleepers, 1);
    pthread_mutex_unlock(&shared.mutex);
    return state;
}

static void *work_forever(void *argument) {
    int number = (int)(intptr_t)argument;
    unsigned seen = ~0u;
    for (;;) {
        unsigned state = await_job(seen);
        seen = state / NEXT_JOB;
        /* Joining fails when the job closed meanwhile or another worker joined first: look again. */
        while ((state & OPEN) && state / NEXT_JOB == seen)
            if (atomic_compare_exchange_weak(&shared.state, &state, state + 1)) {
                if (number < shared.limit) claim_blocks(aligned(shared.scratch[number]));
                atomic_fetch_sub(&shared.state, 1);
                break;
            }
    }
    return NULL;
}

/* Starts workers until there are `wanted`; fewer when the system gives no more. */
static void start_workers(int wanted) {
    if (shared.workers >= wanted) return;
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes)) return;
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    sigset_t all, before; /* signals belong to Python's main thread */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (shared.workers < wanted) {
        int number = shared.workers;
        if (!shared.scratch[number]) shared.scratch[number] = malloc(SCRATCH_BYTES + ALIGNMENT);
        pthread_t thread;
        if (!shared.scratch[number]) break;
        if (pthread_create(&thread, &attributes, work_forever, (void *)(intptr_t)number)) break;
        shared.workers++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
}

static void publish(BlockFn fn, const void *call, ptrdiff_t blocks, int limit) {
    shared.fn = fn;
    shared.call = call;
    shared.blocks = blocks;
    shared.limit = limit;
    atomic_store(&shared.next, 0);
    unsigned state = atomic_load(&shared.state);
    atomic_store(&shared.state, (state / NEXT_JOB + 1) * NEXT_JOB + OPEN);
    if (atomic_load(&shared.sleepers) == 0) return;
    pthread_mutex_lock(&shared.mutex);
    pthread_cond_broadcast(&shared.wake);
    pthread_mutex_unlock(&shared.mutex);
}

static void close_job(void) {
    atomic_fetch_and(&shared.state, ~OPEN);
    for (int i = 0; atomic_load(&shared.state) & JOINED; i++) {
        if (i < 4096)
            pause_briefly();
        else
            sched_yield();
    }
}

/* Runs fn for every block, on at most `threads` threads; `scratch` serves the calling thread. */
static void pool_run(BlockFn fn, const void *call, ptrdiff_t blocks, int threads, void *scratch) {
    int limit = (int)least(least(threads, blocks), MAX_WORKERS + 1) - 1;
    if (limit < 1 || atomic_exchange(&shared.busy, 1)) {
        for (ptrdiff_t block = 0; block < blocks; block++) fn(call, block, scratch);
        return;
    }
    start_workers(limit);
    publish(fn, call, blocks, limit);
    claim_blocks(scratch);
    close_job();
    atomic_store(&shared.busy, 0);
}

/* A forked child has none of the parent's threads: forget them. The scratch memory is used again. */
static void forget_workers(void) {
    atomic_store(&shared.state, 0);
    atomic_store(&shared.busy, 0);
    atomic_store(&shared.sleepers, 0);
    shared.workers = 0;
    pthread_mutex_init(&shared.mutex, NULL);
    pthread_cond_init(&shared.wake, NULL);
}

static int best_level(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    int v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2");
    int v4 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
             __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw");
    return v3 ? (v4 ? 2 : 1) : 0;
#else
    return 0;
#endif
}

static PoolApi pool_api = {pool_run, 0};

static void pool_start(void) {
    pool_api.level = best_level();
    pthread_atfork(NULL, NULL, forget_workers);
}
