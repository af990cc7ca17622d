/* Compiles the file BODY once per instruction set and type. FN(name) names the copy, TARGET its instruction set. The
   types are those of EACH_TYPE, a file; real numbers by default.

   x86-64 carries three copies and picks one at run time; elsewhere the compiler's baseline (NEON on AArch64) is one.
   The tile is ROWS x (WIDE vectors): as many accumulators as the registers hold. AVX-512 keeps 256-bit vectors, for
   its 32 registers: on CPUs that split 512-bit operations the wider ones gain nothing. */
#ifndef EACH_TYPE
#define EACH_TYPE "each_type.h"
#endif
#define JOIN(name, type, isa) name##_##type##_##isa
#define JOIN_EXPANDED(name, type, isa) JOIN(name, type, isa)
#define FN(name) JOIN_EXPANDED(name, TYPE, ISA)
#define INLINE static inline __attribute__((always_inline, unused)) TARGET
#define KERNEL_OF(name) static TARGET void FN(name)(const void *context, ptrdiff_t block, void *scratch)

#if defined(__clang__)
#define EACH_ALONE _Pragma("clang loop vectorize(assume_safety)")
#else
#define EACH_ALONE _Pragma("GCC ivdep")
#endif

#define ISA base
#define TARGET
#define VECTOR_BYTES 16
#if defined(__aarch64__)
#define WIDE 4
#else
#define WIDE 2
#endif
#include EACH_TYPE
#undef ISA
#undef TARGET
#undef VECTOR_BYTES
#undef WIDE

#if defined(__x86_64__)
#define VECTOR_BYTES 32
#define ISA v3
#define TARGET __attribute__((target("avx2,fma,bmi,bmi2")))
#define WIDE 2
#include EACH_TYPE
#undef ISA
#undef TARGET
#undef WIDE
#define ISA v4
#define TARGET __attribute__((target("avx2,fma,bmi,bmi2,avx512f,avx512vl,avx512dq,avx512bw")))
#define WIDE 4
#include EACH_TYPE
#define COPIES(name) \
    {{name##_f32_base, name##_f64_base}, {name##_f32_v3, name##_f64_v3}, {name##_f32_v4, name##_f64_v4}}
#else
#define COPIES(name) {{name##_f32_base, name##_f64_base}}
#endif

/* Lanes of a vector, and columns of the widest panel, of the copy in use. */
static UNUSED ptrdiff_t vector_lanes(int is_double) {
    ptrdiff_t bytes = pool->level > 0 ? 32 : 16;
    return bytes / (is_double ? 8 : 4);
}

static UNUSED ptrdiff_t panel_width(int is_double) {
#if defined(__aarch64__)
    return 4 * vector_lanes(is_double);
#else
    return (pool->level == 2 ? 4 : 2) * vector_lanes(is_double);
#endif
}

/* Defines run_<name>, which runs all blocks of a kernel with the copy for this CPU and type. */
#define KERNEL(name)                                                                                             \
    static const BlockFn name##_copies[][2] = COPIES(name);                                                      \
    static UNUSED void run_##name(const void *call, int is_double, ptrdiff_t blocks, int threads, void *scratch) { \
        pool->run(name##_copies[pool->level][is_double], call, blocks, threads, scratch);                        \
    }
