#define _GNU_SOURCE
#include "kill_points.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char *folder, *part;
static long at = -1, share;
static int log_file = -1;
static atomic_long count;

__attribute__((constructor)) static void begin(void) {
  folder = getenv("KILL_POINTS_FOLDER");
  part = getenv("KILL_POINTS_PART");
  const char *number = getenv("KILL_POINTS_AT");
  if (number) at = atol(number);
  number = getenv("KILL_POINTS_SHARE");
  if (number) share = atol(number);
  const char *log = getenv("KILL_POINTS_LOG");
  if (log) log_file = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
}

static void die(void) {
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

/// Whether the process dies at this call.
static int is_due(const char *path) {
  char absolute[2 * PATH_MAX];
  if (!folder || !path) return 0;
  if (path[0] != '/') {
    char here[PATH_MAX];
    if (!getcwd(here, sizeof here)) return 0;
    snprintf(absolute, sizeof absolute, "%s/%s", here, path);
    path = absolute;
  }
  size_t length = strlen(folder);
  if (strncmp(path, folder, length) || (path[length] != '/' && path[length])) return 0;
  if (part && !strstr(path + length, part)) return 0;
  if (log_file >= 0) {
    char line[2 * PATH_MAX];
    int size = snprintf(line, sizeof line, "%s\n", path + length);
    // Not through write, which is this library's.
    if (syscall(SYS_write, log_file, line, (size_t)size) < 0) { /* nobody to tell */
    }
  }
  return atomic_fetch_add(&count, 1) == at;
}

static int is_due_of(int descriptor) {
  char name[64], path[PATH_MAX];
  if (!folder || descriptor <= STDERR_FILENO) return 0;
  snprintf(name, sizeof name, "/proc/self/fd/%d", descriptor);
  ssize_t length = readlink(name, path, sizeof path - 1);
  if (length <= 0) return 0;
  path[length] = 0;
  return is_due(path);
}

static size_t bytes_done(size_t size) { return size / 1000 * (size_t)share + size % 1000 * (size_t)share / 1000; }

// The function of this name that comes after this library's.
#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

#define WITH_DEATH(is_due, call) \
  if (!(is_due)) return call;    \
  if (share >= 500) (void)call;  \
  die();                         \
  return -1;

ssize_t write(int descriptor, const void *bytes, size_t size) {
  ssize_t (*next)(int, const void *, size_t) = NEXT(write);
  if (!is_due_of(descriptor)) return next(descriptor, bytes, size);
  (void)next(descriptor, bytes, bytes_done(size));
  die();
  return -1;
}

ssize_t pwrite(int descriptor, const void *bytes, size_t size, off_t offset) {
  ssize_t (*next)(int, const void *, size_t, off_t) = NEXT(pwrite);
  if (!is_due_of(descriptor)) return next(descriptor, bytes, size, offset);
  (void)next(descriptor, bytes, bytes_done(size), offset);
  die();
  return -1;
}

int ftruncate(int descriptor, off_t size) { WITH_DEATH(is_due_of(descriptor), NEXT(ftruncate)(descriptor, size)) }

int rename(const char *from, const char *to) { WITH_DEATH(is_due(to), NEXT(rename)(from, to)) }

int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags) {
  WITH_DEATH(is_due(to), NEXT(renameat2)(from_folder, from, to_folder, to, flags))
}

int link(const char *from, const char *to) { WITH_DEATH(is_due(to), NEXT(link)(from, to)) }

int unlink(const char *path) { WITH_DEATH(is_due(path), NEXT(unlink)(path)) }

int mkdir(const char *path, mode_t mode) { WITH_DEATH(is_due(path), NEXT(mkdir)(path, mode)) }

int rmdir(const char *path) { WITH_DEATH(is_due(path), NEXT(rmdir)(path)) }
