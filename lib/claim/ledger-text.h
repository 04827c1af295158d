// The text of a ledger entry: lines of a word and its values, in this order and no other.
//
// clang-format off
//     xenguest-ledger 1                         the format's version
//     domain 7
//     handle 0123456789abcdef0123456789abcdef
//     claim host                                none, toolstack, host, node or set
//     process 1234 567890                       pid, start time; 0 0: a reservation
//     node 0 262144                             pages still needed; only nodes that have any
//     nodeless 0
//     owned 512                                 pages the domain owned when this was written
//     end
// clang-format on
#ifndef CLAIM_LEDGER_TEXT_H
#define CLAIM_LEDGER_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/claim/ledger-entry.h"

// A domain's handle as a line of 32 hexadecimal digits.
struct ledger_text_handle {
    char s[34];
};
struct ledger_text_handle ledger_text_make_handle(const uint8_t handle[16]);

// Returns 0 and fills `ret`, or -EINVAL if the text is anything but such a line.
int ledger_text_parse_handle(const char *text, uint8_t ret[16]);

// The text of an entry, or NULL without memory; the caller frees it.
char *ledger_text_make(const struct ledger_entry *entry);

// Whether a text is an entry of another version of the format.
bool ledger_text_is_other_version(const char *text);

// Parses a whole text. Returns 0 and fills *ret, or -EINVAL if it is anything but an entry of this
// version, complete and in this order.
int ledger_text_parse(const char *text, struct ledger_entry *ret);

#endif
