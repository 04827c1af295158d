// All names that any variant of xenguest knows are here.

#include "xenguest/mode.h"

#include <errno.h>
#include <string.h>

#include "xenguest/hvm-build.h"
#include "xenguest/listen-work.h"
#include "xenguest/options.h"
#include "xenguest/plan.h"
#include "xenguest/pv-build.h"
#include "xenguest/pvh-build.h"
#include "xenguest/reserve.h"
#include "xenguest/restore.h"
#include "xenguest/save.h"
#include "xenguest/show.h"

// Of all modes, beside their own: controloutfd, controlinfd, debuglog, debug, flags, compress, and
// what is ignored.
#define GUEST_REQUIRED "domid", "mem_max_mib", "mem_start_mib"
#define GUEST_OPTIONAL "mem_pnode", "pci_passthrough", "vgpu", "force"
#define BUILD_REQUIRED GUEST_REQUIRED, "image", "store_port", "console_port"
#define RESTORE_REQUIRED "domid", "fd", "store_port", "console_port"
#define RESTORE_OPTIONAL                                                                           \
    "store_domid", "console_domid", "mem_max_mib", "mem_start_mib", "mem_pnode", "vgpu"
#define SAVE_REQUIRED "domid", "fd", "controloutfd", "controlinfd"
#define SAVE_OPTIONAL "live", "force"
#define BUILD_OPTIONAL GUEST_OPTIONAL, "store_domid", "console_domid"
// Its features are a PV kernel's, but older programs have wanted them as well.
#define PVH_REQUIRED BUILD_REQUIRED, "cmdline", "features"
#define PVH_OPTIONAL BUILD_OPTIONAL, "module"
#define PV_REQUIRED BUILD_REQUIRED, "cmdline", "features", "ramdisk"

static const struct mode modes[] = {
    {
        .name = "hvm_build",
        .log_suffix = "-build",
        .error_word = "hvm_build",
        .help = "build an HVM guest",
        .required = {BUILD_REQUIRED},
        .optional = {BUILD_OPTIONAL},
        .run = hvm_build,
    },
    {
        .name = "build_hvm",
        .log_suffix = "-build",
        .error_word = "hvm_build",
        .help = "the same",
        .required = {BUILD_REQUIRED},
        .optional = {BUILD_OPTIONAL},
        .run = hvm_build,
    },
    {
        .name = "build_hvm_usemem",
        .log_suffix = "-build",
        .error_word = "hvm_build",
        .help = "the same from reserved memory only",
        .required = {BUILD_REQUIRED},
        .optional = {BUILD_OPTIONAL},
        .run = hvm_build_usemem,
    },
    {
        .name = "pvh_build",
        .log_suffix = "-build",
        .error_word = "hvm_build",
        .help = "build a PVH guest",
        .required = {PVH_REQUIRED},
        .optional = {PVH_OPTIONAL},
        .run = pvh_build,
    },
    {
        .name = "build_pvh",
        .log_suffix = "-build",
        .error_word = "hvm_build",
        .help = "the same",
        .required = {PVH_REQUIRED},
        .optional = {PVH_OPTIONAL},
        .run = pvh_build,
    },
    {
        .name = "build_pvh_usemem",
        .log_suffix = "-build",
        .error_word = "hvm_build",
        .help = "the same from reserved memory only",
        .required = {PVH_REQUIRED},
        .optional = {PVH_OPTIONAL},
        .run = pvh_build_usemem,
    },
    {
        .name = "linux_build",
        .log_suffix = "-build",
        .error_word = "xc_dom_linux_build",
        .help = "build a PV guest",
        .required = {PV_REQUIRED},
        .optional = {BUILD_OPTIONAL},
        .run = pv_build,
    },
    {
        .name = "build_pv",
        .log_suffix = "-build",
        .error_word = "xc_dom_linux_build",
        .help = "the same",
        .required = {PV_REQUIRED},
        .optional = {BUILD_OPTIONAL},
        .run = pv_build,
    },
    {
        .name = "reserve",
        .log_suffix = "-reserve",
        .error_word = "hvm_build",
        .help = "plan and claim the memory of a guest",
        .required = {GUEST_REQUIRED},
        .optional = {GUEST_OPTIONAL, "json"},
        .run = reserve,
    },
    {
        .name = "release",
        .log_suffix = "-release",
        .error_word = "hvm_build",
        .help = "give up a reservation",
        .required = {"domid"},
        .optional = {"force"},
        .run = release,
    },
    {
        .name = "plan",
        .error_word = "hvm_build",
        .help = "say what hvm_build would do, and do nothing",
        .optional = {"domid", "mem_max_mib", "mem_start_mib", GUEST_OPTIONAL, "host", "xenstore",
                     "set", "vcpus", "repeat", "json", "svg"},
        .run = plan,
    },
    {
        .name = "show",
        .error_word = "hvm_build",
        .help = "show where memory and vCPUs are, of the host or of a domain",
        .optional = {"domid", "json", "watch", "report", "svg"},
        .run = show,
    },
    {
        .name = "save",
        .log_suffix = "-save",
        .error_word = "xc_domain_save",
        .help = "write a guest to a stream",
        .required = {SAVE_REQUIRED},
        .optional = {SAVE_OPTIONAL},
        .run = save,
    },
    {
        .name = "hvm_save",
        .log_suffix = "-save",
        .error_word = "xc_domain_save",
        .help = "the same",
        .required = {SAVE_REQUIRED},
        .optional = {SAVE_OPTIONAL},
        .run = save,
    },
    {
        .name = "restore",
        .log_suffix = "-restore",
        .error_word = "xc_domain_restore",
        .help = "read a guest from a stream",
        .required = {RESTORE_REQUIRED},
        .optional = {RESTORE_OPTIONAL},
        .run = restore,
    },
    {
        .name = "hvm_restore",
        .log_suffix = "-restore",
        .error_word = "xc_domain_restore",
        .help = "the same",
        .required = {RESTORE_REQUIRED},
        .optional = {RESTORE_OPTIONAL},
        .run = restore,
    },
    {
        .name = "resume_slow",
        .log_suffix = "-resume",
        .error_word = "xc_domain_resume",
        .help = "resume a guest that is suspended and does not know",
        .required = {"domid"},
        .run = resume_slow,
    },
    {
        .name = "listen",
        .log_suffix = "-emp",
        .error_word = "xenguest",
        .help = "save or restore a guest as an emulator manager says",
        .required = {"domid"},
        .optional = {"mem_pnode", "mem_max_mib", "mem_start_mib", "store_domid", "console_domid",
                     "force"},
        .run = listen_run,
    },
};
#define NR_MODES (sizeof(modes) / sizeof(modes[0]))

const struct mode *mode_find(const char *name) {
    for (size_t i = 0; i < NR_MODES; i++) {
        if (!strcmp(modes[i].name, name))
            return &modes[i];
    }
    return NULL;
}

bool mode_exists(const char *name) {
    return mode_find(name) != NULL;
}

int mode_run(const struct mode *mode, struct session *session, struct control_result *ret,
             struct error *err) {
    for (size_t i = 0; i < MODE_MAX_OPTIONS && mode->required[i]; i++) {
        int rc = options_require(session->request, mode->required[i], err);

        if (rc)
            return error_prefix(err, "mode %s", mode->name);
    }
    return mode->run(session, ret, err);
}

void mode_help(FILE *out) {
    fputs("\nModes:\n", out);
    for (size_t i = 0; i < NR_MODES; i++)
        fprintf(out, "  %-22s %s\n", modes[i].name, modes[i].help);
}
