// CPU featuresets: the feature bits that a guest may see, as words of 32 bits.
#ifndef GUEST_FEATURESET_H
#define GUEST_FEATURESET_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/util/error.h"

// Features that settings switch on or off, numbered as in Xen's public cpufeatureset.h: word * 32 +
// bit.
#define FEATURESET_PAE (0 * 32 + 6)
#define FEATURESET_VMX (1 * 32 + 5)
#define FEATURESET_NX (2 * 32 + 20)
#define FEATURESET_SVM (3 * 32 + 2)
#define FEATURESET_ITSC (7 * 32 + 8) // the TSC's rate never changes

// A feature beyond nr_words is absent, and setting it has no effect.
bool featureset_has(const uint32_t *words, unsigned nr_words, unsigned feature);
void featureset_set(uint32_t *words, unsigned nr_words, unsigned feature, bool on);

// Parses a featureset as xapi writes it: hexadecimal words separated by '-' or ':'. Blanks, '+' and
// "0x" before a word and one separator at the end are tolerated. Fills `words`, of which there are
// nr_words, with zeros behind the last one given. Words beyond nr_words must be zero.
// Returns 0; -EINVAL with a text that names the word at fault, also for an empty text, and `words`
// as they were.
int featureset_parse(const char *text, uint32_t *words, unsigned nr_words, struct error *err);

#endif
