// The generation id of a guest: 128 bits by which its system learns that it was restored, from a
// snapshot perhaps.
#ifndef GUEST_GENERATION_ID_H
#define GUEST_GENERATION_ID_H

#include <stdint.h>

#include <xenctrl.h>

#include "lib/store/store.h"
#include "lib/util/error.h"

// Parses "A:B", each of 64 bits and not 0, decimal, or hexadecimal or octal by its prefix.
// -EINVAL or -ERANGE; the error quotes the text.
int generation_id_parse(const char *text, uint64_t ret[2], struct error *err);

// Writes the id of the key platform/generation-id into the memory of an HVM guest that was
// restored, where its firmware has a place for it. A guest without such a place or key is left as
// it is. Fails like generation_id_parse, or because the guest has no memory there.
int generation_id_write(xc_interface *xch, uint32_t domid, struct store *store, struct error *err);

#endif
