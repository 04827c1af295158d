// Trees of keys: what was read, written down again with every byte escaped, reads as the same.

#include <errno.h>
#include <stdio.h>

#include "lib/store/xsls.h"
#include "tests/fuzz/fuzz.h"

static char *print_tree(const struct xsls *tree) {
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    REQUIRE(out);
    for (size_t i = 0; i < tree->nr; i++) {
        fprintf(out, "%s = \"", tree->entries[i].path);
        for (size_t k = 0; k < tree->entries[i].length; k++)
            fprintf(out, k % 2 ? "\\x%02x" : "\\%03o", (unsigned char)tree->entries[i].value[k]);
        fprintf(out, "\"\n");
    }
    fclose(out);
    return text;
}

static void check_tree(const struct xsls *tree) {
    CLEANUP(cleanup_free) char *text = print_tree(tree);
    struct xsls again = {0};
    struct error err = {0};

    REQUIRE(xsls_parse(text, &again, &err) == 0);
    REQUIRE(again.nr == tree->nr);
    for (size_t i = 0; i < tree->nr; i++) {
        const struct xsls_entry *a = &tree->entries[i], *b = &again.entries[i];

        REQUIRE(*a->path && !strcmp(a->path, b->path));
        REQUIRE(a->length == b->length && !memcmp(a->value, b->value, a->length + 1));
        REQUIRE(a->value[a->length] == '\0');
        REQUIRE(xsls_value(tree, a->path));
    }
    xsls_done(&again);
}

static unsigned long lines(const char *text) {
    unsigned long nr = 1;

    for (; *text; text++)
        nr += *text == '\n';
    return nr;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    CLEANUP(cleanup_free) char *text = fuzz_text(data, size);
    struct xsls tree = {0};
    struct error err = {0};
    int rc = xsls_parse(text, &tree, &err);

    if (rc) {
        unsigned long line = strtoul(err.text + strlen("line "), NULL, 10);

        REQUIRE(rc == -EINVAL && line >= 1 && line <= lines(text));
    }
    fuzz_check_error(rc, &err, text);
    check_tree(&tree);
    xsls_done(&tree);
    return 0;
}
