// Administrators write node lists by hand into platform keys, and the order of a list decides where
// a guest's memory goes. So parsing is strict: what could be a typing mistake (a node named twice,
// a range that runs backwards, blanks) is refused with the words at fault instead of being guessed
// at.
//
// A struct nodelist never holds an id twice nor one that is out of range, so it always fits.

#include "lib/numa/nodeset.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

void nodelist_add(struct nodelist *list, unsigned node) {
    list->node[list->nr++] = (uint8_t)node;
}

nodeset nodelist_set(const struct nodelist *list) {
    nodeset set = 0;

    for (unsigned i = 0; i < list->nr; i++)
        set |= nodeset_of(list->node[i]);
    return set;
}

// Reads digits at *text and moves behind them. An id that is too large to matter stops growing, so
// that any number of digits is harmless.
static int id_parse(const char **text, unsigned *ret) {
    unsigned id = 0;

    if (!isdigit((unsigned char)**text))
        return -EINVAL;
    for (; isdigit((unsigned char)**text); ++*text)
        if (id < HOST_MAX_NODES)
            id = id * 10 + (unsigned)(**text - '0');
    if (id >= HOST_MAX_NODES)
        return -ERANGE;
    *ret = id;
    return 0;
}

// Reads one id or range from the `length` characters at `item`.
static int item_parse(const char *item, int length, unsigned *first, unsigned *last,
                      struct error *err) {
    const char *p = item;
    int rc = id_parse(&p, first);

    *last = *first;
    if (!rc && *p == '-') {
        p++;
        rc = id_parse(&p, last);
    }
    if (rc == -ERANGE)
        return error_set(err, ERANGE, "\"%.*s\" is beyond %d, the highest node id", length, item,
                         HOST_MAX_NODES - 1);
    if (rc || p != item + length)
        return error_set(err, EINVAL, "\"%.*s\" is not a node or a range of nodes", length, item);
    if (*last < *first)
        return error_set(err, EINVAL, "\"%.*s\" runs backwards", length, item);
    return 0;
}

int nodelist_parse(const char *text, struct nodelist *ret, struct error *err) {
    struct nodelist list = {0};
    const char *item = text;

    for (;;) {
        int length = (int)strcspn(item, ",");
        unsigned first = 0;
        unsigned last = 0;
        int rc = item_parse(item, length, &first, &last, err);

        if (rc)
            return rc;
        for (unsigned node = first; node <= last; node++) {
            if (nodeset_has(nodelist_set(&list), node))
                return error_set(err, EINVAL, "node %u is named twice in \"%s\"", node, text);
            nodelist_add(&list, node);
        }
        if (!item[length])
            break;
        item += length + 1;
    }
    *ret = list;
    return 0;
}

struct node_text nodelist_text(const struct nodelist *list) {
    struct node_text text = {.s = "none"};
    size_t used = 0;

    for (unsigned i = 0, end; i < list->nr; i = end) {
        for (end = i + 1; end < list->nr && list->node[end] == list->node[end - 1] + 1; end++)
            ;
        if (i > 0)
            text.s[used++] = ',';
        used += (size_t)snprintf(text.s + used, sizeof(text.s) - used, "%u", list->node[i]);
        if (end > i + 1)
            used +=
                (size_t)snprintf(text.s + used, sizeof(text.s) - used, "-%u", list->node[end - 1]);
    }
    return text;
}

struct node_text nodeset_text(nodeset set) {
    struct nodelist list = {0};

    for (; set; set &= set - 1)
        nodelist_add(&list, nodeset_first(set));
    return nodelist_text(&list);
}
