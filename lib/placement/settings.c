// An unknown key that begins with "numa-" is an error like a bad value: the likeliest reason is a
// misspelt setting, and silence would place the guest other than its owner thinks.

#include "lib/placement/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/util/cleanup.h"

#define MAX_FILE_BYTES 65536

static int read_platform_key(struct store *store, const char *name, struct policy *policy,
                             struct error *err) {
    CLEANUP(cleanup_free) char *key = NULL;
    CLEANUP(cleanup_free) char *value = NULL;
    int rc;

    if (asprintf(&key, "platform/%s", name) < 0) {
        key = NULL;
        return error_set(err, ENOMEM, "no memory for the path of Xenstore key %s", name);
    }
    rc = store_read(store, key, &value, err);
    // A key that is gone by now was not set.
    return rc || !value ? rc : policy_set(policy, name, value, POLICY_FROM_PLATFORM, err);
}

static int read_platform(struct store *store, struct policy *policy, struct error *err) {
    char *const *names = NULL;
    unsigned nr = 0;
    int rc;

    rc = store_list(store, "platform", &names, &nr, err);
    for (unsigned i = 0; i < nr && !rc; i++) {
        if (!strncmp(names[i], "numa-", strlen("numa-")))
            rc = read_platform_key(store, names[i], policy, err);
    }
    return rc;
}

static int read_file(const char *path, struct policy *policy, struct error *err) {
    CLEANUP(cleanup_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    char text[MAX_FILE_BYTES + 1];
    struct stat status;
    ssize_t length;

    if (fd < 0 && errno == ENOENT)
        return 0;
    if (fd < 0 || fstat(fd, &status))
        return error_set(err, errno, "opening %s: %s", path, strerror(errno));
    if (!S_ISREG(status.st_mode))
        return error_set(err, EINVAL, "%s is not a regular file", path);
    if (status.st_size > MAX_FILE_BYTES)
        return error_set(err, EFBIG, "%s is larger than %d bytes", path, MAX_FILE_BYTES);
    length = read(fd, text, MAX_FILE_BYTES);
    if (length < 0)
        return error_set(err, errno, "reading %s: %s", path, strerror(errno));
    if (memchr(text, '\0', (size_t)length))
        return error_set(err, EINVAL, "%s is not a text file", path);
    text[length] = '\0';
    return policy_set_all(policy, text, err);
}

static int set_mem_pnode(int mem_pnode, struct policy *policy, struct error *err) {
    char text[16];
    int rc;

    snprintf(text, sizeof(text), "%d", mem_pnode);
    rc = policy_set(policy, "numa-nodes", text, POLICY_FROM_COMMAND_LINE, err);
    if (!rc && policy->origin[POLICY_KEY_POLICY] == POLICY_FROM_DEFAULT &&
        policy->origin[POLICY_KEY_FALLBACK] == POLICY_FROM_DEFAULT)
        rc = policy_set(policy, "numa-policy", "strict", POLICY_FROM_COMMAND_LINE, err);
    return rc;
}

int settings_read(struct store *store, int mem_pnode, const char *path, struct policy *ret,
                  struct error *err) {
    struct policy policy = policy_defaults();
    int rc;

    rc = path ? read_file(path, &policy, err) : 0;
    if (!rc)
        rc = read_platform(store, &policy, err);
    if (!rc && mem_pnode != SETTINGS_NO_NODE)
        rc = set_mem_pnode(mem_pnode, &policy, err);
    if (!rc)
        *ret = policy;
    return rc;
}
