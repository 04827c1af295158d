// Where the frames of a PV guest lie in the machine.
#ifndef MEMORY_MACHINE_FRAMES_H
#define MEMORY_MACHINE_FRAMES_H

#include <xenctrl.h>
#include <xenguest.h>

#include "lib/util/error.h"

// Prepares the domain of a PV image for its memory: tells Xen how wide the guest's addresses are,
// which is known once the image is parsed and cannot be changed once there is memory, and gives the
// image its list of machine frames, dom->pv_p2m, for dom->p2m_size frames that have none yet.
int machine_frames_prepare(struct xc_dom_image *dom, struct error *err);

#endif
