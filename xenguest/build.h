// What all builds of guests do, around what differs between the kinds of guests.
#ifndef XENGUEST_BUILD_H
#define XENGUEST_BUILD_H

#include <stdint.h>

#include <xenctrl.h>
#include <xenguest.h>

#include "lib/guest/cpu-policy.h"
#include "lib/guest/image.h"
#include "lib/guest/platform.h"
#include "lib/memory/layout.h"
#include "lib/placement/guest-memory.h"
#include "lib/util/error.h"
#include "xenguest/control.h"
#include "xenguest/guest-setup.h"
#include "xenguest/session.h"

struct build {
    struct session *session;
    const struct request *request;
    uint32_t domid;
    struct platform platform;
    struct cpu_features features;
    struct layout layout;
    struct guest_memory memory;
    struct xc_dom_image *dom; // NULL: not allocated yet
    void *own;                // what belongs to this kind of guest
};

typedef int build_step(struct build *build, struct error *err);

// A kind of guest: its steps in their order; NULL: nothing to do. Nothing is populated before
// `publish_layout`.
struct build_kind {
    enum guest_kind guest;
    build_step *check;       // whether there can be such a guest; before anything else is looked at
    build_step *make_layout; // from the settings
    build_step *load_image;  // the image is allocated: gives it kernel and modules, parses it
    build_step *publish_layout; // tells Xen and the toolstack of the layout
    build_step *set_parameters; // the guest is in its memory
};

// Builds the guest that session->request describes. On failure the domain keeps what it was given
// so far, for its destruction to free.
int build_run(struct session *session, const struct build_kind *kind,
              enum reservation_purpose purpose, void *own, struct control_result *ret,
              struct error *err);

#endif
