// What is odd but no error, on its way to the program, which tells people about it.
#ifndef UTIL_WARNINGS_H
#define UTIL_WARNINGS_H

#define WARNINGS_MAX 16

// Zero-initialise; warnings_done releases it. Texts are sentences without a final period.
struct warnings {
    char *text[WARNINGS_MAX];
    unsigned nr;
};

// Adds a warning. Without memory, or if there are WARNINGS_MAX already, it is lost.
void warnings_add(struct warnings *warnings, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

void warnings_done(struct warnings *warnings);

#endif
