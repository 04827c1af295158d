// The text of a ledger entry.
//
//     xenguest-ledger 1                           the format's version
//     domain 7
//     handle 0123456789abcdef0123456789abcdef
//     claim host                                  none, toolstack, host, node, set
//     process 1234 567890                         pid and start time; "process 0 0": a reservation
//     node 0 262144                               pages still needed; a line for each node that has
//     any nodeless 0 end
#ifndef MEMORY_LEDGER_TEXT_H
#define MEMORY_LEDGER_TEXT_H

#include "lib/memory/ledger.h"

// The text of an entry, or NULL without memory; the caller frees it.
char *ledger_text_make(const struct ledger_entry *entry);

// Parses a whole text. Returns 0 and fills *ret, or -EINVAL if it is anything but an entry of this
// version, complete and in this order.
int ledger_text_parse(const char *text, struct ledger_entry *ret);

#endif
