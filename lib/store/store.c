// Every access names the key in its error, and "no such key" is the only failure that is an answer:
// a guest built with half of its settings because xenstored went away would be worse than none.
//
// libxenstore waits for xenstored for ever. Its connection is watched therefore, so that a signal
// makes it fail, and then the signal is the error.

#include "lib/store/store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xenstore.h>

#include "lib/util/cleanup.h"
#include "lib/util/stop.h"

// Of writing what others change as well. Their changes are short.
#define MAX_ATTEMPTS 100

struct store {
    struct xs_handle *xs;
    char *domain_path; // "/local/domain/<domid>"
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

void store_close(struct store *store) {
    if (!store)
        return;
    stop_watch_end();
    if (store->xs)
        xs_close(store->xs);
    free(store->domain_path);
    free(store);
}

void store_closep(struct store **store) {
    store_close(*store);
}

static int key_path(const struct store *store, const char *key, char **ret, struct error *err) {
    if (asprintf(ret, "%s/%s", store->domain_path, key) < 0) {
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

int store_read(struct store *store, const char *key, char **ret, struct error *err) {
    CLEANUP(cleanup_free) char *path = NULL;
    unsigned length;
    char *value;
    int rc;

    rc = key_path(store, key, &path, err);
    if (rc)
        return rc;
    value = xs_read(store->xs, XBT_NULL, path, &length);
    if (!value && errno != ENOENT)
        return call_error("reading", path, errno, err);
    *ret = value;
    return 0;
}

int store_list(struct store *store, const char *key, char ***ret, unsigned *ret_nr,
               struct error *err) {
    CLEANUP(cleanup_free) char *path = NULL;
    char **names;
    unsigned nr = 0;
    int rc;

    rc = key_path(store, key, &path, err);
    if (rc)
        return rc;
    names = xs_directory(store->xs, XBT_NULL, path, &nr);
    if (!names && errno != ENOENT)
        return call_error("listing", path, errno, err);
    *ret = names;
    *ret_nr = names ? nr : 0;
    return 0;
}

int store_write_for_guest(struct store *store, const char *key, const char *value,
                          struct error *err) {
    CLEANUP(cleanup_free) char *path = NULL;
    int rc;

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

// Makes a node that is not there, for domain 0 only.
static int node_make(struct store *store, xs_transaction_t t, const char *path) {
    struct xs_permissions dom0 = {.id = 0, .perms = XS_PERM_NONE};

    if (node_exists(store, t, path))
        return 0;
    if (errno != ENOENT || !xs_mkdir(store->xs, t, path) ||
        !xs_set_permissions(store->xs, t, path, &dom0, 1))
        return -errno;
    return 0;
}

// The nodes from the domain's directory down to `path`.
static int nodes_make(struct store *store, xs_transaction_t t, char *path) {
    char *slash = path + strlen(store->domain_path);

    while ((slash = strchr(slash + 1, '/'))) {
        int rc;

        *slash = '\0';
        rc = node_make(store, t, path);
        *slash = '/';
        if (rc)
            return rc;
    }
    return node_make(store, t, path);
}

// Nobody sees the key before it is complete, and none is left without it. -EAGAIN if somebody else
// has changed something there meanwhile.
static int try_to_write(struct store *store, char *path, const char *value) {
    xs_transaction_t t = xs_transaction_start(store->xs);
    int rc;

    if (t == XBT_NULL)
        return -errno;
    rc = nodes_make(store, t, path);
    if (!rc && !xs_write(store->xs, t, path, value, (unsigned)strlen(value)))
        rc = -errno;
    if (!xs_transaction_end(store->xs, t, rc != 0) && !rc)
        rc = -errno;
    return rc;
}

int store_write(struct store *store, const char *key, const char *value, struct error *err) {
    CLEANUP(cleanup_free) char *path = NULL;
    int rc;

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
