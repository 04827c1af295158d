// All names that any variant of xenguest knows are here, so that a mode which is not built in is
// told from one that does not exist.

#include "xenguest/mode.h"

#include <errno.h>
#include <string.h>

#include "xenguest/hvm-build.h"
#include "xenguest/options.h"
#include "xenguest/reserve.h"

#define BUILD_OPTIONS "domid", "mem_max_mib", "mem_start_mib", "image", "store_port", "console_port"

static const struct mode modes[] = {
    {"hvm_build", "-build", "hvm_build", "build an HVM guest", {BUILD_OPTIONS}, hvm_build},
    {"build_hvm", "-build", "hvm_build", "the same", {BUILD_OPTIONS}, hvm_build},
    {"build_hvm_usemem",
     "-build",
     "hvm_build",
     "the same from reserved memory only",
     {BUILD_OPTIONS},
     hvm_build_usemem},
    {"reserve",
     "-reserve",
     "hvm_build",
     "plan and claim the memory of an HVM guest",
     {"domid", "mem_max_mib", "mem_start_mib"},
     reserve},
    {"release", "-release", "hvm_build", "give up a reservation", {"domid"}, release},
    {"pvh_build", "-build", "hvm_build", NULL, {NULL}, NULL},
    {"linux_build", "-build", "xc_dom_linux_build", NULL, {NULL}, NULL},
    {"save", "-save", "xc_domain_save", NULL, {NULL}, NULL},
    {"hvm_save", "-save", "xc_domain_save", NULL, {NULL}, NULL},
    {"restore", "-restore", "xc_domain_restore", NULL, {NULL}, NULL},
    {"hvm_restore", "-restore", "xc_domain_restore", NULL, {NULL}, NULL},
    {"resume_slow", "-resume", "xc_domain_resume", NULL, {NULL}, NULL},
    {"listen", "-emp", "xenguest", NULL, {NULL}, NULL},
};
#define NR_MODES (sizeof(modes) / sizeof(modes[0]))

const struct mode *mode_find(const char *name) {
    for (size_t i = 0; i < NR_MODES; i++) {
        if (!strcmp(modes[i].name, name))
            return &modes[i];
    }
    return NULL;
}

int mode_run(const struct mode *mode, struct session *session, struct control_result *ret,
             struct error *err) {
    if (!mode->run)
        return error_set(err, ENOSYS, "mode %s is not built into this version of xenguest",
                         mode->name);
    for (size_t i = 0; i < MODE_MAX_REQUIRED && mode->required[i]; i++) {
        int rc = options_require(session->request, mode->required[i], err);

        if (rc)
            return error_prefix(err, "mode %s", mode->name);
    }
    return mode->run(session, ret, err);
}

void mode_help(FILE *out) {
    for (size_t i = 0; i < NR_MODES; i++) {
        if (modes[i].run)
            fprintf(out, "  %-22s %s\n", modes[i].name, modes[i].help);
    }
}
