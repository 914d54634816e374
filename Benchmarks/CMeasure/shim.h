#pragma once
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <malloc.h>
#include <sched.h>
#include <unistd.h>

// Swift's Glibc imports neither <malloc.h> nor the macros of cpu_set_t.

// Bytes that malloc has given out and not had back, in all arenas and in mappings.
static inline size_t weir_malloc_in_use(void) {
    struct mallinfo2 all = mallinfo2();
    return all.uordblks + all.hblkhd;
}

// Gives what malloc keeps free back to the system.
static inline void weir_malloc_trim(void) { malloc_trim(0); }

// From here on every large block is a mapping of its own, so that none reuses what lies free and resident.
static inline void weir_malloc_map_large(void) { mallopt(M_MMAP_THRESHOLD, 1 << 17); }

// The first core that this process may use, or -1.
static inline int weir_first_core(void) {
    cpu_set_t all;
    if (sched_getaffinity(0, sizeof all, &all) != 0) return -1;
    for (int core = 0; core < CPU_SETSIZE; core++)
        if (CPU_ISSET(core, &all)) return core;
    return -1;
}

// Keeps a thread (0: the calling one), and all that it starts, on one core; on every core where it is -1.
static inline int weir_thread_on(int thread, int core) {
    cpu_set_t set;
    CPU_ZERO(&set);
    long count = sysconf(_SC_NPROCESSORS_CONF);
    for (int other = 0; other < count && other < CPU_SETSIZE; other++)
        if (core < 0 || other == core) CPU_SET(other, &set);
    return sched_setaffinity(thread, sizeof set, &set);
}

// Takes the calling thread off one core, and onto all the others; where there are none it stays.
static inline int weir_keep_off(int core) {
    cpu_set_t others;
    CPU_ZERO(&others);
    long count = sysconf(_SC_NPROCESSORS_CONF);
    for (int other = 0; other < count && other < CPU_SETSIZE; other++)
        if (other != core) CPU_SET(other, &others);
    return sched_setaffinity(0, sizeof others, &others);
}
