// The command line: from argv to a request.
//
// Options are long and take one or two dashes, their value behind a blank or '='; a unique prefix
// of a name will do. Of a repeated option the last counts, but for -cmdline and -module. Words that
// are no options are ignored. Compatible with all variants of the xenguest that xenopsd knows.
#ifndef XENGUEST_OPTIONS_H
#define XENGUEST_OPTIONS_H

#include <stdio.h>

#include "lib/util/error.h"
#include "xenguest/request.h"

enum options_outcome {
    OPTIONS_RUN,      // run request->mode
    OPTIONS_SUPPORTS, // answer request->supports and exit
    OPTIONS_HELP,
    OPTIONS_VERSION,
};

// Parses argv. Returns an outcome, or a negative errno with a text that names the option; *request
// is filled with what stood before the option at fault, so that the error can be reported the way
// the caller asked for. -supports, -help and -version end the parsing where they stand.
int options_parse(int argc, char **argv, struct request *request, struct error *err);

// Returns 0 if the option called `name` was given a value, else -EINVAL with a text that says so.
int options_require(const struct request *request, const char *name, struct error *err);

// Whether the capability in question is offered.
bool options_supports(const char *word);

// Prints the help text.
void options_help(FILE *out);

#endif
