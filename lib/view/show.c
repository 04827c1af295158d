// What both forms have in common.

#include "lib/view/show.h"

#include <stdlib.h>

struct show_domain *show_add(struct show *show) {
    struct show_domain *grown = reallocarray(show->domain, show->nr + 1, sizeof(*show->domain));

    if (!grown)
        return NULL;
    show->domain = grown;
    grown[show->nr] = (struct show_domain){.source = SHOW_UNKNOWN};
    return &grown[show->nr++];
}

void show_done(struct show *show) {
    for (size_t i = 0; i < show->nr; i++)
        record_done(&show->domain[i].record);
    free(show->domain);
    *show = (struct show){.nr = 0};
}
