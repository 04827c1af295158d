// Every access names the key in its error, and "no such key" is the only failure that is an answer:
// a guest built with half of its settings because xenstored went away would be worse than none.
//
// Each access is a message there and one back, and takes longer than most hypercalls. Of the many
// keys that a guest may have, most have few: a directory that was listed tells which need no
// asking.
//
// A store may have keys of its own as well, which come before those of xenstored; one that is
// detached writes nowhere else.
//
// libxenstore waits for xenstored for ever. Its connection is watched therefore, so that a signal
// makes it fail, and then the signal is the error.

#include "lib/store/store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xenstore.h>

#include "lib/store/own-keys.h"
#include "lib/util/cleanup.h"
#include "lib/util/stop.h"

// Of writing what others change as well. Their changes are short.
#define MAX_ATTEMPTS 100

struct listing {
    struct listing *next;
    char **names; // one block
    unsigned nr;
    char key[];
};

struct store {
    struct xs_handle *xs; // NULL: there are own keys only
    char *domain_path;    // "/local/domain/<domid>"
    struct listing *listings;
    struct own_keys own;
    bool detached; // nothing is written to xenstored
};

static int connect_watched(struct store *store, struct error *err) {
    int code;
    int rc = stop_watch_opening(err);

    if (rc)
        return rc;
    store->xs = xs_open(0);
    code = errno;
    stop_watch_opened();
    rc = stop_check(err);
    if (rc || store->xs)
        return rc;
    return error_set(err, code, "cannot connect to xenstored: %s", strerror(code));
}

int store_open(uint32_t domid, struct store **ret, struct error *err) {
    CLEANUP(store_closep) struct store *store = calloc(1, sizeof(*store));
    int rc, code;

    if (!store)
        return error_set(err, ENOMEM, "no memory for the Xenstore connection");
    rc = connect_watched(store, err);
    if (rc)
        return rc;
    store->domain_path = xs_get_domain_path(store->xs, domid);
    if (!store->domain_path) {
        code = errno;
        rc = stop_check(err);
        return rc ? rc
                  : error_set(err, code, "xenstored gives no path for domain %u: %s", domid,
                              strerror(code));
    }
    *ret = take_ptr(store);
    return 0;
}

int store_open_detached(struct store **ret, struct error *err) {
    struct store *store = calloc(1, sizeof(*store));

    if (!store)
        return error_set(err, ENOMEM, "no memory for a guest's keys");
    store->detached = true;
    *ret = store;
    return 0;
}

void store_detach(struct store *store) {
    store->detached = true;
}

void store_close(struct store *store) {
    if (!store)
        return;
    stop_watch_end();
    if (store->xs)
        xs_close(store->xs);
    for (struct listing *listing = store->listings, *next; listing; listing = next) {
        next = listing->next;
        free(listing->names);
        free(listing);
    }
    own_keys_done(&store->own);
    free(store->domain_path);
    free(store);
}

void store_closep(struct store **store) {
    store_close(*store);
}

static int key_path(const struct store *store, const char *key, char **ret, struct error *err) {
    bool absolute = key[0] == '/';

    if (asprintf(ret, "%s%s%s", absolute ? "" : store->domain_path, absolute ? "" : "/", key) < 0) {
        *ret = NULL;
        error_set(err, ENOMEM, "no memory for the path of Xenstore key %s", key);
        return -ENOMEM;
    }
    return 0;
}

// What a failed call of the library comes from: a signal, or what it says itself.
static int call_error(const char *action, const char *path, int code, struct error *err) {
    int rc = stop_check(err);

    return rc ? rc : error_set(err, code, "%s Xenstore key %s: %s", action, path, strerror(code));
}

// --- listings ---

// The listing of the first `length` characters of the key.
static const struct listing *listing_find(const struct store *store, const char *key,
                                          size_t length) {
    const struct listing *listing = store->listings;

    while (listing && (strlen(listing->key) != length || strncmp(listing->key, key, length) != 0))
        listing = listing->next;
    return listing;
}

static bool listing_has(const struct listing *listing, const char *name, size_t length) {
    for (unsigned i = 0; i < listing->nr; i++)
        if (strlen(listing->names[i]) == length && !strncmp(listing->names[i], name, length))
            return true;
    return false;
}

// Whether a directory on the key's way was listed without what comes next on it.
static bool is_missing(const struct store *store, const char *key) {
    for (const char *slash = strchr(key, '/'); slash; slash = strchr(slash + 1, '/')) {
        const struct listing *listing = listing_find(store, key, (size_t)(slash - key));

        if (listing && !listing_has(listing, slash + 1, strcspn(slash + 1, "/")))
            return true;
    }
    return false;
}

static int listing_add(struct store *store, const char *key, char **names, unsigned nr) {
    struct listing *listing = malloc(sizeof(*listing) + strlen(key) + 1);

    if (!listing)
        return -ENOMEM;
    *listing = (struct listing){.next = store->listings, .names = names, .nr = nr};
    memcpy(listing->key, key, strlen(key) + 1);
    store->listings = listing;
    return 0;
}

// What xenstored has below the key. *ret may be NULL, for nothing.
static int ask_for_list(struct store *store, const char *key, char ***ret, unsigned *ret_nr,
                        struct error *err) {
    CLEANUP(cleanup_free) char *path = NULL;
    int rc;

    if (!store->xs)
        return 0;
    rc = key_path(store, key, &path, err);
    if (rc)
        return rc;
    *ret = xs_directory(store->xs, XBT_NULL, path, ret_nr);
    if (!*ret && errno != ENOENT)
        return call_error("listing", path, errno, err);
    *ret_nr = *ret ? *ret_nr : 0;
    return 0;
}

int store_list(struct store *store, const char *key, char *const **ret, unsigned *ret_nr,
               struct error *err) {
    const struct listing *listing = listing_find(store, key, strlen(key));
    CLEANUP(cleanup_free) char **names = NULL;
    unsigned nr = 0;
    int rc;

    if (!listing) {
        rc = ask_for_list(store, key, &names, &nr, err);
        if (rc)
            return rc;
        if (store->own.nr) {
            char **merged = own_keys_merge(&store->own, key, names, nr, &nr);

            free(names);
            names = merged;
        }
        if ((store->own.nr && !names) || listing_add(store, key, names, nr))
            return error_set(err, ENOMEM, "no memory for the list of Xenstore key %s", key);
        names = NULL;
        listing = store->listings;
    }
    *ret = listing->names;
    *ret_nr = listing->nr;
    return 0;
}

// --- reading ---

int store_read(struct store *store, const char *key, char **ret, struct error *err) {
    CLEANUP(cleanup_free) char *path = NULL;
    const char *own = own_keys_find(&store->own, key);
    unsigned length;
    char *value;
    int rc;

    if (own) {
        *ret = strdup(own);
        return *ret ? 0 : error_set(err, ENOMEM, "no memory for Xenstore key %s", key);
    }
    if (!store->xs || is_missing(store, key)) {
        *ret = NULL;
        return 0;
    }
    rc = key_path(store, key, &path, err);
    if (rc)
        return rc;
    value = xs_read(store->xs, XBT_NULL, path, &length);
    if (!value && errno != ENOENT)
        return call_error("reading", path, errno, err);
    *ret = value;
    return 0;
}

// --- writing ---

int store_set(struct store *store, const char *key, const char *value, struct error *err) {
    if (own_keys_set(&store->own, key, value))
        return error_set(err, ENOMEM, "no memory for Xenstore key %s", key);
    return 0;
}

int store_write_for_guest(struct store *store, const char *key, const char *value,
                          struct error *err) {
    CLEANUP(cleanup_free) char *path = NULL;
    int rc;

    if (store->detached)
        return store_set(store, key, value, err);
    rc = key_path(store, key, &path, err);
    if (rc)
        return rc;
    if (!xs_write(store->xs, XBT_NULL, path, value, (unsigned)strlen(value)))
        return call_error("writing", path, errno, err);
    return 0;
}

// If not, errno says why.
static bool node_exists(struct store *store, xs_transaction_t t, const char *path) {
    unsigned nr;
    struct xs_permissions *perms = xs_get_permissions(store->xs, t, path, &nr);

    if (!perms)
        return false;
    free(perms);
    return true;
}

static size_t parent_length(const char *path, size_t length) {
    while (path[--length] != '/')
        ;
    return length;
}

// Writing makes what is missing above a node. That, and the node, are then for domain 0 only.
static int write_node(struct store *store, xs_transaction_t t, const char *path,
                      const char *value) {
    struct xs_permissions dom0 = {.id = 0, .perms = XS_PERM_NONE};
    CLEANUP(cleanup_free) char *node = strdup(path);
    size_t there = strlen(path);

    if (!node)
        return -ENOMEM;
    while (there > strlen(store->domain_path) && !node_exists(store, t, node)) {
        if (errno != ENOENT)
            return -errno;
        there = parent_length(path, there);
        node[there] = '\0';
    }
    if (!xs_write(store->xs, t, path, value, (unsigned)strlen(value)))
        return -errno;
    for (size_t length = strlen(path); length > there; length = parent_length(path, length)) {
        memcpy(node, path, length);
        node[length] = '\0';
        if (!xs_set_permissions(store->xs, t, node, &dom0, 1))
            return -errno;
    }
    return 0;
}

// Nobody sees the key before it is complete, and none is left without it. -EAGAIN if somebody else
// has changed something there meanwhile.
static int try_to_write(struct store *store, const char *path, const char *value) {
    xs_transaction_t t = xs_transaction_start(store->xs);
    int rc;

    if (t == XBT_NULL)
        return -errno;
    rc = write_node(store, t, path, value);
    if (!xs_transaction_end(store->xs, t, rc != 0) && !rc)
        rc = -errno;
    return rc;
}

int store_write(struct store *store, const char *key, const char *value, struct error *err) {
    CLEANUP(cleanup_free) char *path = NULL;
    int rc;

    if (store->detached)
        return store_set(store, key, value, err);
    rc = key_path(store, key, &path, err);
    if (rc)
        return rc;
    for (int i = 0; i < MAX_ATTEMPTS; i++) {
        rc = try_to_write(store, path, value);
        if (rc != -EAGAIN)
            break;
    }
    return rc ? call_error("writing", path, -rc, err) : 0;
}
