// What the emulator manager is told. Each text is one line of printable ASCII with its newline.
// Managers read into 1024 bytes and take no other members than these.
#ifndef MIGRATION_EMP_TEXT_H
#define MIGRATION_EMP_TEXT_H

#include <stdint.h>

#define EMP_TEXT_SIZE 1024

struct emp_text {
    char s[EMP_TEXT_SIZE];
};

// How far a save is.
struct emp_progress {
    uint64_t sent_pages;
    int64_t remaining_pages; // -1: unknown
    unsigned iteration;
};

// What a restore has found: frames of the rings.
struct emp_result {
    uint64_t store_frame;
    uint64_t console_frame;
};

// The command was taken.
struct emp_text emp_text_return(void);

// It was not, or what it began has failed. A text that is too long is cut.
struct emp_text emp_text_error(const char *text);

struct emp_text emp_text_progress(const struct emp_progress *progress);

// A save is complete.
struct emp_text emp_text_completed(void);

// A restore is.
struct emp_text emp_text_result(const struct emp_result *result);

#endif
