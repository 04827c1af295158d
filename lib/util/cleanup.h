// Release on scope exit.
//
// A local that owns something carries the attribute that gives it back, so that every way out of
// a function is the same. Ownership leaves a function only through take_ptr or take_fd.
#ifndef UTIL_CLEANUP_H
#define UTIL_CLEANUP_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CLEANUP(func) __attribute__((cleanup(func)))

static inline void cleanup_free(void *p) {
    free(*(void **)p);
}

static inline void cleanup_fclose(FILE **f) {
    if (*f)
        fclose(*f);
}

static inline void cleanup_close(int *fd) {
    if (*fd >= 0)
        close(*fd);
}

// Hands the value of a CLEANUP(cleanup_free) pointer to the caller.
#define take_ptr(p)                                                                                \
    ({                                                                                             \
        __typeof__(p) taken_ = (p);                                                                \
        (p) = NULL;                                                                                \
        taken_;                                                                                    \
    })

#endif
