// A guest takes what it sees of its nodes for granted: its scheduler keeps threads of one socket
// together, its allocator fills one node after the other. So sockets and nodes must not cut each
// other, and each vCPU has the same share of memory next to it.

#include "lib/numa/virtual.h"

#include <errno.h>
#include <stdbool.h>

#define SUPERPAGE_PAGES 512ULL
#define GIB_PAGES (512 * SUPERPAGE_PAGES)
#define MIN_PAGES (VNODES_MIN_MIB * HOST_PAGES_PER_MIB)

// --- vCPUs ---

// Gives `units` to vnodes [first, first + nr) in proportion to the weights, at least one to each:
// in turn to the one that is farthest behind its share, of equals the first.
static void apportion(unsigned units, unsigned unit, const uint64_t *weights, unsigned first,
                      unsigned nr, struct vnodes *vnodes) {
    unsigned given[VNODES_MAX] = {0};
    uint64_t sum = 0;

    for (unsigned i = 0; i < nr; i++) {
        sum += weights ? weights[first + i] : 1;
        given[i] = 1;
    }
    for (unsigned left = units - nr; left; left--) {
        unsigned behind = 0;
        __int128 most = 0;

        for (unsigned i = 0; i < nr; i++) {
            __int128 lack =
                (__int128)(weights ? weights[first + i] : 1) * units - (__int128)given[i] * sum;

            if (i == 0 || lack > most) {
                behind = i;
                most = lack;
            }
        }
        given[behind]++;
    }
    for (unsigned i = 0; i < nr; i++)
        vnodes->vnode[first + i].nr_vcpus = unit * given[i];
}

static int check_number(const struct virtual_guest *guest, unsigned nr, struct error *err) {
    if (guest->nr_vcpus > VNODES_MAX_VCPUS)
        return error_set(err, EINVAL,
                         "the guest has %u vCPUs, and hvmloader tells the nodes of %d at most",
                         guest->nr_vcpus, VNODES_MAX_VCPUS);
    if (nr > VNODES_MAX)
        return error_set(err, EINVAL, "%u vnodes are more than the %d that Xen takes", nr,
                         VNODES_MAX);
    if (nr > guest->nr_vcpus)
        return error_set(err, EINVAL, "%u vnodes are more than the guest's %u vCPUs", nr,
                         guest->nr_vcpus);
    return 0;
}

int virtual_divide(const struct virtual_guest *guest, const uint64_t *weights, unsigned nr,
                   struct vnodes *vnodes, struct error *err) {
    unsigned cores = guest->cores_per_socket ? guest->cores_per_socket : 1;
    unsigned sockets = guest->nr_vcpus / cores;
    int rc = check_number(guest, nr, err);

    if (rc)
        return rc;
    vnodes->nr = nr;
    vnodes->low_pages = guest->low_pages;
    if (nr <= sockets) {
        apportion(sockets, cores, weights, 0, nr, vnodes);
        return 0;
    }
    for (unsigned socket = 0; socket < sockets; socket++) {
        unsigned first = socket * nr / sockets;

        apportion(cores, 1, weights, first, (socket + 1) * nr / sockets - first, vnodes);
    }
    return 0;
}

// --- memory ---

// Frames are counted here without the hole.
struct sizing {
    const struct virtual_guest *guest;
    const struct vnodes *vnodes;
    uint64_t exact[VNODES_MAX + 1]; // where each vnode would begin, and the last end
    uint64_t border[VNODES_MAX + 1];
};

static uint64_t difference(uint64_t a, uint64_t b) {
    return a > b ? a - b : b - a;
}

// The nearest frame whose address is a multiple of `align` pages, or the hole. Below the hole and
// above it the count of frames begins at such a multiple.
static uint64_t nearest(const struct virtual_guest *guest, uint64_t exact, uint64_t align) {
    uint64_t begin = exact < guest->low_pages ? 0 : guest->low_pages;
    uint64_t end = exact < guest->low_pages ? guest->low_pages : UINT64_MAX;
    uint64_t down = begin + (exact - begin) / align * align;
    uint64_t up = end - down < align ? end : down + align;

    return exact - down <= up - exact ? down : up;
}

static bool is_near(const struct sizing *s, unsigned i, uint64_t border) {
    uint64_t before = s->exact[i] - s->exact[i - 1];
    uint64_t behind = s->exact[i + 1] - s->exact[i];

    return difference(border, s->exact[i]) * VIRTUAL_SLACK <= (before < behind ? before : behind);
}

static void place_borders(struct sizing *s, bool large) {
    s->border[0] = 0;
    s->border[s->vnodes->nr] = s->guest->nr_pages;
    for (unsigned i = 1; i < s->vnodes->nr; i++) {
        uint64_t border = nearest(s->guest, s->exact[i], GIB_PAGES);

        if (!large || !is_near(s, i, border))
            border = nearest(s->guest, s->exact[i], SUPERPAGE_PAGES);
        s->border[i] = border < s->guest->nr_pages ? border : s->guest->nr_pages;
    }
}

// What the vnodes' own nodes lack.
static uint64_t shortage(const struct sizing *s, const uint64_t room[HOST_MAX_NODES]) {
    uint64_t pages[HOST_MAX_NODES] = {0}, sum = 0;

    for (unsigned i = 0; i < s->vnodes->nr; i++)
        pages[s->vnodes->vnode[i].node] += s->border[i + 1] - s->border[i];
    for (unsigned n = 0; n < HOST_MAX_NODES; n++)
        sum += pages[n] > room[n] ? pages[n] - room[n] : 0;
    return sum;
}

int virtual_size(const struct virtual_guest *guest, const uint64_t room[HOST_MAX_NODES],
                 struct vnodes *vnodes, struct error *err) {
    struct sizing s = {.guest = guest, .vnodes = vnodes};
    unsigned vcpus = 0;
    uint64_t least;

    for (unsigned i = 0; i < vnodes->nr; i++) {
        vcpus += vnodes->vnode[i].nr_vcpus;
        s.exact[i + 1] = (uint64_t)((unsigned __int128)guest->nr_pages * vcpus / guest->nr_vcpus);
    }
    place_borders(&s, false);
    least = shortage(&s, room);
    place_borders(&s, true);
    if (shortage(&s, room) > least)
        place_borders(&s, false);
    for (unsigned i = 0; i < vnodes->nr; i++) {
        vnodes->vnode[i].nr_pages = s.border[i + 1] - s.border[i];
        if (s.border[i + 1] < s.border[i] + MIN_PAGES)
            return error_set(err, EINVAL,
                             "vnode %u would have less than %d MiB of memory, which Linux ignores",
                             i, VNODES_MIN_MIB);
    }
    return 0;
}

// --- lists ---

int virtual_check(const struct virtual_guest *guest, const struct vnodes *vnodes,
                  struct error *err) {
    uint64_t pages = 0;
    unsigned vcpus = 0;
    int rc = check_number(guest, vnodes->nr, err);

    if (rc)
        return rc;
    for (unsigned i = 0; i < vnodes->nr; i++) {
        vcpus += vnodes->vnode[i].nr_vcpus;
        pages += vnodes->vnode[i].nr_pages;
    }
    if (vcpus != guest->nr_vcpus)
        return error_set(err, EINVAL, "its vnodes have %u vCPUs, but the guest has %u", vcpus,
                         guest->nr_vcpus);
    if (pages != guest->nr_pages)
        return error_set(err, EINVAL, "its vnodes have %llu MiB, but the guest has %llu MiB",
                         (unsigned long long)(pages / HOST_PAGES_PER_MIB),
                         (unsigned long long)(guest->nr_pages / HOST_PAGES_PER_MIB));
    return 0;
}
