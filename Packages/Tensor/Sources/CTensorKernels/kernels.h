// What the translation units of this target share: the path switch and the inner functions.
#ifndef ZT_KERNELS_H
#define ZT_KERNELS_H

#include "CTensorKernels.h"

#if defined(__x86_64__)
#define ZT_X86 1
#define ZT_AVX2 __attribute__((target("avx2,fma,f16c")))
#else
#define ZT_X86 0
#endif

/// Expands to a call of the AVX2 or the portable version of `name`.
#if ZT_X86
#define ZT_DISPATCH(name, ...) (zt_uses_avx2() ? name##_avx2(__VA_ARGS__) : name##_portable(__VA_ARGS__))
#else
#define ZT_DISPATCH(name, ...) name##_portable(__VA_ARGS__)
#endif

#endif
