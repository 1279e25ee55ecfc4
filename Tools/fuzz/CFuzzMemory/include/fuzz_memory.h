#pragma once
#include <stddef.h>
#include <stdint.h>

// Counts what this process asks of memory: malloc and its relatives, and anonymous mappings, of all libraries. The
// program defines these functions itself, so the dynamic linker gives them to every library.

/// From now on the process ends where it asks for more than `limit` bytes beyond what it has: with `status` by _exit, or
/// by abort() where `status` is 0. What it asked for is written to standard error.
void fuzz_memory_arm(size_t limit, int status);

/// No limit any more; the most that was held beyond the beginning.
size_t fuzz_memory_disarm(void);

/// libFuzzer's loop, where the program is built with it: see Tools/fuzz/libfuzzer.
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*one_input)(const uint8_t *data, size_t size));
