// Describes the machine that it runs on, in the format of fixtures/hosts.
//
// usage: capture-host [--source xen|libnuma|auto] [--description TEXT]
//
// With auto, the default, Xen is asked where there is a Xen to ask. What Xen calls a node's memory
// is the span of its addresses, holes included, so a captured node may look larger than it is; its
// free memory is exact.

#include "lib/claim/snapshot.h"
#include "lib/util/cleanup.h"
#include "lib/util/xen.h"
#include "tests/capture/describe.h"
#include "tests/capture/format.h"
#include "tests/capture/linux-host.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
    "usage: capture-host [--source xen|libnuma|auto] [--description TEXT]\n";

struct options {
    const char *source;
    const char *description; // NULL: only the source
};

static void cleanup_xch(xc_interface **xch) {
    if (*xch)
        xc_interface_close(*xch);
}

static int xen_host_read(struct host *ret, struct error *err) {
    CLEANUP(cleanup_xch) xc_interface *xch = xc_interface_open(NULL, NULL, 0);

    if (!xch)
        return error_set(err, errno ? errno : EIO, "no access to Xen: %s", strerror(errno));
    return snapshot_read(xch, ret, err);
}

static const char *source_detect(void) {
    return access("/dev/xen/privcmd", R_OK | W_OK) == 0 ? "xen" : "libnuma";
}

static int capture(const struct options *options, struct error *err) {
    bool xen = strcmp(options->source, "xen") == 0;
    CLEANUP(hostfile_done) struct hostfile file = {0};
    CLEANUP(cleanup_free) char *text = NULL;
    struct host host;
    int rc = xen ? xen_host_read(&host, err) : linux_host_read(&host, err);

    if (rc)
        return rc;
    file = host_describe(&host);
    if (asprintf(&file.description, "captured through %s%s%s", xen ? "libxenctrl" : "libnuma",
                 options->description ? ": " : "",
                 options->description ? options->description : "") < 0) {
        file.description = NULL;
        return error_set(err, ENOMEM, "out of memory");
    }
    rc = hostfile_format(&file, &text, err);
    if (rc)
        return rc;
    if (fputs(text, stdout) == EOF || fflush(stdout))
        return error_set(err, errno, "writing: %s", strerror(errno));
    return 0;
}

static bool options_parse(int argc, char **argv, struct options *ret) {
    static const struct option known[] = {{"source", required_argument, NULL, 's'},
                                          {"description", required_argument, NULL, 'd'},
                                          {NULL, 0, NULL, 0}};
    int c;

    *ret = (struct options){.source = "auto"};
    while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (c == 's')
            ret->source = optarg;
        else if (c == 'd')
            ret->description = optarg;
        else
            return false;
    }
    if (strcmp(ret->source, "auto") == 0)
        ret->source = source_detect();
    return optind == argc &&
           (strcmp(ret->source, "xen") == 0 || strcmp(ret->source, "libnuma") == 0);
}

int main(int argc, char **argv) {
    struct options options;
    struct error err = {0};

    if (!options_parse(argc, argv, &options)) {
        fputs(usage, stderr);
        return 2;
    }
    if (capture(&options, &err)) {
        fprintf(stderr, "capture-host: %s\n", err.text);
        error_done(&err);
        return 1;
    }
    return 0;
}
