// Writing a guest to a migration stream, which libxenguest does.
#ifndef MIGRATION_SAVE_STREAM_H
#define MIGRATION_SAVE_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include <xenctrl.h>

#include "lib/util/error.h"

enum save_next { SAVE_COPY_ON, SAVE_SUSPEND, SAVE_ABANDON };

// How far a live save is. The guest writes to its memory meanwhile.
struct save_progress {
    unsigned iteration;
    uint64_t written_pages; // sent so far
    int64_t dirty_pages;    // still to be sent; negative: not known now
};

struct save_stream {
    xc_interface *xch;
    uint32_t domid;
    int fd;
    bool live;   // the guest runs while most of its memory is sent
    bool verify; // all of the memory is sent once more at the end of a live save, to be compared
    // Has the guest suspended, and returns when it is; 0, or a negative errno with its error set.
    int (*suspend)(void *context, struct error *err);
    // Asked before and after each pass of a live save; NULL: five passes at most, or until few
    // pages are left, as libxenguest decides.
    enum save_next (*next)(void *context, const struct save_progress *progress);
    void *context;
};

// Saves the guest, which is suspended afterwards, also after some failures.
int save_stream_write(const struct save_stream *stream, struct error *err);

#endif
