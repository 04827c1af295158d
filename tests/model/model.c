// Which Xen is modelled, as one table; everything else of the machine is filled in by its owner.

#include "tests/model/model.h"

#include <stdio.h>

#define SCHEDULER_CREDIT 5 // XEN_SCHEDULER_CREDIT; what XenServer boots with

static const struct model_config releases[MODEL_RELEASE_COUNT] = {
    [MODEL_XEN_4_17] =
        {
            .major = 4,
            .minor = 17,
            .claims = MODEL_CLAIMS_HOST,
        },
    // Its claims are those of 4.17, while its populate is that of 4.22.
    [MODEL_XCP_NG_8_3] =
        {
            .major = 4,
            .minor = 17,
            .claims = MODEL_CLAIMS_HOST,
            .deferred_scrub = true,
            .scrub_freed = true,
        },
    [MODEL_XEN_4_22] =
        {
            .major = 4,
            .minor = 22,
            .claims = MODEL_CLAIMS_HOST,
            .claims_at_alloc = true,
            .deferred_scrub = true,
        },
    [MODEL_XENSERVER_9] =
        {
            .major = 4,
            .minor = 21,
            .claims = MODEL_CLAIMS_NODE,
            .claims_at_alloc = true,
            .deferred_scrub = true,
            .scrub_freed = true,
        },
};

void model_init(struct model *m, uint32_t nr_cells, enum model_release release) {
    m->config = releases[release];
    m->config.hap_1gb = m->config.hap_2mb = true;
    m->config.pv = true;
    m->config.max_order = HEAP_MAX_ORDER;
    m->config.scheduler = SCHEDULER_CREDIT;
    m->threads_per_core = 1;
    snprintf(m->config.command_line, sizeof(m->config.command_line), "model");
    cell_pool_init(&m->pool, nr_cells);
    m->layout = MODEL_LAYOUT;
    m->magic = MODEL_MAGIC;
}
