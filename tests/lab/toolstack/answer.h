// What a builder answered on its control pipe, as xenopsd understands it.
#ifndef LAB_ANSWER_H
#define LAB_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum answer_outcome {
    ANSWER_OPEN,    // no decisive line yet
    ANSWER_RESULT,  // `store` and `console`
    ANSWER_ERROR,   // an error of a class xenopsd knows: `error_class`, `code`, `message`
    ANSWER_FAILURE, // any other exception: `message`
};

// Zero-initialise before use; answer_done releases it. Strings are owned.
struct answer {
    enum answer_outcome outcome;
    char *line; // the decisive line as it came, without its newline; NULL if the pipe ended first
    int64_t store;
    int64_t console;
    char *error_class;
    int64_t code;
    char *message;

    bool may_suspend; // set by the caller: the program may ask for the guest to be suspended
    bool suspend;     // it does; the caller's to take back

    char **remarks; // lines that decide nothing (info:, stdout:, stderr:), in order
    size_t nr_remarks;

    char *pending; // what came after the last newline
    size_t nr_pending;
};

// Takes what came from the pipe, cut anywhere. What comes after the decisive line is ignored, as
// xenopsd never reads it. A NUL byte is taken as `?`, which like NUL belongs to no word or number.
// Returns 0 or -ENOMEM.
int answer_feed(struct answer *answer, const char *bytes, size_t nr);

// The pipe has ended: a last line without newline still counts; without one the build has failed.
// Returns 0, with answer->outcome decided, or -ENOMEM.
int answer_end(struct answer *answer);

void answer_done(struct answer *answer);

#endif
