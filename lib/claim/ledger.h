// The ledger: what builders that run at the same time still need from each node.
//
// Xen's claims say how much is set aside, but upstream not on which node. Builders of this program
// tell each other through files in one directory, so that no two plan on the same memory. It is an
// agreement among them and no more: Xen does not know of it.
//
// An entry belongs to one domain and is one file, which its owner replaces as its needs shrink.
// It is either of a build, and counts while that process lives, or a reservation, which counts
// until it is used or dropped; and in both cases only while the domain exists that it was made for.
#ifndef CLAIM_LEDGER_H
#define CLAIM_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/claim/ledger-entry.h"
#include "lib/util/error.h"

struct ledger;

// Opens the ledger in `directory`, creating the directory if need be (mode 0700, its parent must
// exist). It must be a directory of our own user that nobody else can write to, and no symbolic
// link. On failure work without a ledger: then concurrent builds may pick the same nodes.
int ledger_open(const char *directory, struct ledger **ret, struct error *err);

// Opens it for who only reads it: nothing is created, and there is no lock to take. *ret is NULL if
// there is no directory, and so nobody who builds.
int ledger_open_to_read(const char *directory, struct ledger **ret, struct error *err);

void ledger_close(struct ledger *ledger);

// Waits for and takes the lock under which plans are made: nobody else plans then, and nobody of
// the ledger populates, so that free memory and what others still need belong together. It ends
// with ledger_unlock, ledger_close or the process. Fails like ledger_lock_alone (ledger-lock.h).
// Without the lock the ledger may be read and written, but what it tells can be out of date.
int ledger_lock(struct ledger *ledger, struct error *err);

// Waits until nobody plans, and keeps others from planning until ledger_unlock: to be held for each
// populate call. It excludes no other populating. Fails like ledger_lock.
int ledger_lock_shared(struct ledger *ledger, struct error *err);

void ledger_unlock(struct ledger *ledger);

// True between a successful ledger_lock and ledger_unlock.
bool ledger_is_locked(const struct ledger *ledger);

// Reads all entries; the caller frees *ret. Files that are no entries, are of other versions of the
// format, or cannot be read now, are passed over.
int ledger_read(struct ledger *ledger, struct ledger_entry **ret, size_t *ret_nr,
                struct error *err);

// Reads one domain's entry. False if there is none that can be read.
bool ledger_find(const struct ledger *ledger, uint32_t domid, struct ledger_entry *ret);

// Says whether what the ledger has of a domain tells nothing any more: because the domain is gone;
// or is another one than `handle` says, if that is known; or because of the entry, if it is one.
typedef bool ledger_judge(void *context, uint32_t domid, const uint8_t *handle,
                          const struct ledger_entry *entry);

// Removes what `judge` says, and files that are nothing of the ledger's. Needs the lock.
void ledger_sweep(struct ledger *ledger, ledger_judge *judge, void *context);

// Writes or replaces the entry of entry->domid. The first time under the lock. On failure, a full
// file system for example, the entry is as before.
int ledger_write(struct ledger *ledger, const struct ledger_entry *entry, struct error *err);

// Removes the entry of a domain; none is fine.
void ledger_remove(struct ledger *ledger, uint32_t domid);

// The same where the ledger cannot be opened, for want of memory or room for its locks, say.
int ledger_forget(const char *directory, uint32_t domid, struct error *err);

// Records that a domain has had a claim on a node, which says nothing about what it has now. The
// record stays until the domain is gone.
int ledger_record_claim(struct ledger *ledger, uint32_t domid, const uint8_t handle[16],
                        struct error *err);

// True if that has been recorded of this very domain.
bool ledger_has_claim(const struct ledger *ledger, uint32_t domid, const uint8_t handle[16]);

#endif
