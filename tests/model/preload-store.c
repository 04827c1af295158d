// libxenstore's functions, served from the store in the shared state.
//
// A transaction works on a copy and is refused at its end, with EAGAIN, if anybody has changed the
// store meanwhile: what xenstored promises. Watches are not modelled and end the process. Where a
// program may go on without an answer, the memory for it is taken in the program's own thread: the
// stack then tells who wanted it.

#include "tests/model/preload.h"
#include "tests/model/store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xenstore.h>

#define MAX_TRANSACTIONS 4

struct transaction {
    uint64_t based_on; // generation of the store that was copied
    struct store copy;
};

struct xs_handle {
    struct transaction *transaction[MAX_TRANSACTIONS];
};

// One operation, done while nobody else is in the store.
struct request {
    struct xs_handle *h;
    xs_transaction_t t;
    const char *path;
    const void *in;
    uint32_t in_bytes;
    void *out; // malloced
    unsigned out_nr;
    int rc;
    void (*run)(struct store *store, struct request *r);
};

static void request_locked(struct model *m, void *data) {
    struct request *r = data;
    struct store *store = &m->store;
    char path[STORE_MAX_PATH];

    if (r->t != XBT_NULL) {
        if (r->t > MAX_TRANSACTIONS || !r->h->transaction[r->t - 1]) {
            r->rc = -ENOENT;
            return;
        }
        store = &r->h->transaction[r->t - 1]->copy;
    }
    if (r->path && r->path[0] != '/') {
        if (snprintf(path, sizeof(path), "/local/domain/0/%s", r->path) >= (int)sizeof(path)) {
            r->rc = -EINVAL;
            return;
        }
        r->path = path;
    }
    r->run(store, r);
}

static bool request_run(struct request *r, const char *name) {
    struct fault fault = fault_event("store", name);

    if (fault.code)
        r->rc = -fault.code;
    else
        state_run_apart(preload_model(), request_locked, r);
    if (r->rc)
        errno = -r->rc;
    return r->rc == 0;
}

struct xs_handle *xs_open(unsigned long flags) {
    struct fault fault = fault_event("store", "open");
    struct xs_handle *h;

    (void)flags;
    if (fault.code) {
        errno = fault.code;
        return NULL;
    }
    h = calloc(1, sizeof(*h));
    if (h) {
        preload_model();
        preload_hold(HELD_STORES, 1);
    }
    return h;
}

struct xs_handle *xs_daemon_open(void) {
    return xs_open(0);
}

void xs_close(struct xs_handle *xsh) {
    if (!xsh)
        return;
    for (unsigned i = 0; i < MAX_TRANSACTIONS; i++)
        free(xsh->transaction[i]);
    free(xsh);
    preload_hold(HELD_STORES, -1);
}

void xs_daemon_close(struct xs_handle *h) {
    xs_close(h);
}

static void run_read(struct store *store, struct request *r) {
    const struct store_node *node = store_find(store, r->path);
    char *text;

    if (!node) {
        r->rc = -ENOENT;
        return;
    }
    text = malloc(node->length + 1UL);
    if (!text) {
        r->rc = -ENOMEM;
        return;
    }
    memcpy(text, node->value, node->length);
    text[node->length] = '\0';
    r->out = text;
    r->out_nr = node->length;
}

void *xs_read(struct xs_handle *h, xs_transaction_t t, const char *path, unsigned int *len) {
    struct request r = {.h = h, .t = t, .path = path, .run = run_read};

    if (!request_run(&r, "read"))
        return NULL;
    if (len)
        *len = r.out_nr;
    return r.out;
}

static void run_write(struct store *store, struct request *r) {
    r->rc = store_write(store, r->path, r->in, r->in_bytes);
}

bool xs_write(struct xs_handle *h, xs_transaction_t t, const char *path, const void *data,
              unsigned int len) {
    struct request r = {
        .h = h, .t = t, .path = path, .in = data, .in_bytes = len, .run = run_write};

    return request_run(&r, "write");
}

static void run_mkdir(struct store *store, struct request *r) {
    r->rc = store_mkdir(store, r->path);
}

bool xs_mkdir(struct xs_handle *h, xs_transaction_t t, const char *path) {
    struct request r = {.h = h, .t = t, .path = path, .run = run_mkdir};

    return request_run(&r, "mkdir");
}

static void run_rm(struct store *store, struct request *r) {
    r->rc = store_rm(store, r->path);
}

bool xs_rm(struct xs_handle *h, xs_transaction_t t, const char *path) {
    struct request r = {.h = h, .t = t, .path = path, .run = run_rm};

    return request_run(&r, "rm");
}

// Pointers first, then the names, in one piece, as the library returns them.
static void run_directory(struct store *store, struct request *r) {
    size_t bytes = 0;
    char **names;
    char *text;

    if (!store_find(store, r->path)) {
        r->rc = -ENOENT;
        return;
    }
    for (uint32_t i = 0; i < store->nr; i++) {
        const char *name = store_child(&store->node[i], r->path);

        if (name) {
            bytes += strlen(name) + 1;
            r->out_nr++;
        }
    }
    names = malloc(r->out_nr * sizeof(*names) + bytes + 1);
    if (!names) {
        r->rc = -ENOMEM;
        return;
    }
    text = (char *)(names + r->out_nr);
    r->out_nr = 0;
    for (uint32_t i = 0; i < store->nr; i++) {
        const char *name = store_child(&store->node[i], r->path);

        if (name) {
            names[r->out_nr++] = text;
            text = stpcpy(text, name) + 1;
        }
    }
    r->out = names;
}

char **xs_directory(struct xs_handle *h, xs_transaction_t t, const char *path, unsigned int *num) {
    struct request r = {.h = h, .t = t, .path = path, .run = run_directory};

    if (!request_run(&r, "directory"))
        return NULL;
    *num = r.out_nr;
    return r.out;
}

static void run_set_perms(struct store *store, struct request *r) {
    const struct xs_permissions *perms = r->in;
    struct store_perm own[STORE_MAX_PERMS];

    for (uint32_t i = 0; i < r->in_bytes && i < STORE_MAX_PERMS; i++)
        own[i] = (struct store_perm){perms[i].id, perms[i].perms};
    r->rc = store_set_perms(store, r->path, own, r->in_bytes);
}

bool xs_set_permissions(struct xs_handle *h, xs_transaction_t t, const char *path,
                        struct xs_permissions *perms, unsigned int num_perms) {
    struct request r = {
        .h = h, .t = t, .path = path, .in = perms, .in_bytes = num_perms, .run = run_set_perms};

    return request_run(&r, "set_permissions");
}

static void run_get_perms(struct store *store, struct request *r) {
    const struct store_node *node = store_find(store, r->path);
    struct xs_permissions *perms = r->out;

    if (!node) {
        r->rc = -ENOENT;
        return;
    }
    for (uint32_t i = 0; i < node->nr_perms; i++) {
        perms[i].id = node->perm[i].domid;
        perms[i].perms = node->perm[i].perms;
    }
    r->out_nr = node->nr_perms;
}

struct xs_permissions *xs_get_permissions(struct xs_handle *h, xs_transaction_t t, const char *path,
                                          unsigned int *num) {
    struct xs_permissions *perms = calloc(STORE_MAX_PERMS, sizeof(*perms));
    struct request r = {.h = h, .t = t, .path = path, .out = perms, .run = run_get_perms};

    if (!perms)
        return NULL;
    if (!request_run(&r, "get_permissions")) {
        free(perms);
        return NULL;
    }
    *num = r.out_nr;
    return perms;
}

static void run_start(struct store *store, struct request *r) {
    struct transaction *transaction = r->out;
    unsigned i = 0;

    while (i < MAX_TRANSACTIONS && r->h->transaction[i])
        i++;
    if (i == MAX_TRANSACTIONS) {
        r->rc = -ENOSPC;
        return;
    }
    store_copy(&transaction->copy, store);
    r->h->transaction[i] = transaction;
    transaction->based_on = store->generation;
    r->out_nr = i + 1;
}

xs_transaction_t xs_transaction_start(struct xs_handle *h) {
    struct transaction *transaction = malloc(sizeof(*transaction));
    struct request r = {.h = h, .out = transaction, .run = run_start};

    if (!transaction)
        return XBT_NULL;
    if (request_run(&r, "transaction_start"))
        return r.out_nr;
    free(transaction);
    return XBT_NULL;
}

static void run_end(struct store *store, struct request *r) {
    unsigned i = r->out_nr - 1;
    struct transaction *transaction = i < MAX_TRANSACTIONS ? r->h->transaction[i] : NULL;

    if (!transaction) {
        r->rc = -ENOENT;
        return;
    }
    if (r->in_bytes == 0) {
        if (store->generation != transaction->based_on)
            r->rc = -EAGAIN;
        else
            store_copy(store, &transaction->copy);
    }
    free(transaction);
    r->h->transaction[i] = NULL;
}

bool xs_transaction_end(struct xs_handle *h, xs_transaction_t t, bool abandon) {
    struct request r = {.h = h, .in_bytes = abandon, .out_nr = t, .run = run_end};

    return request_run(&r, "transaction_end");
}

char *xs_get_domain_path(struct xs_handle *h, unsigned int domid) {
    struct fault fault = fault_event("store", "get_domain_path");
    char *path;

    (void)h;
    if (fault.code) {
        errno = fault.code;
        return NULL;
    }
    return asprintf(&path, "/local/domain/%u", domid) < 0 ? NULL : path;
}
