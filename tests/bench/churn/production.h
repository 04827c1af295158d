// lib/numa/equals.c under other names, beside the rules that stand in its place here.
#ifndef CHURN_PRODUCTION_H
#define CHURN_PRODUCTION_H

#include <stdint.h>

#include "lib/numa/equals.h"

int production_compare(const struct equals *a, const struct equals *b);
int production_compare_neighbours(uint64_t a_pages, uint64_t b_pages);

#endif
