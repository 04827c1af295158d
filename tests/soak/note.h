// Verdicts, and what is kept for whoever has to understand a failure.
#ifndef SOAK_NOTE_H
#define SOAK_NOTE_H

#include "tests/soak/soak.h"

// A line in the round's journal, kept with every failure.
__attribute__((format(printf, 2, 3))) void note(struct soak *soak, const char *format, ...);

void note_passed(struct soak *soak);

// Counts a failure, tells it and keeps what is known; `guest` may be NULL.
__attribute__((format(printf, 3, 4))) void note_failed(struct soak *soak, const struct guest *guest,
                                                       const char *format, ...);

void note_progress(const struct sums *sums, const char *what, int64_t seconds);
void note_end(const struct options *options, const struct sums *sums);

#endif
