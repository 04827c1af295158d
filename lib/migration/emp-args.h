// Arguments of a save or a restore, as the emulator manager names them in set_args.
#ifndef MIGRATION_EMP_ARGS_H
#define MIGRATION_EMP_ARGS_H

#include <stdbool.h>
#include <stdint.h>

#include <json-c/json.h>

#include "lib/util/error.h"

#define EMP_UNSET (-1) // a number that nobody has named

struct emp_args {
    int64_t store_port;
    int64_t console_port;
    int64_t mem_pnode; // EMP_UNSET, also if named as -1: no node
    bool pv;
    bool vgpu;
};

#define EMP_ARGS_NONE                                                                              \
    ((struct emp_args){.store_port = EMP_UNSET, .console_port = EMP_UNSET, .mem_pnode = EMP_UNSET})

// Takes what `object` names into *args, and leaves the rest of it alone. All values are strings.
// -EINVAL or -ERANGE, with an error that names the argument, if one of them is unknown or makes no
// sense; *args is left alone then.
int emp_args_read(json_object *object, struct emp_args *args, struct error *err);

#endif
