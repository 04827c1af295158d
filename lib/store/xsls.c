// The fixture trees are kept as `xenstore-ls -f` prints them so that a tree captured on a real host
// can be dropped in unchanged. That format escapes what a terminal would not show.

#include "lib/store/xsls.h"

#include "lib/util/cleanup.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

// Reads up to `max` digits of `base` at *text.
static unsigned int escape_number(const char **text, unsigned int base, unsigned int max) {
    unsigned int value = 0;

    for (unsigned int i = 0; i < max && isxdigit((unsigned char)**text); i++, (*text)++) {
        char c = **text;
        unsigned int digit =
            isdigit((unsigned char)c) ? (unsigned int)(c - '0') : ((unsigned int)c & 7U) + 9;

        if (digit >= base)
            break;
        value = value * base + digit;
    }
    return value;
}

// Decodes the escape behind a backslash; *text is left behind it. Returns the byte or -EINVAL.
static int escape_decode(const char **text) {
    static const char letters[] = "tnr\\\"";
    static const char meanings[] = "\t\n\r\\\"";
    const char *letter = **text ? strchr(letters, **text) : NULL;
    unsigned int value;

    if (letter) {
        (*text)++;
        return meanings[letter - letters];
    }
    if (**text == 'x' && isxdigit((unsigned char)(*text)[1])) {
        (*text)++;
        value = escape_number(text, 16, 2);
    } else if (**text >= '0' && **text <= '7') {
        value = escape_number(text, 8, 3);
    } else {
        return -EINVAL;
    }
    return value <= 0xff ? (int)value : -EINVAL;
}

// Decodes `text`, of the form "value", into *entry.
static int value_decode(const char *text, struct xsls_entry *entry) {
    const char *end = text + strlen(text) - 1;

    if (end <= text || *text != '"' || *end != '"')
        return -EINVAL;
    entry->value = malloc((size_t)(end - text));
    if (!entry->value)
        return -ENOMEM;
    for (text++; text < end;) {
        int byte = (unsigned char)*text++;

        if (byte == '\\')
            byte = escape_decode(&text);
        // An escape that took the closing quote has left the value behind.
        if (byte < 0 || text > end)
            return -EINVAL;
        entry->value[entry->length++] = (char)byte;
    }
    entry->value[entry->length] = '\0';
    return 0;
}

static int line_decode(const char *line, struct xsls_entry *entry) {
    const char *equals = strstr(line, " = ");

    if (!equals || equals == line)
        return -EINVAL;
    entry->path = strndup(line, (size_t)(equals - line));
    if (!entry->path)
        return -ENOMEM;
    return value_decode(equals + 3, entry);
}

static void entry_done(struct xsls_entry *entry) {
    free(entry->path);
    free(entry->value);
}

static int line_add(const char *line, struct xsls *tree) {
    struct xsls_entry entry = {0};
    struct xsls_entry *grown;
    int rc = line_decode(line, &entry);

    if (rc < 0)
        goto out;
    grown = reallocarray(tree->entries, tree->nr + 1, sizeof(*grown));
    if (!grown) {
        rc = -ENOMEM;
        goto out;
    }
    tree->entries = grown;
    grown[tree->nr++] = entry;
out:
    if (rc < 0)
        entry_done(&entry);
    return rc;
}

int xsls_parse(const char *text, struct xsls *tree, struct error *err) {
    CLEANUP(cleanup_free) char *copy = strdup(text);
    char *rest = copy;
    unsigned int number = 0;
    char *line;
    int rc;

    if (!copy)
        return error_set(err, ENOMEM, "reading a tree: out of memory");
    while ((line = strsep(&rest, "\n"))) {
        number++;
        if (*line == '\0' || *line == '#')
            continue;
        rc = line_add(line, tree);
        if (rc < 0)
            return error_set(err, -rc, "line %u: not of the form path = \"value\"", number);
    }
    return 0;
}

int xsls_read(const char *file, struct xsls *tree, struct error *err) {
    CLEANUP(cleanup_fclose) FILE *stream = fopen(file, "re");
    CLEANUP(cleanup_free) char *text = NULL;
    size_t size = 0;

    if (!stream)
        return error_set(err, errno, "%s: %s", file, strerror(errno));
    // A NUL never comes in such a file, so this reads all of it.
    if (getdelim(&text, &size, '\0', stream) < 0)
        return error_set(err, EIO, "%s: empty or unreadable", file);
    if (xsls_parse(text, tree, err) < 0)
        return error_prefix(err, "%s", file);
    return 0;
}

const char *xsls_value(const struct xsls *tree, const char *path) {
    for (size_t i = tree->nr; i > 0; i--) {
        if (strcmp(tree->entries[i - 1].path, path) == 0)
            return tree->entries[i - 1].value;
    }
    return NULL;
}

void xsls_done(struct xsls *tree) {
    for (size_t i = 0; i < tree->nr; i++)
        entry_done(&tree->entries[i]);
    free(tree->entries);
    *tree = (struct xsls){0};
}
