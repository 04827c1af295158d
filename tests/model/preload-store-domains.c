// The rest of libxenstore: domains being introduced, and what is not modelled.

#include "tests/model/preload.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <xenstore.h>

struct introduction {
    uint32_t domid;
    bool value;
    bool write;
    int rc;
};

static void introduction_run(struct model *m, void *data) {
    struct introduction *i = data;
    struct domain *d = domain_find(m, i->domid);

    if (!d) {
        i->rc = -ENOENT;
        return;
    }
    if (i->write)
        d->introduced = i->value;
    i->value = d->introduced;
}

static bool introduction(struct introduction *i, const char *name) {
    struct fault fault = fault_event("store", name);

    if (fault.code)
        i->rc = -fault.code;
    else
        state_run_apart(preload_model(), introduction_run, i);
    if (i->rc)
        errno = -i->rc;
    return i->rc == 0;
}

bool xs_introduce_domain(struct xs_handle *h, unsigned int domid, unsigned long mfn,
                         unsigned int eventchn) {
    struct introduction i = {.domid = domid, .write = true, .value = true};

    (void)h;
    (void)mfn;
    (void)eventchn;
    return introduction(&i, "introduce_domain");
}

bool xs_release_domain(struct xs_handle *h, unsigned int domid) {
    struct introduction i = {.domid = domid, .write = true, .value = false};

    (void)h;
    return introduction(&i, "release_domain");
}

bool xs_is_domain_introduced(struct xs_handle *h, unsigned int domid) {
    struct introduction i = {.domid = domid};

    (void)h;
    return introduction(&i, "is_domain_introduced") && i.value;
}

static _Noreturn void unknown(const char *function) {
    fprintf(stderr, "model: %s is not modelled\n", function);
    abort();
}

int xs_fileno(struct xs_handle *h) {
    (void)h;
    unknown("xs_fileno");
}

bool xs_watch(struct xs_handle *h, const char *path, const char *token) {
    (void)h;
    (void)path;
    (void)token;
    unknown("xs_watch");
}

bool xs_unwatch(struct xs_handle *h, const char *path, const char *token) {
    (void)h;
    (void)path;
    (void)token;
    unknown("xs_unwatch");
}

char **xs_check_watch(struct xs_handle *h) {
    (void)h;
    unknown("xs_check_watch");
}

char **xs_read_watch(struct xs_handle *h, unsigned int *num) {
    (void)h;
    (void)num;
    unknown("xs_read_watch");
}
