// A file may have been made of a whole Xenstore or of a domain's part of it. It may have one domain
// only, as nobody says which of several is meant.

#include "xenguest/plan-keys.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/numa/policy.h"
#include "lib/store/xsls.h"
#include "lib/util/cleanup.h"
#include "xenguest/input-file.h"

#define DOMAINS "/local/domain/"
#define KIB_PER_MIB 1024

// --- a file ---

// The key as it is below its domain, which is noted in *domid (negative: none yet); NULL: it is
// none of a domain's. Dom0's tell nothing about a guest.
static const char *key_of(const char *path, int64_t *domid, bool *ret_other) {
    char *end;
    long id;

    *ret_other = false;
    if (path[0] != '/')
        return path;
    if (strncmp(path, DOMAINS, strlen(DOMAINS)) != 0)
        return NULL;
    id = strtol(path + strlen(DOMAINS), &end, 10);
    if (*end != '/' || id == 0)
        return NULL;
    *ret_other = *domid >= 0 && *domid != id;
    *domid = id;
    return end + 1;
}

static int load(struct store *store, const struct xsls *tree, const char *file, struct error *err) {
    int64_t domid = -1;
    int rc = 0;

    for (size_t i = 0; i < tree->nr && !rc; i++) {
        bool other;
        int64_t before = domid;
        const char *key = key_of(tree->entries[i].path, &domid, &other);

        if (other)
            return error_set(err, EINVAL,
                             "%s has keys of domain %" PRId64 " and of domain %" PRId64
                             ": print those of one, xenstore-ls -f /local/domain/N",
                             file, before, domid);
        if (key)
            rc = store_set(store, key, tree->entries[i].value, err);
    }
    return rc;
}

static int load_file(struct store *store, const char *file, struct error *err) {
    CLEANUP(xsls_done) struct xsls tree = {0};
    CLEANUP(cleanup_free) char *text = NULL;
    int rc = input_file_read(file, &text, err);

    if (rc)
        return rc;
    if (xsls_parse(text, &tree, err))
        return error_prefix(err, "%s", file);
    return load(store, &tree, file, err);
}

// --- the command line ---

// Names as they are elsewhere would be keys that nobody reads: "policy" is one of the host's file,
// and what begins with "vcpu/" is below platform/.
static int check_name(const char *text, size_t length, struct error *err) {
    const char *prefix = NULL;

    for (unsigned key = 0; key < POLICY_NR_KEYS; key++) {
        const char *name = policy_name(key) + strlen("numa-");

        if (strlen(name) == length && !memcmp(name, text, length))
            prefix = "numa-";
    }
    if (!strncmp(text, "vcpu/", strlen("vcpu/")))
        prefix = "platform/";
    if (!prefix)
        return 0;
    return error_set(err, EINVAL, "option -set: \"%.*s\" has no effect: it is \"%s%.*s\" here",
                     (int)length, text, prefix, (int)length, text);
}

// "numa-policy=strict" is platform/numa-policy.
static int set(struct store *store, const char *text, struct error *err) {
    const char *equals = strchr(text, '=');
    int length = (int)(equals - text);
    bool whole = memchr(text, '/', (size_t)length) != NULL;
    CLEANUP(cleanup_free) char *key = NULL;

    if (check_name(text, (size_t)length, err))
        return -err->code;
    if (asprintf(&key, "%s%.*s", whole ? "" : "platform/", length, text) < 0) {
        key = NULL;
        return error_set(err, ENOMEM, "no memory for the key of option -set");
    }
    return store_set(store, key, equals + 1, err);
}

static int set_vcpus(struct store *store, unsigned nr, struct error *err) {
    char text[16];
    int rc;

    snprintf(text, sizeof(text), "%u", nr);
    rc = store_set(store, "platform/vcpu/number", text, err);
    return rc ? rc : store_set(store, "platform/vcpu/current", text, err);
}

static int check_vcpus(struct store *store, struct error *err) {
    CLEANUP(cleanup_free) char *text = NULL;
    int rc = store_read(store, "platform/vcpu/number", &text, err);

    if (rc || text)
        return rc;
    return error_set(err, EINVAL,
                     "option -vcpus is missing, and the guest's keys have no platform/vcpu/number");
}

int plan_keys_open(struct session *session, bool has_domain, struct error *err) {
    const struct request *request = session->request;
    int rc;

    rc = has_domain ? session_open_store(session, err) : store_open_detached(&session->store, err);
    if (rc)
        return rc;
    store_detach(session->store);
    if (request->xenstore)
        rc = load_file(session->store, request->xenstore, err);
    if (!rc && request->vcpus != REQUEST_UNSET)
        rc = set_vcpus(session->store, (unsigned)request->vcpus, err);
    for (unsigned i = 0; i < request->nr_sets && !rc; i++)
        rc = set(session->store, request->set[i], err);
    return rc || has_domain ? rc : check_vcpus(session->store, err);
}

int plan_keys_sizes(struct store *store, bool has_domain, struct request *request,
                    struct error *err) {
    bool has_keys = has_domain || request->xenstore;
    uint64_t kib = 0;
    int rc = 0;

    if (request->mem_max_mib == REQUEST_UNSET && has_keys)
        rc = store_read_number(store, "memory/static-max", (uint64_t)INT32_MAX * KIB_PER_MIB, &kib,
                               err);
    if (rc)
        return rc;
    if (kib)
        request->mem_max_mib = (int64_t)(kib / KIB_PER_MIB);
    if (request->mem_max_mib == REQUEST_UNSET)
        return error_set(err, EINVAL, "option -mem_max_mib is missing%s",
                         has_keys ? ", and the guest's keys have no memory/static-max" : "");
    if (request->mem_start_mib == REQUEST_UNSET)
        request->mem_start_mib = request->mem_max_mib;
    return 0;
}
