// The rule that the program really has is compiled from its own source, so that what is measured as
// ours is ours.

#include "tests/bench/churn/production.h"

#define equals_compare production_compare
#define equals_compare_neighbours production_compare_neighbours
#include "lib/numa/equals.c" // NOLINT(bugprone-suspicious-include)
