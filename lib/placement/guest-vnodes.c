// Who asks for a number of vnodes, or lists them, relies on the guest seeing them, so it is not
// built without. With `auto` it is, and told why.

#include "lib/placement/guest-vnodes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/memory/vnuma.h"
#include "lib/util/cleanup.h"

#define PAGE_SHIFT 12

static int refuse(struct guest_vnodes *vnodes, const struct error *why, struct error *err) {
    if (vnodes->policy->virtual_nodes != POLICY_VIRTUAL_AUTO)
        return error_set(err, why->code, "%s: %s",
                         policy_describe(vnodes->policy, POLICY_KEY_VIRTUAL).s, why->text);
    snprintf(vnodes->note, sizeof(vnodes->note), "the guest sees none of its nodes: %s", why->text);
    return 0;
}

static int describe_guest(struct guest_vnodes *vnodes, struct error *err) {
    const struct masks *masks = vnodes->masks;

    vnodes->vcpu_nodes = calloc(masks->nr_vcpus + 1UL, sizeof(*vnodes->vcpu_nodes));
    if (!vnodes->vcpu_nodes)
        return error_set(err, ENOMEM, "no memory for a virtual NUMA topology");
    for (unsigned nr = 0; nr < masks->nr_vcpus; nr++)
        vnodes->vcpu_nodes[nr] = masks_vcpu_nodes(masks, nr, vnodes->policy->vcpus);
    vnodes->guest = (struct virtual_guest){
        .nr_vcpus = masks->nr_vcpus,
        .cores_per_socket = vnodes->cores_per_socket,
        .low_pages = vnodes->layout->lowmem_end >> PAGE_SHIFT,
        .nr_pages = vnodes->layout->max_pages,
        .can_run = masks->hard_nodes,
        .vcpu_nodes = vnodes->vcpu_nodes,
    };
    return 0;
}

int guest_vnodes_prepare(struct guest_vnodes *vnodes, struct error *err) {
    CLEANUP(error_done) struct error why = {0};
    int rc = 0;

    if (vnodes->policy->virtual_nodes == POLICY_VIRTUAL_OFF)
        return 0;
    if (vnodes->pv)
        rc = error_set(&why, EINVAL,
                       "a PV guest cannot have virtual NUMA nodes, as nothing tells it of them");
    else if (vnodes->on_demand)
        rc = error_set(&why, EINVAL,
                       "a guest that is populated on demand (initial memory below the maximum) "
                       "cannot have virtual NUMA nodes");
    if (!rc && vnodes->xch)
        rc = vnuma_probe(vnodes->xch, vnodes->domid, vnodes->masks->nr_vcpus, &why);
    if (rc)
        return refuse(vnodes, &why, err);
    rc = describe_guest(vnodes, err);
    vnodes->wanted = !rc;
    return rc;
}

void guest_vnodes_foresee(struct guest_vnodes *vnodes, const struct plan *plan) {
    if (plan->note)
        snprintf(vnodes->note, sizeof(vnodes->note), "%s", plan->note);
}

int guest_vnodes_set(struct guest_vnodes *vnodes, const struct plan *plan, const struct host *host,
                     struct error *err) {
    CLEANUP(error_done) struct error why = {0};

    guest_vnodes_foresee(vnodes, plan);
    if (!plan->vnodes.nr)
        return 0;
    if (vnuma_set(vnodes->xch, vnodes->domid, &plan->vnodes, host, &why))
        return refuse(vnodes, &why, err);
    vnodes->told = true;
    return 0;
}

void guest_vnodes_done(struct guest_vnodes *vnodes) {
    free(vnodes->vcpu_nodes);
    vnodes->vcpu_nodes = NULL;
}
