// Soft affinity comes first: Xen derives the domain's node affinity from it, which is then
// corrected where it is not what the memory says.

#include "lib/placement/follow.h"

// Where the vCPUs should run: on the nodes used that have CPUs, and on those named beside.
static nodeset cpu_nodes(const struct follow *follow) {
    nodeset cpus = follow->more_nodes;

    for (nodeset rest = follow->used; rest; rest &= rest - 1) {
        unsigned node = nodeset_first(rest);

        if (follow->host->node[node].nr_cpus)
            cpus |= nodeset_of(node);
    }
    return cpus;
}

int follow_memory(const struct follow *follow, nodeset *ret, struct error *err) {
    const struct policy *policy = follow->policy;
    nodeset cpus = cpu_nodes(follow);
    nodeset online = host_online_nodes(follow->host);
    struct affinity now;
    int rc;

    *ret = 0;
    if (policy->kind == POLICY_ANY || !follow->used || follow->host->flat)
        return 0;
    if (policy->vcpus == POLICY_VCPUS_FOLLOW && follow->vcpus_free && cpus && cpus != online) {
        rc = affinity_follow(follow->xch, follow->domid, follow->nr_vcpus, cpus, err);
        if (rc)
            return rc;
        *ret = cpus;
    }
    rc = affinity_read(follow->xch, follow->domid, follow->nr_vcpus, &now, err);
    if (rc || (now.domain_nodes & online) == follow->used)
        return rc;
    return affinity_set_nodes(follow->xch, follow->domid, follow->used, err);
}
