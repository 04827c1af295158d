// Permissions matter here: hvmloader runs as the guest and reads its settings through xenstored,
// so a tree that dom0 alone may read would build and then not boot. New keys take the permissions
// of the directory above.

#include "tests/lab/toolstack/store.h"

#include "lib/util/cleanup.h"
#include "lib/util/number.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#define UUID_LENGTH 36

// Writes many keys with one check at the end: after a failure it does nothing more.
struct writer {
    struct toolstack *ts;
    struct error *err;
    uint32_t domid;
    int rc;
};

// The path of `key` relative to the domain; one that starts with `/` stays as it is, and an empty
// one is the domain's directory itself. NULL without memory.
static char *path_of(uint32_t domid, const char *key) {
    char *path;
    int length;

    if (*key == '/')
        return strdup(key);
    length = asprintf(&path, "/local/domain/%u%s%s", domid, *key ? "/" : "", key);
    return length < 0 ? NULL : path;
}

static void put_bytes(struct writer *w, const char *key, const char *value, size_t length) {
    CLEANUP(cleanup_free) char *path = NULL;

    if (w->rc < 0)
        return;
    path = path_of(w->domid, key);
    if (!path)
        w->rc = error_set(w->err, ENOMEM, "out of memory");
    else if (!xs_write(w->ts->xs, XBT_NULL, path, value, (unsigned int)length))
        w->rc = error_set(w->err, errno, "writing %s: %s", path, strerror(errno));
}

static void put(struct writer *w, const char *key, const char *value) {
    put_bytes(w, key, value, strlen(value));
}

static void put_number(struct writer *w, const char *key, uint64_t number) {
    char value[24];

    snprintf(value, sizeof(value), "%" PRIu64, number);
    put(w, key, value);
}

enum owner { OWNER_DOM0, OWNER_GUEST }; // dom0's are readable by the guest

static void put_directory(struct writer *w, const char *key, enum owner owner) {
    struct xs_permissions dom0[] = {{.id = 0, .perms = XS_PERM_NONE},
                                    {.id = w->domid, .perms = XS_PERM_READ}};
    struct xs_permissions guest = {.id = w->domid, .perms = XS_PERM_NONE};
    CLEANUP(cleanup_free) char *path = NULL;
    bool own = owner == OWNER_GUEST;

    if (w->rc < 0)
        return;
    path = path_of(w->domid, key);
    if (!path)
        w->rc = error_set(w->err, ENOMEM, "out of memory");
    else if (!xs_mkdir(w->ts->xs, XBT_NULL, path) ||
             !xs_set_permissions(w->ts->xs, XBT_NULL, path, own ? &guest : dom0, own ? 1 : 2))
        w->rc = error_set(w->err, errno, "making %s: %s", path, strerror(errno));
}

static void put_directories(struct writer *w) {
    static const char *const dom0[] = {"",           "cpu",        "memory",
                                       "device",     "device/vbd", "device/9pfs",
                                       "device/vif", "feature",    "xenserver/attr"};
    static const char *const guest[] = {"error",    "drivers", "control",   "attr", "data",
                                        "messages", "vm-data", "hvmloader", "rrd"};

    for (size_t i = 0; i < sizeof(dom0) / sizeof(dom0[0]); i++)
        put_directory(w, dom0[i], OWNER_DOM0);
    for (size_t i = 0; i < sizeof(guest) / sizeof(guest[0]); i++)
        put_directory(w, guest[i], OWNER_GUEST);
}

static void handle_format(const unsigned char handle[16], char uuid[UUID_LENGTH + 1]) {
    char *end = uuid;

    for (unsigned int i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *end++ = '-';
        end += sprintf(end, "%02x", handle[i]);
    }
}

// What is outside the domain's own directory, and what later commands need to know.
static void put_elsewhere(struct writer *w, const struct lab_domain *domain, const char *name) {
    char uuid[UUID_LENGTH + 1];
    char path[128];

    handle_format(domain->handle, uuid);
    snprintf(path, sizeof(path), "/vm/%s", uuid);
    put(w, "vm", path);
    put(w, "unique-domain-id", uuid);
    put_directory(w, path, OWNER_DOM0);
    snprintf(path, sizeof(path), "/vm/%s/uuid", uuid);
    put(w, path, uuid);
    snprintf(path, sizeof(path), "/vm/%s/name", uuid);
    put(w, path, name);
    snprintf(path, sizeof(path), "/vm/%s/domains/%u", uuid, domain->domid);
    put(w, path, "");
    snprintf(path, sizeof(path), "/libxl/%u", domain->domid);
    put(w, path, "");
    snprintf(path, sizeof(path), "/xenops/domain/%u", domain->domid);
    put(w, path, "");
    snprintf(path, sizeof(path), "/lab/%u/store_port", domain->domid);
    put_number(w, path, domain->store_port);
    snprintf(path, sizeof(path), "/lab/%u/console_port", domain->domid);
    put_number(w, path, domain->console_port);
}

int lab_store_create(struct toolstack *ts, const struct lab_domain *domain, const char *name,
                     uint32_t vcpus, uint64_t mem_mib, struct error *err) {
    struct writer w = {.ts = ts, .err = err, .domid = domain->domid};
    char key[40];

    put_directories(&w);
    put_elsewhere(&w, domain, name);
    put(&w, "name", name);
    put(&w, "action-request", "poweroff");
    put(&w, "control/platform-feature-multiprocessor-suspend", "1");
    put(&w, "control/platform-feature-xs_reset_watches", "1");
    put(&w, "control/has-vendor-device", "0");
    put(&w, "domain-type", "hvm");
    put_number(&w, "memory/initial-target", mem_mib * 1024);
    for (uint32_t i = 0; i < vcpus; i++) {
        snprintf(key, sizeof(key), "cpu/%u/availability", i);
        put(&w, key, "online");
    }
    return w.rc;
}

int lab_store_load(struct toolstack *ts, uint32_t domid, const struct xsls *tree,
                   struct error *err) {
    struct writer w = {.ts = ts, .err = err, .domid = domid};

    for (size_t i = 0; i < tree->nr; i++)
        put_bytes(&w, tree->entries[i].path, tree->entries[i].value, tree->entries[i].length);
    return w.rc;
}

int lab_store_vcpus(struct toolstack *ts, uint32_t domid, uint32_t vcpus, struct error *err) {
    struct writer w = {.ts = ts, .err = err, .domid = domid};

    put_number(&w, "platform/vcpu/number", vcpus);
    put_number(&w, "platform/vcpu/current", vcpus);
    return w.rc;
}

int lab_store_read(struct toolstack *ts, uint32_t domid, const char *key, char **ret,
                   struct error *err) {
    CLEANUP(cleanup_free) char *path = path_of(domid, key);

    if (!path)
        return error_set(err, ENOMEM, "out of memory");
    *ret = xs_read(ts->xs, XBT_NULL, path, NULL);
    if (!*ret && errno != ENOENT)
        return error_set(err, errno, "reading %s: %s", path, strerror(errno));
    return 0;
}

static int read_port(struct toolstack *ts, uint32_t domid, const char *which, uint32_t *ret,
                     struct error *err) {
    CLEANUP(cleanup_free) char *value = NULL;
    int64_t port;
    char key[64];
    int rc;

    snprintf(key, sizeof(key), "/lab/%u/%s", domid, which);
    rc = lab_store_read(ts, domid, key, &value, err);
    if (rc < 0)
        return rc;
    if (!value || number_parse_int(value, 1, UINT32_MAX, &port) < 0)
        return error_set(err, ESRCH, "domain %u was not made by this toolstack: no %s", domid, key);
    *ret = (uint32_t)port;
    return 0;
}

int lab_store_ports(struct toolstack *ts, uint32_t domid, uint32_t *ret_store,
                    uint32_t *ret_console, struct error *err) {
    int rc = read_port(ts, domid, "store_port", ret_store, err);

    return rc < 0 ? rc : read_port(ts, domid, "console_port", ret_console, err);
}

int lab_store_built(struct toolstack *ts, uint32_t domid, const struct lab_built *built,
                    struct error *err) {
    struct writer w = {.ts = ts, .err = err, .domid = domid};
    uint32_t store_port = 0;
    uint32_t console_port = 0;
    char path[40];

    w.rc = lab_store_ports(ts, domid, &store_port, &console_port, err);
    put_number(&w, "memory/static-max", built->max_mib * 1024);
    put_number(&w, "memory/target", built->start_mib * 1024);
    put_number(&w, "domid", domid);
    put_number(&w, "store/port", store_port);
    put_number(&w, "store/ring-ref", built->store_gfn);
    put(&w, "serial/0/limit", "65536");
    put_number(&w, "console/port", console_port);
    put_number(&w, "console/ring-ref", built->console_gfn);
    put(&w, "console/limit", "65536");
    snprintf(path, sizeof(path), "/libxl/%u/type", domid);
    put(&w, path, "hvm");
    if (w.rc == 0 && !xs_introduce_domain(ts->xs, domid, built->store_gfn, store_port))
        w.rc = error_set(err, errno, "introducing domain %u: %s", domid, strerror(errno));
    return w.rc;
}

void lab_store_remove(struct toolstack *ts, uint32_t domid) {
    static const char *const formats[] = {"/local/domain/%u", "/libxl/%u", "/xenops/domain/%u",
                                          "/lab/%u"};
    struct error err = {0};
    char *vm = NULL;
    char path[40];

    // Without its domain xenstored would keep the introduction, and refuse the next one.
    if (xs_is_domain_introduced(ts->xs, domid))
        xs_release_domain(ts->xs, domid);
    if (lab_store_read(ts, domid, "vm", &vm, &err) == 0 && vm)
        xs_rm(ts->xs, XBT_NULL, vm);
    free(vm);
    error_done(&err);
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        snprintf(path, sizeof(path), formats[i], domid);
        xs_rm(ts->xs, XBT_NULL, path);
    }
}
