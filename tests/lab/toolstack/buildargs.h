// Arguments of the command `build`, and what they make of the builder's command line.
#ifndef LAB_BUILDARGS_H
#define LAB_BUILDARGS_H

#include "lib/util/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct build_options {
    uint32_t domid;
    const char *xenguest;
    const char *image;
    const char *mode;
    int64_t max_mib;
    int64_t start_mib;
    int64_t limit_seconds;
    bool count;   // its system calls and hypercalls
    char **extra; // what stood behind `--`
    int nr_extra;
};

// Reads the command's arguments; *options holds the defaults before. Strings stay argv's.
int build_options_read(int argc, char **argv, struct build_options *options, struct error *err);

// Zero-initialise before use; build_program_done releases it.
struct build_program {
    char **argv; // ends with NULL
    size_t nr;
};

// The builder's command line in xenopsd's order.
int build_program_make(const struct build_options *options, uint32_t store_port,
                       uint32_t console_port, struct build_program *program, struct error *err);

void build_program_done(struct build_program *program);

#endif
