// A bar for each node, all on one scale, and the distances beside them where there is room.

#include "lib/view/picture-parts.h"

#include <string.h>

#include "lib/numa/nodeset.h"
#include "lib/view/line.h"

#define ROW 26
#define BAR 18
#define MANY_NODES 8 // whose distances are not shown
#define CELL 22

static uint64_t used_on(const struct picture *picture, unsigned node) {
    uint64_t pages = 0;

    for (size_t i = 0; i < picture->nr_use; i++)
        pages += picture->use[i].node == node ? picture->use[i].pages : 0;
    return pages;
}

static uint64_t size_of(const struct picture *picture, unsigned node) {
    uint64_t used = used_on(picture, node), size = picture->host->node[node].size_pages;

    return size > used ? size : used;
}

// A record of a build has nothing but what the guest has there.
static bool sizes_are_known(const struct picture *picture) {
    for (nodeset rest = host_online_nodes(picture->host); rest; rest &= rest - 1)
        if (picture->host->node[nodeset_first(rest)].size_pages)
            return true;
    return false;
}

static uint64_t largest(const struct picture *picture) {
    uint64_t most = 1;

    for (nodeset rest = host_online_nodes(picture->host); rest; rest &= rest - 1) {
        uint64_t size = size_of(picture, nodeset_first(rest));

        most = size > most ? size : most;
    }
    return most;
}

static void draw_use(const struct picture_use *use, struct picture_box box, FILE *out) {
    if (use->highlighted) {
        picture_memory(out, box, (int)use->node, use->pages);
        return;
    }
    fprintf(out, "<rect x=\"%.2f\" y=\"%.1f\" width=\"%.2f\" height=\"%.1f\" class=\"o\"/>\n",
            box.x, box.y, box.width, box.height);
    if (box.width > 7.0 * (double)strlen(use->who))
        picture_text(out, box.x + box.width / 2, box.y + box.height / 2 + 3.5, "c", "%s", use->who);
}

static void draw_node(const struct picture *picture, unsigned node, double y, FILE *out) {
    double unit = PICTURE_SPAN / (double)largest(picture), x = PICTURE_LEFT;
    uint64_t size = size_of(picture, node), guest = 0;

    picture_text(out, PICTURE_LEFT - 8, y + 13, "e", "node %u", node);
    fprintf(out, "<rect x=\"%d\" y=\"%.1f\" width=\"%.2f\" height=\"%d\" class=\"f\"/>\n",
            PICTURE_LEFT, y, unit * (double)size, BAR);
    for (size_t i = 0; i < picture->nr_use; i++) {
        const struct picture_use *use = &picture->use[i];

        if (use->node != node || !use->pages)
            continue;
        draw_use(use, (struct picture_box){x, y, unit * (double)use->pages, BAR}, out);
        x += unit * (double)use->pages;
        guest += use->highlighted ? use->pages : 0;
    }
    if (guest && !sizes_are_known(picture))
        picture_text(out, PICTURE_LEFT + unit * (double)size + 6, y + 13, "s", "%.1f MiB",
                     (double)guest / VIEW_PAGES_PER_MIB);
    else if (guest)
        picture_text(out, PICTURE_LEFT + unit * (double)size + 6, y + 13, "s", "%.1f of %.0f MiB",
                     (double)guest / VIEW_PAGES_PER_MIB, (double)size / VIEW_PAGES_PER_MIB);
    else
        picture_text(out, PICTURE_LEFT + unit * (double)size + 6, y + 13, "s", "%.0f MiB",
                     (double)size / VIEW_PAGES_PER_MIB);
}

static void draw_distances(const struct picture *picture, double y, FILE *out) {
    nodeset nodes = host_online_nodes(picture->host);
    unsigned row = 1;

    picture_text(out, 16, y, "t", "distances, from a row's node to a column's; 10 is local");
    for (nodeset from = nodes; from; from &= from - 1, row++) {
        unsigned column = 1;

        picture_text(out, PICTURE_LEFT - 8, y + CELL * row + 14, "e", "node %u",
                     nodeset_first(from));
        for (nodeset to = nodes; to; to &= to - 1, column++) {
            unsigned distance = picture->host->distance[nodeset_first(from)][nodeset_first(to)];

            if (row == 1)
                picture_text(out, PICTURE_LEFT + CELL * 1.5 * column, y + 16, "e", "%u",
                             nodeset_first(to));
            picture_text(out, PICTURE_LEFT + CELL * 1.5 * column, y + CELL * row + 14, "e",
                         distance == HOST_DISTANCE_UNKNOWN ? "-" : "%u", distance);
        }
    }
}

static bool has_distances(const struct picture *picture) {
    unsigned nr = nodeset_count(host_online_nodes(picture->host));

    return nr > 1 && nr <= MANY_NODES && !picture->host->flat;
}

double picture_host_height(const struct picture *picture) {
    unsigned nr = nodeset_count(host_online_nodes(picture->host));

    return 40 + ROW * nr + (has_distances(picture) ? 40 + CELL * nr : 0);
}

void picture_host(const struct picture *picture, double y, FILE *out) {
    picture_text(out, 16, y + 14, "t",
                 sizes_are_known(picture)
                     ? "the host's nodes: grey is used by others, empty is free"
                     : "what it has of the host's nodes, whose sizes are not recorded");
    y += 26;
    for (nodeset rest = host_online_nodes(picture->host); rest; rest &= rest - 1) {
        draw_node(picture, nodeset_first(rest), y, out);
        y += ROW;
    }
    if (has_distances(picture))
        draw_distances(picture, y + 18, out);
}
