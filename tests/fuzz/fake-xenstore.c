// As xenstored: a key that is not there is ENOENT, and what is listed of a key are the names of
// those directly below it, each once.

#include "tests/fuzz/fake-xenstore.h"

#include <errno.h>

#include <xenstore.h>

#include "tests/fuzz/fuzz.h"

struct xs_handle {
    struct xsls *tree;
};

static struct xs_handle handle;

void fake_xenstore_serve(struct xsls *tree) {
    handle.tree = tree;
}

struct xs_handle *xs_open(unsigned long flags) {
    (void)flags;
    return &handle;
}

void xs_close(struct xs_handle *h) {
    (void)h;
}

char *xs_get_domain_path(struct xs_handle *h, unsigned int domid) {
    (void)h;
    (void)domid;
    return strdup(FAKE_XENSTORE_DOMAIN);
}

// The part of `path` relative to the domain.
static const char *relative(const char *path) {
    size_t length = strlen(FAKE_XENSTORE_DOMAIN "/");

    REQUIRE(!strncmp(path, FAKE_XENSTORE_DOMAIN "/", length));
    return path + length;
}

static const struct xsls_entry *find(const struct xsls *tree, const char *path) {
    for (size_t i = tree->nr; i > 0; i--) {
        if (!strcmp(tree->entries[i - 1].path, path))
            return &tree->entries[i - 1];
    }
    return NULL;
}

void *xs_read(struct xs_handle *h, xs_transaction_t t, const char *path, unsigned int *length) {
    const struct xsls_entry *entry = find(h->tree, relative(path));

    (void)t;
    if (!entry) {
        errno = ENOENT;
        return NULL;
    }
    *length = (unsigned)entry->length;
    return fuzz_text((const uint8_t *)entry->value, entry->length);
}

bool xs_write(struct xs_handle *h, xs_transaction_t t, const char *path, const void *data,
              unsigned int length) {
    struct xsls *tree = h->tree;
    struct xsls_entry *grown = reallocarray(tree->entries, tree->nr + 1, sizeof(*grown));

    (void)t;
    REQUIRE(grown);
    tree->entries = grown;
    grown[tree->nr++] =
        (struct xsls_entry){strdup(relative(path)), fuzz_text(data, length), length};
    return true;
}

bool xs_set_permissions(struct xs_handle *h, xs_transaction_t t, const char *path,
                        struct xs_permissions *permissions, unsigned int nr) {
    (void)t;
    (void)permissions;
    REQUIRE(nr);
    return find(h->tree, relative(path));
}

// The name of the key directly below `path` that leads to the entry; its length, or 0 for none.
static size_t child_name(const struct xsls_entry *entry, const char *path, const char **ret) {
    size_t length = strlen(path);

    if (strncmp(entry->path, path, length) != 0 || entry->path[length] != '/')
        return 0;
    *ret = entry->path + length + 1;
    return strcspn(*ret, "/");
}

static bool is_listed(char *const *names, unsigned nr, const char *name, size_t length) {
    for (unsigned i = 0; i < nr; i++) {
        if (strlen(names[i]) == length && !memcmp(names[i], name, length))
            return true;
    }
    return false;
}

// One allocation has the pointers and then the texts, as the library's has.
char **xs_directory(struct xs_handle *h, xs_transaction_t t, const char *path, unsigned int *nr) {
    size_t bytes = (h->tree->nr + 1) * sizeof(char *);
    char **names, *text;

    (void)t;
    path = relative(path);
    for (size_t i = 0; i < h->tree->nr; i++)
        bytes += strlen(h->tree->entries[i].path) + 1;
    names = malloc(bytes);
    REQUIRE(names);
    text = (char *)(names + h->tree->nr + 1);
    *nr = 0;
    for (size_t i = 0; i < h->tree->nr; i++) {
        const char *name = NULL;
        size_t length = child_name(&h->tree->entries[i], path, &name);

        if (!length || is_listed(names, *nr, name, length))
            continue;
        names[(*nr)++] = memcpy(text, name, length);
        text[length] = '\0';
        text += length + 1;
    }
    return names;
}
