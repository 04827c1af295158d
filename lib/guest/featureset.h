// CPU featuresets: the feature bits that a guest may see, as words of 32 bits.
#ifndef GUEST_FEATURESET_H
#define GUEST_FEATURESET_H

#include <stdint.h>

#include "lib/util/error.h"

// Word and bit of the features that settings switch off. From Xen's public cpufeatureset.h.
#define FEATURESET_PAE_WORD 0
#define FEATURESET_PAE_BIT 6
#define FEATURESET_NX_WORD 2
#define FEATURESET_NX_BIT 20

// Parses a featureset as xapi writes it: hexadecimal words separated by '-' or ':'. Blanks, '+' and
// "0x" before a word and one separator at the end are tolerated. Fills `words`, of which there are
// nr_words, with zeros behind the last one given. Words beyond nr_words must be zero.
// Returns 0; -EINVAL with a text that names the word at fault, also for an empty text.
int featureset_parse(const char *text, uint32_t *words, unsigned nr_words, struct error *err);

#endif
