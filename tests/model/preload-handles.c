// Handles that xc_interface_open and its users open but the build path never uses further. What is
// not defined here stays in the real libraries, whose devices do not exist: it fails there.

#include "tests/model/fault.h"
#include "tests/model/preload.h"

#include <errno.h>
#include <stddef.h>
#include <xendevicemodel.h>

struct xendevicemodel_handle {
    int users;
};

xendevicemodel_handle *xendevicemodel_open(struct xentoollog_logger *logger, unsigned open_flags) {
    static struct xendevicemodel_handle handle;
    struct fault fault = fault_event("open", "devicemodel");

    (void)logger;
    (void)open_flags;
    if (fault.code) {
        errno = fault.code;
        return NULL;
    }
    preload_hold(HELD_HANDLES, 1);
    return &handle;
}

int xendevicemodel_close(xendevicemodel_handle *dmod) {
    if (dmod)
        preload_hold(HELD_HANDLES, -1);
    return 0;
}
