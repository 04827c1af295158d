// A table that is searched from end to end: a test's store has a few hundred nodes. A node's
// parents exist always; they are made with it and only go together with it. A new node has its
// parent's permissions, for all who write here are domain 0. (What another domain makes is its
// own.)

#include "tests/model/store.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

void store_copy(struct store *to, const struct store *from) {
    to->generation = from->generation;
    to->nr = from->nr;
    memcpy(to->node, from->node, from->nr * sizeof(*from->node));
}

struct store_node *store_find(struct store *store, const char *path) {
    if (!strcmp(path, "/"))
        path = "";
    for (uint32_t i = 0; i < store->nr; i++)
        if (!strcmp(store->node[i].path, path))
            return &store->node[i];
    return NULL;
}

static int path_check(const char *path) {
    size_t length = strlen(path);

    if (path[0] != '/' || length >= STORE_MAX_PATH || strstr(path, "//"))
        return -EINVAL;
    return length > 1 && path[length - 1] == '/' ? -EINVAL : 0;
}

// Makes the node and, before it, the parents that are missing.
static struct store_node *node_make(struct store *store, const char *path, size_t length) {
    char own[STORE_MAX_PATH];
    const struct store_node *above = NULL;
    struct store_node *node;
    size_t parent = length;

    memcpy(own, path, length);
    own[length] = '\0';
    node = store_find(store, own);
    if (node)
        return node;
    while (parent > 0 && path[parent - 1] != '/')
        parent--;
    if (length > 0) {
        above = node_make(store, path, parent ? parent - 1 : 0);
        if (!above)
            return NULL;
    }
    if (store->nr == STORE_MAX_NODES)
        return NULL;
    node = &store->node[store->nr++];
    memset(node, 0, offsetof(struct store_node, value));
    memcpy(node->path, own, length + 1);
    node->nr_perms = 1; // domain 0's, of the root
    if (above) {
        node->nr_perms = above->nr_perms;
        memcpy(node->perm, above->perm, sizeof(node->perm));
    }
    return node;
}

int store_set_perms(struct store *store, const char *path, const struct store_perm *perms,
                    uint32_t nr) {
    struct store_node *node = store_find(store, path);

    if (!node)
        return -ENOENT;
    if (nr < 1)
        return -EINVAL;
    if (nr > STORE_MAX_PERMS)
        return -ENOSPC;
    node->nr_perms = nr;
    memcpy(node->perm, perms, nr * sizeof(*perms));
    store->generation++;
    return 0;
}

int store_write(struct store *store, const char *path, const void *value, uint32_t length) {
    struct store_node *node;
    int rc = path_check(path);

    if (rc)
        return rc;
    if (length > STORE_MAX_VALUE)
        return -E2BIG;
    node = node_make(store, path, strlen(path));
    if (!node)
        return -ENOSPC;
    memcpy(node->value, value, length);
    node->length = length;
    store->generation++;
    return 0;
}

int store_mkdir(struct store *store, const char *path) {
    int rc = path_check(path);

    if (rc)
        return rc;
    if (store_find(store, path))
        return 0;
    if (!node_make(store, path, strlen(path)))
        return -ENOSPC;
    store->generation++;
    return 0;
}

static bool is_below(const char *path, const char *top) {
    size_t length = strlen(top);

    return !strncmp(path, top, length) && (path[length] == '\0' || path[length] == '/');
}

int store_rm(struct store *store, const char *path) {
    uint32_t kept = 0;
    char parent[STORE_MAX_PATH];
    int rc = path_check(path);

    if (rc)
        return rc;
    if (!store_find(store, path)) {
        // What is gone already may be removed, if it could have been there.
        memcpy(parent, path, strlen(path) + 1);
        *strrchr(parent, '/') = '\0';
        return store_find(store, parent) ? 0 : -ENOENT;
    }
    for (uint32_t i = 0; i < store->nr; i++) {
        if (is_below(store->node[i].path, path))
            continue;
        if (kept != i)
            store->node[kept] = store->node[i];
        kept++;
    }
    store->nr = kept;
    store->generation++;
    return 0;
}

const char *store_child(const struct store_node *node, const char *parent) {
    size_t length = strcmp(parent, "/") ? strlen(parent) : 0;

    if (strncmp(node->path, parent, length) != 0 || node->path[length] != '/')
        return NULL;
    return strchr(node->path + length + 1, '/') ? NULL : node->path + length + 1;
}
