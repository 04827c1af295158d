// What all fuzz targets share.
//
// A target is a file fuzz-NAME.c with LLVMFuzzerTestOneInput: it hands the bytes that it is given
// to a parser and requires of the outcome what the parser's header promises.
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/util/cleanup.h"
#include "lib/util/error.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

// libFuzzer calls this with each input. Returns 0.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// Ends the target, whose input is then kept, if a condition does not hold.
#define REQUIRE(condition)                                                                         \
    do {                                                                                           \
        if (!(condition))                                                                          \
            fuzz_fail(__FILE__, __LINE__, #condition);                                             \
    } while (0)

void fuzz_fail(const char *file, int line, const char *condition) __attribute__((noreturn));

// A copy of the input with a NUL behind it and not a byte more, so that AddressSanitizer sees
// whoever reads on. The caller frees it.
char *fuzz_text(const uint8_t *data, size_t size);

// What holds for every function that returns 0 or a negative errno: on success there is no error,
// on failure one whose code is that errno and whose text is a line of ASCII but for what it quotes
// of the input. Releases it.
void fuzz_check_error(int rc, struct error *err, const char *input);

// For an output that must stay as it is when a function fails: fills it, and says whether it is
// still filled.
void fuzz_fill(void *output, size_t size);
bool fuzz_is_filled(const void *output, size_t size);

// A directory that lasts as long as the process. `below` is made in it, with all its parents.
void fuzz_directory(const char *below, char *ret, size_t size);

// Replaces a file by `text`.
void fuzz_write_file(const char *path, const char *text);

#endif
