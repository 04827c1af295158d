// A domain's part of Xenstore. Keys are relative to it ("platform/acpi"), but for those of the
// host, which begin with "/".
//
// Whatever waits for xenstored ends with -EINTR and the error of stop_check once a signal has come.
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/util/error.h"

struct store;

// Connects to xenstored and asks it for the domain's path. Returns 0 and sets *ret, to be released
// with store_close. Fails with the errno of the connection. One at a time: see stop_watch_opening.
int store_open(uint32_t domid, struct store **ret, struct error *err);

// A store without xenstored: it has what is set in it and written to it. Fails with -ENOMEM.
int store_open_detached(struct store **ret, struct error *err);

// From now on what is written is kept in the store, and xenstored is only read.
void store_detach(struct store *store);

// Sets a key for this store, in place of what xenstored has. To be called before the key's
// directory is listed.
int store_set(struct store *store, const char *key, const char *value, struct error *err);

void store_close(struct store *store);
void store_closep(struct store **store);

// Reads a key. Returns 0 and sets *ret to its text (owned by the caller, NUL-terminated), or to
// NULL if there is no such key, or was none when a directory on its way was listed. Any other
// failure, a lost connection or missing permission too, is an error and never looks like a missing
// key.
int store_read(struct store *store, const char *key, char **ret, struct error *err);

// Lists the names of the keys directly below `key`. Returns 0 and sets *ret, an array that belongs
// to the store, and *ret_nr; no such key is an empty list. xenstored is asked once: later calls
// answer the same, and store_read need not ask for what was not there.
int store_list(struct store *store, const char *key, char *const **ret, unsigned *ret_nr,
               struct error *err);

// Reads a number: decimal or 0x…, or "true" (1) and "false" (0) in any case. A missing or empty
// key is 0. Text that is none of these, or a value above `max`, is -EINVAL or -ERANGE.
int store_read_number(struct store *store, const char *key, uint64_t max, uint64_t *ret,
                      struct error *err);

// Reads a size in bytes: a number as above, of 64 bits, but for the words, which are no sizes.
int store_read_bytes(struct store *store, const char *key, uint64_t *ret, struct error *err);

// Reads a number and takes any but 0 for true. Some keys mean something else than false if they are
// not there, or are empty.
int store_read_bool(struct store *store, const char *key, bool if_missing, bool if_empty, bool *ret,
                    struct error *err);

// Writes a key, completely or not at all. One that is not there yet is made, with the directories
// that it is in, for domain 0 only ("n0"): the guest can never read it. One that is there keeps its
// permissions.
int store_write(struct store *store, const char *key, const char *value, struct error *err);

// Writes a key for the guest, hvmloader for instance. One that is not there yet has the permissions
// of its directory.
int store_write_for_guest(struct store *store, const char *key, const char *value,
                          struct error *err);

#endif
