// Which kernels run: decided once by the processor, overruled by tests.
#include "kernels.h"
#include <stdatomic.h>

static atomic_int forced_portable = 0;
static atomic_int detected = -1;

int zt_has_avx2(void) {
#if ZT_X86
  int known = atomic_load_explicit(&detected, memory_order_relaxed);
  if (known < 0) {
    __builtin_cpu_init();
    known = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
    atomic_store_explicit(&detected, known, memory_order_relaxed);
  }
  return known;
#else
  return 0;
#endif
}

void zt_force_portable(int portable) { atomic_store(&forced_portable, portable); }

int zt_uses_avx2(void) {
  return !atomic_load_explicit(&forced_portable, memory_order_relaxed) && zt_has_avx2();
}
