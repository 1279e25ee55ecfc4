// A pool of threads for short pieces of work: a transformer's operations take from ten microseconds to some
// milliseconds, so workers look for work a little while before they sleep. One job runs at a time.
#include "CTensorKernels.h"
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

enum { MAX_WORKERS = 255, SPINS = 4000 };

static struct {
  pthread_mutex_t owner;  // held by the thread whose job is running
  pthread_mutex_t mutex;
  pthread_cond_t work, done;
  int started;                 // worker threads that exist
  atomic_uint_fast64_t epoch;  // counts jobs; a worker wakes when it changes
  atomic_size_t next;
  atomic_int running;  // workers that have not yet finished the current job
  size_t count;
  int threads;
  zt_task task;
  void *context;
} pool = {.owner = PTHREAD_MUTEX_INITIALIZER,
          .mutex = PTHREAD_MUTEX_INITIALIZER,
          .work = PTHREAD_COND_INITIALIZER,
          .done = PTHREAD_COND_INITIALIZER};

static _Thread_local int inside_task = 0;

static inline void pause_briefly(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

static void take_indices(int worker) {
  inside_task = 1;
  for (;;) {
    size_t index = atomic_fetch_add_explicit(&pool.next, 1, memory_order_relaxed);
    if (index >= pool.count) break;
    pool.task(pool.context, index, worker);
  }
  inside_task = 0;
}

static void *work_forever(void *argument) {
  int worker = (int)((uintptr_t)argument & 0xFF);
  uint_fast64_t seen = (uintptr_t)argument >> 8;  // jobs before this thread's first
  for (;;) {
    for (int spin = 0; spin < SPINS && atomic_load_explicit(&pool.epoch, memory_order_acquire) == seen; spin++) pause_briefly();
    if (atomic_load_explicit(&pool.epoch, memory_order_acquire) == seen) {
      pthread_mutex_lock(&pool.mutex);
      while (atomic_load_explicit(&pool.epoch, memory_order_acquire) == seen) pthread_cond_wait(&pool.work, &pool.mutex);
      pthread_mutex_unlock(&pool.mutex);
    }
    seen = atomic_load_explicit(&pool.epoch, memory_order_acquire);
    if (worker < pool.threads) take_indices(worker);
    if (atomic_fetch_sub_explicit(&pool.running, 1, memory_order_acq_rel) == 1) {
      pthread_mutex_lock(&pool.mutex);
      pthread_cond_signal(&pool.done);
      pthread_mutex_unlock(&pool.mutex);
    }
  }
  return NULL;
}

/// Makes sure that workers 1 ..< threads exist; returns how many threads there are, the caller included.
static int start_workers(int threads) {
  if (threads > MAX_WORKERS) threads = MAX_WORKERS;
  while (pool.started + 1 < threads) {
    pthread_t thread;
    uintptr_t argument = (uintptr_t)atomic_load(&pool.epoch) << 8 | (uintptr_t)(pool.started + 1);
    if (pthread_create(&thread, NULL, work_forever, (void *)argument)) break;
    pthread_detach(thread);
    pool.started++;
  }
  return pool.started + 1 < threads ? pool.started + 1 : threads;
}

void zt_parallel(size_t count, int threads, zt_task task, void *context) {
  if (count <= 1 || threads <= 1 || inside_task || pthread_mutex_trylock(&pool.owner)) {
    for (size_t i = 0; i < count; i++) task(context, i, 0);
    return;
  }
  pthread_mutex_lock(&pool.mutex);
  pool.threads = start_workers(threads);
  pool.count = count;
  pool.task = task;
  pool.context = context;
  atomic_store_explicit(&pool.next, 0, memory_order_relaxed);
  atomic_store_explicit(&pool.running, pool.started, memory_order_relaxed);
  atomic_fetch_add_explicit(&pool.epoch, 1, memory_order_release);
  pthread_cond_broadcast(&pool.work);
  pthread_mutex_unlock(&pool.mutex);

  take_indices(0);

  for (int spin = 0; spin < SPINS && atomic_load_explicit(&pool.running, memory_order_acquire); spin++) pause_briefly();
  if (atomic_load_explicit(&pool.running, memory_order_acquire)) {
    pthread_mutex_lock(&pool.mutex);
    while (atomic_load_explicit(&pool.running, memory_order_acquire)) pthread_cond_wait(&pool.done, &pool.mutex);
    pthread_mutex_unlock(&pool.mutex);
  }
  pthread_mutex_unlock(&pool.owner);
}
