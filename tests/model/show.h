// The machine's state as text, for tests to read. One fact per line, words separated by blanks.
#ifndef MODEL_SHOW_H
#define MODEL_SHOW_H

#include "tests/model/model.h"

#include <stdio.h>

// host, node, claim and domain lines; see show.c for their forms.
void show_host(struct model *m, FILE *out);
void show_domain(struct model *m, const struct domain *d, FILE *out);

// A line `vcpu N online 0|1 hard CPUS soft CPUS` for each vCPU, masks as lists like 0-3,8 of CPUs
// that the host has.
void show_vcpus(const struct model *m, const struct domain *d, FILE *out);

// The nodes below `path` in the format of `xenstore-ls -f`, or `-fp` with permissions.
void show_store(const struct store *store, const char *path, bool perms, FILE *out);

#endif
