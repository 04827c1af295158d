// Reads are incremental, from a position that is taken before the keys are sent: so nothing older
// is mistaken for the answer, and the ring need not be cleared, which would take the boot messages
// from whoever wants them when a test has failed.

#include "tests/lab/toolstack/ring.h"

#include "lib/util/cleanup.h"

#include <errno.h>
#include <string.h>

#define RING_BYTES (1U << 20) // more than any ring: Xen's largest usual size is 128 KiB

// Reads on from *index to the end. Returns the number of bytes put into `buffer`, or -1.
static int64_t ring_read(struct toolstack *ts, char *buffer, uint32_t *index) {
    unsigned int total = 0;
    unsigned int nr;

    do {
        nr = RING_BYTES - total;
        if (xc_readconsolering(ts->xch, buffer + total, &nr, 0, 1, index) < 0)
            return -1;
        total += nr;
    } while (nr > 0 && total < RING_BYTES);
    return total;
}

int ring_debug_keys(struct toolstack *ts, const char *keys, char **ret, struct error *err) {
    CLEANUP(cleanup_free) char *buffer = malloc(RING_BYTES + 1);
    uint32_t index = 0;
    int64_t length;

    if (!buffer)
        return error_set(err, ENOMEM, "out of memory");
    if (ring_read(ts, buffer, &index) < 0)
        return error_set(err, errno, "xc_readconsolering: %s", strerror(errno));
    // The handlers have run when the call returns.
    if (xc_send_debug_keys(ts->xch, keys) < 0)
        return error_set(err, errno, "xc_send_debug_keys: %s", strerror(errno));
    length = ring_read(ts, buffer, &index);
    if (length < 0)
        return error_set(err, errno, "xc_readconsolering: %s", strerror(errno));
    buffer[length] = '\0';
    *ret = take_ptr(buffer);
    return 0;
}
