// What all commands of the lab's toolstack share.
#ifndef LAB_TOOLSTACK_H
#define LAB_TOOLSTACK_H

#include "lib/util/error.h"

#include <xenctrl.h>
#include <xenstore.h>

struct toolstack {
    xc_interface *xch;
    struct xs_handle *xs;
};

// A command prints its results to stdout as key=value lines. argv[0] is its name. Returns 0, or a
// negative errno with the sentence for stderr in *err; -ECANCELED without one if all there is to
// say stands on stdout already.
typedef int toolstack_command(struct toolstack *ts, int argc, char **argv, struct error *err);

toolstack_command command_create;
toolstack_command command_build;
toolstack_command command_save;
toolstack_command command_restore;
toolstack_command command_keep;
toolstack_command command_manage;
toolstack_command command_unpause;
toolstack_command command_destroy;
toolstack_command command_drain;
toolstack_command command_info;
toolstack_command command_state;
toolstack_command command_host;
toolstack_command command_placement;
toolstack_command command_claim;
toolstack_command command_fill;
toolstack_command command_load_tree;
toolstack_command command_read;
toolstack_command command_turn;

#endif
