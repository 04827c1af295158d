// Notes each call with all its arguments, as a line in the file XENGUEST_NOTES, and makes
// upstream's. What the patched library does with the number of cores per socket is left out: any
// topology in the guest's CPU policy is then the program's own doing.

#include "tests/system/patched/patched.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#undef xc_cpuid_apply_policy

static void print_words(FILE *file, const uint32_t *words, unsigned nr) {
    fprintf(file, "%u words", nr);
    for (unsigned i = 0; i < nr; i++)
        fprintf(file, "%c%x", i ? '-' : ' ', words[i]);
}

int patched_cpuid_apply_policy(xc_interface *xch, uint32_t domid, bool restore,
                               const uint32_t *featureset, unsigned nr_features, bool pae,
                               bool itsc, bool nested_virt, unsigned cores_per_socket,
                               const struct xc_xend_cpuid *cpuid, const struct xc_msr *msr) {
    const char *path = getenv("XENGUEST_NOTES");
    FILE *file = path ? fopen(path, "ae") : NULL;

    if (!file)
        return -ENOENT;
    fprintf(file, "domain %u, restore %d, ", domid, restore);
    print_words(file, featureset, nr_features);
    fprintf(file, ", pae %d, itsc %d, nested %d, cores %u, %s, %s\n", pae, itsc, nested_virt,
            cores_per_socket, cpuid ? "CPUID" : "no CPUID", msr ? "MSRs" : "no MSRs");
    fclose(file);
    return xc_cpuid_apply_policy(xch, domid, restore, featureset, nr_features, pae, itsc,
                                 nested_virt, cpuid, msr);
}
