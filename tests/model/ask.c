// Calls libxenctrl, as the program does: ask-host.c what the installed one has. The others ask what
// it has no function for and are linked with tests/model/numa-api, or with tests/model/claim-api in
// one of its drafts.
//
// Prints what the call wrote, then its result: `0` or `-1 ERRNO`.

#include "tests/model/ask.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv) {
    const struct ask_command *command = ask_commands;
    xc_interface *xch;
    int r;

    while (argc > 1 && command->name && strcmp(command->name, argv[1]) != 0)
        command++;
    if (argc < 2 || !command->name || argc < 2 + command->nr) {
        fputs("usage: ask COMMAND ARGUMENT...; see ask-*.c\n", stderr);
        return 2;
    }
    xch = xc_interface_open(NULL, NULL, 0);
    if (!xch)
        return 1;
    r = command->run(xch, argv + 2);
    printf(r ? "%d %s\n" : "%d\n", r, strerrorname_np(errno));
    xc_interface_close(xch);
    return 0;
}
