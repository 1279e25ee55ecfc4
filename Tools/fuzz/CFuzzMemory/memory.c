#define _GNU_SOURCE
#include "fuzz_memory.h"

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

static _Atomic int64_t held, peak, begin, limit = INT64_MAX;
static _Atomic int status;

static void exceeded(size_t asked) {
  // Whatever reports this may ask for memory itself.
  atomic_store(&limit, INT64_MAX);
  char text[96];
  int length = snprintf(
      text, sizeof text, "memory: %zu bytes asked for, %lld held\n", asked,
      (long long)(atomic_load(&held) - atomic_load(&begin)));
  if (write(2, text, (size_t)length) < 0) { /* nobody to tell */
  }
  if (atomic_load(&status)) _exit(atomic_load(&status));
  abort();
}

static void asking(size_t size) {
  int64_t bound = atomic_load_explicit(&limit, memory_order_relaxed);
  if (bound == INT64_MAX) return;
  if (size > (size_t)INT64_MAX || (int64_t)size > bound - atomic_load_explicit(&held, memory_order_relaxed)) exceeded(size);
}

static void add(int64_t size) {
  int64_t now = atomic_fetch_add_explicit(&held, size, memory_order_relaxed) + size;
  int64_t most = atomic_load_explicit(&peak, memory_order_relaxed);
  while (now > most &&
         !atomic_compare_exchange_weak_explicit(&peak, &most, now, memory_order_relaxed, memory_order_relaxed)) {
  }
}

static void *added(void *block) {
  if (block) add((int64_t)malloc_usable_size(block));
  return block;
}

void fuzz_memory_arm(size_t more, int code) {
  int64_t now = atomic_load(&held);
  atomic_store(&begin, now);
  atomic_store(&peak, now);
  atomic_store(&status, code);
  atomic_store(&limit, now + (int64_t)more);
}

size_t fuzz_memory_disarm(void) {
  atomic_store(&limit, INT64_MAX);
  return (size_t)(atomic_load(&peak) - atomic_load(&begin));
}

void *malloc(size_t size) {
  asking(size);
  return added(__libc_malloc(size));
}

void *calloc(size_t count, size_t size) {
  size_t bytes;
  if (__builtin_mul_overflow(count, size, &bytes)) bytes = SIZE_MAX;
  asking(bytes);
  return added(__libc_calloc(count, size));
}

void *realloc(void *block, size_t size) {
  int64_t before = block ? (int64_t)malloc_usable_size(block) : 0;
  asking(size);
  void *moved = __libc_realloc(block, size);
  if (moved || size == 0) add(-before);
  return added(moved);
}

void free(void *block) {
  if (!block) return;
  add(-(int64_t)malloc_usable_size(block));
  __libc_free(block);
}

void *memalign(size_t alignment, size_t size) {
  asking(size);
  return added(__libc_memalign(alignment, size));
}

void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void **out, size_t alignment, size_t size) {
  void *block = memalign(alignment, size);
  if (!block) return ENOMEM;
  *out = block;
  return 0;
}

// Anonymous mappings, to know them again when they go: mappings of files are none.
enum { places = 4096 };
static struct {
  void *base;
  size_t size;
} mappings[places];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void *mmap(void *address, size_t size, int protection, int flags, int file, off_t offset) {
  int counts = (flags & MAP_ANONYMOUS) && protection != PROT_NONE;
  if (counts) asking(size);
  void *base = (void *)syscall(SYS_mmap, address, size, protection, flags, file, offset);
  if (!counts || base == MAP_FAILED) return base;
  pthread_mutex_lock(&lock);
  for (int i = 0; i < places; i++) {
    if (mappings[i].base) continue;
    mappings[i].base = base;
    mappings[i].size = size;
    add((int64_t)size);
    break;
  }
  pthread_mutex_unlock(&lock);
  return base;
}

void *mmap64(void *address, size_t size, int protection, int flags, int file, off_t offset) {
  return mmap(address, size, protection, flags, file, offset);
}

int munmap(void *base, size_t size) {
  pthread_mutex_lock(&lock);
  for (int i = 0; i < places; i++) {
    if (mappings[i].base != base) continue;
    add(-(int64_t)mappings[i].size);
    mappings[i].base = NULL;
    break;
  }
  pthread_mutex_unlock(&lock);
  return (int)syscall(SYS_munmap, base, size);
}
