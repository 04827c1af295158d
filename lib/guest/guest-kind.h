// Kinds of guests, to be or-ed where there may be several.
#ifndef GUEST_GUEST_KIND_H
#define GUEST_GUEST_KIND_H

enum guest_kind {
    GUEST_HVM = 1, // with a device model
    GUEST_PVH = 2,
    GUEST_PV = 4,
};

#endif
