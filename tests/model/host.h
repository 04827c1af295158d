// A machine made from a host description.
#ifndef MODEL_HOST_H
#define MODEL_HOST_H

#include "lib/numa/hostfile.h"
#include "lib/util/error.h"
#include "tests/model/model.h"

struct host_options {
    bool check_slit; // as Xen does: a matrix it would refuse becomes 10 and 20
};

// Fills in nodes, CPUs, distances, devices and memory of `m`, which model_init has set up; what Xen
// holds back for DMA follows `dma_bits=` on its command line. Memory begins at
// 1 MiB with the lowest node and has a hole from 2 to 4 GiB; it is as Xen leaves it after boot, all
// scrubbed but for the pages described as dirty, with the free extents that the file names, if it
// does. Returns 0, or a negative errno with an explanation.
int host_make(struct model *m, const struct hostfile *file, const struct host_options *options,
              struct error *err);

#endif
