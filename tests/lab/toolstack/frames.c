// Xen scrubs what a dying domain leaves, and scrubbing touches: on an emulated host, a filler that
// has held most of a node would on its end take that much of the machine below. What a living
// domain gives back is not scrubbed. Nobody can be asked later which frames a PV domain has, so
// `fill` leaves them in a file and `destroy` gives them back first.

#include "tests/lab/toolstack/frames.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int frames_give_back(struct toolstack *ts, const struct frames *f, uint64_t index,
                     struct error *err) {
    while (index < f->nr) {
        uint64_t nr = f->nr - index < FRAMES_BATCH ? f->nr - index : FRAMES_BATCH;

        if (xc_domain_decrease_reservation_exact(ts->xch, f->domid, nr, f->order,
                                                 f->first + index) < 0)
            return error_set(err, errno, "xc_domain_decrease_reservation: %s", strerror(errno));
        index += nr;
    }
    return 0;
}

static void path_format(uint32_t domid, char path[40]) {
    snprintf(path, 40, "/run/toolstack-%u.frames", domid);
}

int frames_save(const struct frames *f, struct error *err) {
    char path[40];
    FILE *stream;
    bool written;

    path_format(f->domid, path);
    stream = fopen(path, "we");
    if (!stream)
        return error_set(err, errno, "%s: %s", path, strerror(errno));
    written = fwrite(f, sizeof(*f), 1, stream) == 1 &&
              fwrite(f->first, sizeof(*f->first), f->nr, stream) == f->nr;
    if (fclose(stream) != 0 || !written) {
        unlink(path);
        return error_set(err, ENOSPC, "%s: not written", path);
    }
    return 0;
}

static int frames_read(FILE *stream, struct frames *f) {
    if (fread(f, sizeof(*f), 1, stream) != 1)
        return -EIO;
    f->first = calloc(f->nr ? f->nr : 1, sizeof(*f->first));
    if (!f->first)
        return -ENOMEM;
    return fread(f->first, sizeof(*f->first), f->nr, stream) == f->nr ? 0 : -EIO;
}

int frames_release(struct toolstack *ts, uint32_t domid, struct error *err) {
    struct frames f = {0};
    char path[40];
    FILE *stream;
    int rc;

    path_format(domid, path);
    stream = fopen(path, "re");
    if (!stream)
        return 0;
    rc = frames_read(stream, &f);
    fclose(stream);
    if (rc < 0)
        error_set(err, -rc, "%s: %s", path, strerror(-rc));
    else
        rc = frames_give_back(ts, &f, 0, err);
    free(f.first);
    unlink(path);
    return rc;
}
