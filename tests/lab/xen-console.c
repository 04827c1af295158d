// Xen's console ring and debug keys, as `xl dmesg` and `xl debug-keys` have them, for scenarios,
// which ask for them all the time: in this emulation most of what a command takes is loading its
// libraries, of which xl has twenty. This one is linked statically where that can be done (lab.mk).
//
// usage: xen-console read         prints what is in the ring
//        xen-console clear        empties it
//        xen-console keys KEYS    has Xen run the handlers of these keys

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xenctrl.h>

#define CHUNK_BYTES 32768U

static int failed(const char *what) {
    fprintf(stderr, "xen-console: %s: %s\n", what, strerror(errno));
    return EXIT_FAILURE;
}

// Reads all that is in the ring. Xen forgets no more than what was read with `clear`.
static int read_ring(xc_interface *xch, bool clear) {
    static char chunk[CHUNK_BYTES];
    unsigned int nr;
    uint32_t index = 0;

    do {
        nr = CHUNK_BYTES;
        if (xc_readconsolering(xch, chunk, &nr, clear, 1, &index) < 0)
            return failed("xc_readconsolering");
        if (!clear)
            fwrite(chunk, 1, nr, stdout);
    } while (nr > 0);
    return fflush(stdout) ? failed("stdout") : EXIT_SUCCESS;
}

static int send_keys(xc_interface *xch, const char *keys) {
    return xc_send_debug_keys(xch, keys) < 0 ? failed("xc_send_debug_keys") : EXIT_SUCCESS;
}

int main(int argc, char **argv) {
    const char *what = argc > 1 ? argv[1] : "";
    xc_interface *xch = xc_interface_open(NULL, NULL, 0);
    int status;

    if (!xch)
        return failed("xc_interface_open");
    if (!strcmp(what, "read")) {
        status = read_ring(xch, false);
    } else if (!strcmp(what, "clear")) {
        status = read_ring(xch, true);
    } else if (!strcmp(what, "keys") && argc == 3) {
        status = send_keys(xch, argv[2]);
    } else {
        fprintf(stderr, "usage: xen-console read | clear | keys KEYS\n");
        status = 2;
    }
    xc_interface_close(xch);
    return status;
}
