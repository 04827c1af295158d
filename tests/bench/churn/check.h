// What must hold for any simulation: the short form for `make check`.
#ifndef CHURN_CHECK_H
#define CHURN_CHECK_H

#include <stdbool.h>

// Runs the checks and prints "N passed, N failed". `expected`: the file with the counts of before;
// `update`: writes them anew instead of comparing. Returns the number of failures.
int check_all(const char *expected, bool update);

#endif
