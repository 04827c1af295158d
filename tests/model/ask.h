// What the tool `ask` of one stand-in for a library can call.
#ifndef MODEL_ASK_H
#define MODEL_ASK_H

#include <xenctrl.h>

// `argv` is what follows the name, `nr` strings at least, ended by NULL. Returns the call's result.
struct ask_command {
    const char *name;
    int nr;
    int (*run)(xc_interface *xch, char **argv);
};

// Ended by an entry without name.
extern const struct ask_command ask_commands[];

#endif
