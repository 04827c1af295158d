// What holds for any policy, wherever it was read from.
#ifndef FUZZ_POLICIES_H
#define FUZZ_POLICIES_H

#include "lib/numa/policy.h"

// That its values are within their ranges and survive being written as text.
void policy_require_sound(const struct policy *policy);

// That both are the same.
void policy_require_same(const struct policy *a, const struct policy *b);

#endif
