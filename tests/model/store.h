// Xenstore: paths with values, their parents always there.
#ifndef MODEL_STORE_H
#define MODEL_STORE_H

#include <stdbool.h>
#include <stdint.h>

#define STORE_MAX_NODES 4096
#define STORE_MAX_PATH 512
#define STORE_MAX_VALUE 4096 // xenstored's limit for a payload
#define STORE_MAX_PERMS 4

struct store_perm {
    uint32_t domid;
    uint32_t perms; // enum xs_perm_type
};

struct store_node {
    char path[STORE_MAX_PATH]; // absolute, without a final `/`; the root is ""
    uint32_t nr_perms;         // the first names the owner, and what everybody else may do
    struct store_perm perm[STORE_MAX_PERMS];
    uint32_t length;
    char value[STORE_MAX_VALUE]; // any bytes
};

struct store {
    uint64_t generation; // changes with every change
    uint32_t nr;
    struct store_node node[STORE_MAX_NODES]; // in the order in which they were made
};

// Copies the nodes in use.
void store_copy(struct store *to, const struct store *from);

// All take absolute paths. Errors are negative errno, as xenstored answers.
struct store_node *store_find(struct store *store, const char *path);
int store_write(struct store *store, const char *path, const void *value, uint32_t length);
int store_mkdir(struct store *store, const char *path);
int store_set_perms(struct store *store, const char *path, const struct store_perm *perms,
                    uint32_t nr);
int store_rm(struct store *store, const char *path);

// The child's own name if `node` is directly below `parent`, else NULL.
const char *store_child(const struct store_node *node, const char *parent);

#endif
