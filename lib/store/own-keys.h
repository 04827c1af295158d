// Keys that a store has by itself, whatever xenstored has.
#ifndef STORE_OWN_KEYS_H
#define STORE_OWN_KEYS_H

#include <stddef.h>

struct own_key {
    char *key; // relative to the domain, as all
    char *value;
};

// Zero-initialise; own_keys_done releases it.
struct own_keys {
    struct own_key *list;
    size_t nr;
};

// Sets or replaces a key. Returns 0 or -ENOMEM.
int own_keys_set(struct own_keys *keys, const char *key, const char *value);

// The value of a key; NULL: there is none.
const char *own_keys_find(const struct own_keys *keys, const char *key);

// The `nr` names in `names` and those of the keys directly below `directory` that are not among
// them. Returns one block, for the caller to free, and *ret_nr; NULL without memory.
char **own_keys_merge(const struct own_keys *keys, const char *directory, char *const *names,
                      unsigned nr, unsigned *ret_nr);

void own_keys_done(struct own_keys *keys);

#endif
