// toolstack: in dom0 of a real Xen, what xenopsd does before and after it starts a builder.
//
// Tests drive a builder through it, so it follows xenopsd where the builder can tell the
// difference (order of arguments, file descriptors, Xenstore keys and their permissions, reading of
// the answer), and is simple elsewhere. Results are key=value lines on stdout for shell scripts.

#include "tests/lab/toolstack/toolstack.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    const char *usage;
    toolstack_command *run;
} commands[] = {
    {"create",
     "--mem-max MIB [--vcpus N] [--pool MIB] [--tree FILE] [--name NAME] [--nested]"
     " [--pvh | --pv]",
     command_create},
    {"build",
     "DOMID --xenguest FILE --image FILE --mem-max MIB [--mem-start MIB] [--mode MODE]"
     " [--time-limit SECONDS] [--count] [-- OPTION...]",
     command_build},
    {"save",
     "DOMID --xenguest FILE --file FILE [--live] [--forced] [--time-limit SECONDS] [-- OPTION...]",
     command_save},
    {"restore",
     "DOMID --xenguest FILE --file FILE --mem-max MIB [--time-limit SECONDS] [--count]"
     " [-- OPTION...]",
     command_restore},
    {"keep", "FILE", command_keep},
    {"manage",
     "DOMID --xenguest FILE [--mem-max MIB] [--time-limit SECONDS] STEP... [-- OPTION...]",
     command_manage},
    {"unpause", "DOMID", command_unpause},
    {"destroy", "DOMID", command_destroy},
    {"drain", "DOMID", command_drain},
    {"info", "DOMID", command_info},
    {"state", "DOMID", command_state},
    {"host", "", command_host},
    {"placement", "DOMID", command_placement},
    {"claim", "DOMID PAGES", command_claim},
    {"fill", "NODE MIB [--order N] [--keep-every-second]", command_fill},
    {"load-tree", "DOMID FILE", command_load_tree},
    {"read", "DOMID KEY", command_read},
    {"turn", "DOMID NODE", command_turn},
};
#define NR_COMMANDS (sizeof(commands) / sizeof(commands[0]))

// The Xen library would print a failed hypercall on stderr on its own; here the command's sentence
// says it, once.
static int toolstack_open(struct toolstack *ts, xentoollog_logger *quiet, struct error *err) {
    ts->xch = xc_interface_open(quiet, quiet, 0);
    if (!ts->xch)
        return error_set(err, errno, "cannot reach Xen: %s", strerror(errno));
    ts->xs = xs_open(0);
    if (!ts->xs)
        return error_set(err, errno, "cannot reach xenstored: %s", strerror(errno));
    return 0;
}

static int run(size_t command, int argc, char **argv, struct error *err) {
    xentoollog_logger_stdiostream *quiet = xtl_createlogger_stdiostream(stderr, XTL_CRITICAL, 0);
    struct toolstack ts = {0};
    int rc;

    if (!quiet)
        return error_set(err, ENOMEM, "out of memory");
    rc = toolstack_open(&ts, (xentoollog_logger *)quiet, err);
    if (rc == 0)
        rc = commands[command].run(&ts, argc, argv, err);
    if (ts.xs)
        xs_close(ts.xs);
    if (ts.xch)
        xc_interface_close(ts.xch);
    xtl_logger_destroy((xentoollog_logger *)quiet);
    return rc;
}

static int usage(void) {
    for (size_t i = 0; i < NR_COMMANDS; i++)
        fprintf(stderr, "%s toolstack %s %s\n", i ? "      " : "usage:", commands[i].name,
                commands[i].usage);
    return 1;
}

int main(int argc, char **argv) {
    struct error err = {0};
    size_t command = 0;
    int rc;

    while (argc >= 2 && command < NR_COMMANDS && strcmp(argv[1], commands[command].name) != 0)
        command++;
    if (argc < 2 || command == NR_COMMANDS)
        return usage();
    setvbuf(stdout, NULL, _IOLBF, 0);
    rc = run(command, argc - 1, argv + 1, &err);
    if (rc < 0 && err.code)
        fprintf(stderr, "toolstack: %s\n", err.text);
    error_done(&err);
    return rc < 0 ? 1 : 0;
}
