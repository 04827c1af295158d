// Checked arguments of commands.
#ifndef LAB_ARGUMENTS_H
#define LAB_ARGUMENTS_H

#include "lib/util/error.h"

#include <stdint.h>

// Reads argument `index` of a command, called `name` in errors, as a number within limits.
int argument_number(int argc, char **argv, int index, const char *name, int64_t min, int64_t max,
                    int64_t *ret, struct error *err);

// The same for a domid; dom0 is refused, no command has any business there.
int argument_domid(int argc, char **argv, int index, uint32_t *ret, struct error *err);

// Refuses arguments from `index` on.
int argument_end(int argc, char **argv, int index, struct error *err);

// Checks the text of option --`name` as a number within limits.
int option_number(const char *name, const char *text, int64_t min, int64_t max, int64_t *ret,
                  struct error *err);

// The sentence for an option that getopt_long refused.
int option_unknown(char **argv, int index, struct error *err);

#endif
