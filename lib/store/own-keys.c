// A guest has a few dozen keys, so they are searched from end to end.

#include "lib/store/own-keys.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/util/cleanup.h"

static struct own_key *find(const struct own_keys *keys, const char *key) {
    for (size_t i = 0; i < keys->nr; i++)
        if (!strcmp(keys->list[i].key, key))
            return &keys->list[i];
    return NULL;
}

int own_keys_set(struct own_keys *keys, const char *key, const char *value) {
    CLEANUP(cleanup_free) char *name = strdup(key);
    CLEANUP(cleanup_free) char *text = strdup(value);
    struct own_key *there = find(keys, key);

    if (!name || !text)
        return -ENOMEM;
    if (!there) {
        struct own_key *grown = reallocarray(keys->list, keys->nr + 1, sizeof(*grown));

        if (!grown)
            return -ENOMEM;
        keys->list = grown;
        there = &grown[keys->nr++];
        *there = (struct own_key){.key = take_ptr(name)};
    }
    free(there->value);
    there->value = take_ptr(text);
    return 0;
}

const char *own_keys_find(const struct own_keys *keys, const char *key) {
    const struct own_key *there = find(keys, key);

    return there ? there->value : NULL;
}

// --- listing ---

// A name that points into a key or a list, and is not terminated there.
struct name {
    const char *text;
    size_t length;
};

// The part of the key directly below the directory; of length 0 if it is not below it.
static struct name name_below(const char *key, const char *directory) {
    size_t length = strlen(directory);

    if (strncmp(key, directory, length) != 0 || key[length] != '/')
        return (struct name){"", 0};
    return (struct name){key + length + 1, strcspn(key + length + 1, "/")};
}

static void add_name(struct name *names, unsigned *nr, struct name name) {
    for (unsigned i = 0; i < *nr; i++)
        if (names[i].length == name.length && !strncmp(names[i].text, name.text, name.length))
            return;
    if (name.length)
        names[(*nr)++] = name;
}

// Pointers first, then the texts that they point to, as libxenstore gives a directory.
static char **make_block(const struct name *names, unsigned nr) {
    size_t bytes = (nr + 1UL) * sizeof(char *);
    char **block;
    char *text;

    for (unsigned i = 0; i < nr; i++)
        bytes += names[i].length + 1;
    block = malloc(bytes);
    if (!block)
        return NULL;
    text = (char *)(block + nr + 1);
    for (unsigned i = 0; i < nr; i++) {
        block[i] = memcpy(text, names[i].text, names[i].length);
        text[names[i].length] = '\0';
        text += names[i].length + 1;
    }
    block[nr] = NULL;
    return block;
}

char **own_keys_merge(const struct own_keys *keys, const char *directory, char *const *names,
                      unsigned nr, unsigned *ret_nr) {
    CLEANUP(cleanup_free) struct name *all = calloc(nr + keys->nr + 1, sizeof(*all));

    if (!all)
        return NULL;
    *ret_nr = 0;
    for (unsigned i = 0; i < nr; i++)
        add_name(all, ret_nr, (struct name){names[i], strlen(names[i])});
    for (size_t i = 0; i < keys->nr; i++)
        add_name(all, ret_nr, name_below(keys->list[i].key, directory));
    return make_block(all, *ret_nr);
}

void own_keys_done(struct own_keys *keys) {
    for (size_t i = 0; i < keys->nr; i++) {
        free(keys->list[i].key);
        free(keys->list[i].value);
    }
    free(keys->list);
    *keys = (struct own_keys){0};
}
