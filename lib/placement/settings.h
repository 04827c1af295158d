// The numa- settings that apply to a guest, from all their sources.
#ifndef PLACEMENT_SETTINGS_H
#define PLACEMENT_SETTINGS_H

#include "lib/numa/policy.h"
#include "lib/store/store.h"
#include "lib/util/error.h"

#define SETTINGS_NO_NODE (-1)

// Reads the settings: `mem_pnode` of the command line (or SETTINGS_NO_NODE), the guest's keys
// platform/numa-*, the file `path` (none is fine; NULL: not read), defaults. A node of the command
// line is meant exactly, as in other variants of xenguest, so it brings numa-policy=strict with it
// unless numa-policy or numa-fallback is set somewhere. Returns 0 and fills *ret; -EINVAL or
// -ERANGE naming source, key and value at fault.
int settings_read(struct store *store, int mem_pnode, const char *path, struct policy *ret,
                  struct error *err);

#endif
