// Each kind of finding is turned into what a picture has: pieces of a guest, and who uses the
// nodes.

#include "xenguest/drawing.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/util/cleanup.h"
#include "lib/view/picture.h"
#include "xenguest/output-file.h"

// A picture in the making.
struct drawing {
    struct picture picture;
    char title[128], subtitle[1024];
    struct picture_use *use;
    struct piece pieces[HOST_MAX_NODES + 1];
    char (*names)[24];
};

static void drawing_done(struct drawing *drawing) {
    free(drawing->use);
    free(drawing->names);
}

static int allocate(struct drawing *drawing, size_t nr_users, struct error *err) {
    drawing->use = calloc((nr_users + 1) * HOST_MAX_NODES, sizeof(*drawing->use));
    drawing->names = calloc(nr_users + 1, sizeof(*drawing->names));
    if (!drawing->use || !drawing->names)
        return error_set(err, ENOMEM, "no memory for the picture");
    drawing->picture.use = drawing->use;
    drawing->picture.title = drawing->title;
    drawing->picture.subtitle = drawing->subtitle;
    return 0;
}

static void add_use(struct drawing *drawing, unsigned node, const char *who, uint64_t pages,
                    bool highlighted) {
    if (pages)
        drawing->use[drawing->picture.nr_use++] =
            (struct picture_use){node, who, pages, highlighted};
}

static void write_picture(const void *context, FILE *out) {
    picture_write(context, out);
}

static uint64_t minus(uint64_t a, uint64_t b) {
    return a > b ? a - b : 0;
}

// --- a plan ---

int drawing_of_preview(const struct preview *preview, const char *path, struct error *err) {
    CLEANUP(drawing_done) struct drawing drawing = {.use = NULL};
    const struct preview_guest *first = &preview->guest[0];
    bool one = preview->wanted == 1;

    if (allocate(&drawing, preview->nr, err))
        return -err->code;
    snprintf(drawing.title, sizeof(drawing.title), "plan: %zu guest%s of %" PRIu64 " MiB",
             preview->nr, preview->nr == 1 ? "" : "s", preview->max_mib);
    snprintf(drawing.subtitle, sizeof(drawing.subtitle), "%u vCPUs%s%s; numa-policy=%s",
             preview->nr_vcpus, one ? " on nodes " : "",
             one ? nodeset_text(first->plan.cpus.nodes).s : "",
             policy_value(&preview->policy, POLICY_KEY_POLICY).s);
    drawing.picture.host = &preview->before;
    if (one) {
        drawing.picture.pieces = first->plan.pieces.list;
        drawing.picture.nr_pieces = first->plan.pieces.nr;
        drawing.picture.by_address = true;
    }
    for (unsigned node = 0; node < HOST_MAX_NODES; node++) {
        const struct host_node *before = &preview->before.node[node];

        add_use(&drawing, node, "others", minus(before->size_pages, before->free_pages), false);
        for (size_t i = 0; i < preview->nr; i++)
            add_use(&drawing, node, "guest", preview->guest[i].plan.node_pages[node], true);
    }
    return output_file_write(path, write_picture, &drawing.picture, err);
}

// --- what is there ---

// What came from where, one after the other, as the addresses are not known.
static void add_pieces(struct drawing *drawing, const uint64_t pages[HOST_MAX_NODES],
                       uint64_t anywhere) {
    struct picture *picture = &drawing->picture;
    uint64_t gfn = 0;

    picture->pieces = drawing->pieces;
    for (unsigned i = 0; i <= HOST_MAX_NODES; i++) {
        uint64_t nr = i < HOST_MAX_NODES ? pages[i] : anywhere;

        if (!nr)
            continue;
        drawing->pieces[picture->nr_pieces++] =
            (struct piece){.node = i < HOST_MAX_NODES ? (int)i : ASSIGN_NO_NODE,
                           .gfn = gfn,
                           .run_pages = nr,
                           .nr_runs = 1};
        gfn += nr;
    }
}

static void add_domains(struct drawing *drawing, const struct show *show, unsigned node) {
    uint64_t rest = minus(show->host.node[node].size_pages, show->host.node[node].free_pages);

    for (size_t i = 0; i < show->nr; i++) {
        const struct standing *standing = &show->domain[i].standing;

        snprintf(drawing->names[i], sizeof(drawing->names[i]), "domain %" PRIu32, standing->domid);
        add_use(drawing, node, drawing->names[i], standing->node_pages[node], show->one_domain);
        rest = minus(rest, standing->node_pages[node]);
    }
    add_use(drawing, node, "others", rest, false);
}

int drawing_of_show(const struct show *show, const char *path, struct error *err) {
    CLEANUP(drawing_done) struct drawing drawing = {.use = NULL};

    if (allocate(&drawing, show->nr, err))
        return -err->code;
    snprintf(drawing.title, sizeof(drawing.title), "memory by node");
    snprintf(drawing.subtitle, sizeof(drawing.subtitle), "%zu domains", show->nr);
    drawing.picture.host = &show->host;
    if (show->one_domain && show->nr) {
        const struct standing *standing = &show->domain[0].standing;

        snprintf(drawing.title, sizeof(drawing.title), "domain %" PRIu32 " %s", standing->domid,
                 show->domain[0].name);
        snprintf(drawing.subtitle, sizeof(drawing.subtitle), "%u vCPUs on nodes %s",
                 standing->domain.nr_vcpus, nodeset_text(standing->cpus.nodes).s);
        add_pieces(&drawing, standing->node_pages, 0);
    }
    for (unsigned node = 0; node < HOST_MAX_NODES; node++)
        add_domains(&drawing, show, node);
    return output_file_write(path, write_picture, &drawing.picture, err);
}

int drawing_of_record(const struct record *record, const char *path, struct error *err) {
    CLEANUP(drawing_done) struct drawing drawing = {.use = NULL};
    struct host host = {.nr_nodes = HOST_MAX_NODES, .flat = true};
    uint64_t pages[HOST_MAX_NODES] = {0};

    if (allocate(&drawing, 1, err))
        return -err->code;
    snprintf(drawing.title, sizeof(drawing.title), "a guest of %.1f MiB",
             (double)record->pages / (double)HOST_PAGES_PER_MIB);
    snprintf(drawing.subtitle, sizeof(drawing.subtitle), "vCPUs on nodes %s; numa-policy=%s",
             nodeset_text(record->cpu_nodes).s, record->policy);
    for (unsigned i = 0; i < record->nr_nodes; i++) {
        unsigned node = record->node[i].node;

        pages[node] = record->node[i].pages;
        host.node[node].online = true;
        add_use(&drawing, node, "guest", pages[node], true);
    }
    drawing.picture.host = &host;
    add_pieces(&drawing, pages, record->anywhere_pages);
    return output_file_write(path, write_picture, &drawing.picture, err);
}
