// An object of its own, preloaded in addition: makes the program's n-th memory allocation fail.
//
// Apart from the other one because a program with AddressSanitizer brings its own malloc. Counted
// and failed is what the program and its libraries ask for between the start of main and exit, the
// C library's own allocations on their behalf included. Kind of event: `malloc`.

#include "tests/model/fault.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

// The C library's own, which these functions stand in front of.
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t nr, size_t size);
extern void *__libc_realloc(void *p, size_t size);

static bool counting;

__attribute__((constructor)) static void counting_start(void) {
    counting = true;
}

__attribute__((destructor)) static void counting_stop(void) {
    counting = false;
    fault_report();
}

static bool allocation_fails(void) {
    struct fault fault = {0};

    if (__atomic_load_n(&counting, __ATOMIC_RELAXED))
        fault = fault_event("malloc", NULL);
    if (fault.code)
        errno = fault.code;
    return fault.code != 0;
}

void *malloc(size_t size) {
    return allocation_fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t nr, size_t size) {
    return allocation_fails() ? NULL : __libc_calloc(nr, size);
}

void *realloc(void *p, size_t size) {
    return allocation_fails() ? NULL : __libc_realloc(p, size);
}
