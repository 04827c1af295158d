// What both forms have in common.

#include "lib/view/preview.h"

#include <stdlib.h>

struct preview_guest *preview_add(struct preview *preview) {
    struct preview_guest *grown =
        reallocarray(preview->guest, preview->nr + 1, sizeof(*preview->guest));

    if (!grown)
        return NULL;
    preview->guest = grown;
    grown[preview->nr] = (struct preview_guest){0};
    return &grown[preview->nr++];
}

void preview_done(struct preview *preview) {
    for (size_t i = 0; i < preview->nr; i++) {
        plan_done(&preview->guest[i].plan);
        warnings_done(&preview->guest[i].warnings);
        warnings_done(&preview->guest[i].notes);
    }
    free(preview->guest);
    error_done(&preview->refusal);
    *preview = (struct preview){0};
}

unsigned preview_mean_distance(const struct preview_guest *guest) {
    const struct plan *plan = &guest->plan;
    uint64_t sum = 0, pages = 0;

    for (unsigned node = 0; node < HOST_MAX_NODES; node++) {
        unsigned distance = plan_distance(plan, &guest->host, node);

        if (!plan->node_pages[node])
            continue;
        if (distance == PLAN_DISTANCE_UNKNOWN)
            return PLAN_DISTANCE_UNKNOWN;
        sum += plan->node_pages[node] * distance;
        pages += plan->node_pages[node];
    }
    if (!pages || plan->nodeless_pages)
        return PLAN_DISTANCE_UNKNOWN;
    return (unsigned)((sum + pages / 2) / pages);
}
