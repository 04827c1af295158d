// The command line: from argv to a request.
//
// Options are long and take one or two dashes, their value behind a blank or '='; a unique prefix
// of a name will do. Of a repeated option the last counts, but for -cmdline and -module. Words that
// are no options are ignored. Compatible with all variants of the xenguest that xenopsd knows.
#ifndef XENGUEST_OPTIONS_H
#define XENGUEST_OPTIONS_H

#include <stdbool.h>
#include <stdio.h>

#include "lib/util/error.h"
#include "xenguest/request.h"

enum options_outcome {
    OPTIONS_RUN,      // run the mode
    OPTIONS_SUPPORTS, // answer request->supports and exit
    OPTIONS_HELP,
    OPTIONS_VERSION,
};

// Says whether there is a mode of that name.
typedef bool options_is_mode(const char *name);

// Parses argv. Returns an outcome, or a negative errno with a text that names the option; *request
// is filled with what stood before the option at fault, so that the error can be reported the way
// the caller asked for. -supports, -help and -version end the parsing where they stand.
int options_parse(int argc, char **argv, options_is_mode *is_mode, struct request *request,
                  struct error *err);

// Returns 0 if the option called `name` was given a value, else -EINVAL with a text that says so.
int options_require(const struct request *request, const char *name, struct error *err);

// Whether the capability in question is offered.
bool options_supports(const char *word);

// True if the option called `name` was given, whatever its value.
bool options_given(const struct request *request, const char *name);

// Prints the help text but for the modes, which are to follow.
void options_help(FILE *out);

#endif
