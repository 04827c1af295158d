// One table describes every option; parsing, the check for missing ones and the help text follow
// it. getopt_long_only does the splitting, silently: it cannot say which option it found ambiguous,
// so the texts of errors are made here.

#include "xenguest/options.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <stddef.h>
#include <string.h>

#include "lib/guest/platform.h"
#include "lib/memory/layout.h"
#include "lib/util/number.h"

enum kind {
    FLAG,
    BITS,
    TEXT,
    NUMBER,
    MODE,
    CMDLINE,
    MODULE,
    SET,
    COMPRESS,
    SUPPORTS,
    HELP,
    VERSION
};

struct spec {
    const char *name;
    enum kind kind;
    size_t offset; // of the request's member
    int64_t min;   // of a NUMBER; the bits of BITS
    int64_t max;
    const char *value; // what the help text calls it; NULL: takes none
    const char *help;
};

#define MAX_DOMID 0x7fef       // DOMID_FIRST_RESERVED - 1
#define MAX_PORT 131071        // EVTCHN_FIFO_NR_CHANNELS - 1
#define MAX_MIB LAYOUT_MAX_MIB // Xen and libxenguest have 32 bits for a guest's pages as well
#define MAX_NODE 63            // MAX_NUMNODES - 1
#define MAX_MODULE_CMDLINE 1023
#define MAX_REPEAT 10000
#define MEMBER(m) offsetof(struct request, m)

static const struct spec specs[] = {
    {"mode", MODE, 0, 0, 0, "MODE", "what to do, see below"},
    {"controloutfd", NUMBER, MEMBER(control_out_fd), 0, INT_MAX, "FD", "answers go here"},
    {"controlinfd", NUMBER, MEMBER(control_in_fd), 0, INT_MAX, "FD", "the toolstack's answers"},
    {"debuglog", TEXT, MEMBER(debug_log), 0, 0, "FILE", "also log to FILE, appending"},
    {"domid", NUMBER, MEMBER(domid), 1, MAX_DOMID, "N", "the domain"},
    {"image", TEXT, MEMBER(image), 0, 0, "FILE", "hvmloader or kernel"},
    {"cmdline", CMDLINE, 0, 0, 0, "TEXT", "kernel command line, then those of the modules"},
    {"ramdisk", TEXT, MEMBER(ramdisk), 0, 0, "FILE", "initial RAM disk of a PV guest"},
    {"module", MODULE, 0, 0, 0, "FILE", "boot module of a PVH guest, at most two"},
    {"features", TEXT, MEMBER(features), 0, 0, "TEXT", "features of a PV kernel"},
    {"store_port", NUMBER, MEMBER(store_port), 1, MAX_PORT, "N", "Xenstore event channel"},
    {"store_domid", NUMBER, MEMBER(store_domid), 0, MAX_DOMID, "N", "Xenstore domain, default 0"},
    {"console_port", NUMBER, MEMBER(console_port), 1, MAX_PORT, "N", "console event channel"},
    {"console_domid", NUMBER, MEMBER(console_domid), 0, MAX_DOMID, "N",
     "console domain, default 0"},
    {"mem_max_mib", NUMBER, MEMBER(mem_max_mib), 1, MAX_MIB, "MIB", "maximum memory"},
    {"mem_start_mib", NUMBER, MEMBER(mem_start_mib), 1, MAX_MIB, "MIB", "memory to start with"},
    {"mem_pnode", NUMBER, MEMBER(mem_pnode), -1, MAX_NODE, "NODE",
     "all memory from this NUMA node; -1: any"},
    {"pci_passthrough", TEXT, MEMBER(pci_passthrough), 0, 0, "LIST", "PCI devices to be assigned"},
    {"vgpu", FLAG, MEMBER(vgpu), 0, 0, NULL, "an NVIDIA vGPU will be attached"},
    {"force", FLAG, MEMBER(force), 0, 0, NULL,
     "skip the safety checks; release: even while it is built"},
    {"json", FLAG, MEMBER(json), 0, 0, NULL, "print what there is to print as JSON"},
    {"host", TEXT, MEMBER(host), 0, 0, "FILE", "plan on the host described there, without Xen"},
    {"vcpus", NUMBER, MEMBER(vcpus), 1, PLATFORM_MAX_VCPUS, "N", "plan for so many vCPUs"},
    {"xenstore", TEXT, MEMBER(xenstore), 0, 0, "FILE",
     "plan with the keys there, as xenstore-ls -f prints them"},
    {"set", SET, 0, 0, 0, "KEY=VALUE", "plan with this setting, as numa-policy=strict"},
    {"repeat", NUMBER, MEMBER(repeat), 1, MAX_REPEAT, "N", "plan so many guests, one by one"},
    {"watch", NUMBER, MEMBER(watch), 1, INT_MAX, "S", "show again every S seconds"},
    {"report", TEXT, MEMBER(report), 0, 0, "FILE", "show a placement report in a file"},
    {"svg", TEXT, MEMBER(svg), 0, 0, "FILE", "draw a picture"},
    {"fd", NUMBER, MEMBER(stream_fd), 0, INT_MAX, "FD", "migration stream"},
    {"flags", NUMBER, MEMBER(flags), 0, INT_MAX, "N", "bits that -live and -debug set"},
    {"live", BITS, MEMBER(flags), REQUEST_FLAG_LIVE, 0, NULL, "live migration"},
    {"debug", BITS, MEMBER(flags), REQUEST_FLAG_DEBUG, 0, NULL, "log the libraries' details too"},
    {"compress", COMPRESS, 0, 0, 0, "BOOL", "compress the stream: false, it cannot be"},
    {"supports", SUPPORTS, MEMBER(supports), 0, 0, "WORD", "answer whether WORD is supported"},
    {"fake", FLAG, MEMBER(ignored), 0, 0, NULL, "ignored"},
    {"fork", FLAG, MEMBER(ignored), 0, 0, NULL, "ignored"},
    {"no_incr_generationid", FLAG, MEMBER(ignored), 0, 0, NULL, "ignored"},
    {"h", HELP, 0, 0, 0, NULL, "print this text"},
    {"help", HELP, 0, 0, 0, NULL, "print this text"},
    {"version", VERSION, 0, 0, 0, NULL, "print the version"},
};
#define NR_SPECS ((int)(sizeof(specs) / sizeof(specs[0])))
_Static_assert(sizeof(specs) / sizeof(specs[0]) <= 64, "request.given has a bit for each");
#define FIRST_VAL 256 // getopt values below are characters

static void *member(const struct request *request, const struct spec *spec) {
    return (char *)request + spec->offset;
}

// The length of the name in the argv word that getopt refused, and where it starts.
static const char *word_name(const char *word, size_t *length) {
    word += strspn(word, "-");
    *length = strcspn(word, "=");
    return word;
}

static int refuse_ambiguous(const char *word, struct error *err) {
    size_t length;
    const char *name = word_name(word, &length);
    char candidates[256] = "";

    for (int i = 0; i < NR_SPECS; i++) {
        size_t used = strlen(candidates);

        if (!strncmp(specs[i].name, name, length))
            snprintf(candidates + used, sizeof(candidates) - used, "%s-%s", used ? ", " : "",
                     specs[i].name);
    }
    return error_set(err, EINVAL, "option \"%s\" is ambiguous: %s", word, candidates);
}

// getopt has refused `word`. `val` is that of the option it recognised, or 0.
static int refuse(const char *word, int val, struct error *err) {
    size_t length;
    const char *name = word_name(word, &length);
    int matches = 0;

    if (val >= FIRST_VAL && specs[val - FIRST_VAL].value)
        return error_set(err, EINVAL, "option \"%s\" needs a value", word);
    if (val >= FIRST_VAL)
        return error_set(err, EINVAL, "option -%s takes no value: \"%s\"",
                         specs[val - FIRST_VAL].name, word);
    for (int i = 0; i < NR_SPECS; i++)
        matches += !strncmp(specs[i].name, name, length);
    if (matches > 1)
        return refuse_ambiguous(word, err);
    return error_set(err, EINVAL, "unknown option \"%s\" (see --help)", word);
}

static int set_number(struct request *request, const struct spec *spec, const char *text,
                      struct error *err) {
    int rc = number_parse_int(text, spec->min, spec->max, member(request, spec));

    if (rc == -ERANGE)
        return error_set(err, ERANGE, "option -%s: %s is not within %" PRId64 "..%" PRId64 "%s",
                         spec->name, text, spec->min, spec->max,
                         strcmp(spec->value, "MIB") ? "" : " MiB");
    if (rc)
        return error_set(err, EINVAL, "option -%s: \"%s\" is not a number", spec->name, text);
    return 0;
}

static int set_mode(struct request *request, const char *name, options_is_mode *is_mode,
                    struct error *err) {
    request->mode = is_mode(name) ? name : NULL;
    if (!request->mode)
        return error_set(err, EINVAL, "option -mode: there is no mode \"%s\" (see --help)", name);
    return 0;
}

// The first is the kernel's, the k-th further one the k-th module's; surplus ones are ignored.
static int add_cmdline(struct request *request, const char *text, struct error *err) {
    unsigned module = request->nr_cmdlines - 1;

    if (request->nr_cmdlines++ == 0) {
        request->cmdline = text;
        return 0;
    }
    if (strlen(text) > MAX_MODULE_CMDLINE)
        return error_set(err, E2BIG, "option -cmdline: that of module %u has more than %d bytes",
                         module + 1, MAX_MODULE_CMDLINE);
    if (module < REQUEST_MAX_MODULES)
        request->module_cmdline[module] = text;
    return 0;
}

static int add_module(struct request *request, const char *path, struct error *err) {
    if (request->nr_modules == REQUEST_MAX_MODULES)
        return error_set(err, E2BIG, "option -module: \"%s\" is one more than the %d possible",
                         path, REQUEST_MAX_MODULES);
    request->module[request->nr_modules++] = path;
    return 0;
}

static int add_set(struct request *request, const char *text, struct error *err) {
    if (text[0] == '=' || !strchr(text, '='))
        return error_set(err, EINVAL, "option -set: \"%s\" is not of the form KEY=VALUE", text);
    if (request->nr_sets == REQUEST_MAX_SETS)
        return error_set(err, E2BIG, "option -set: more than %d", REQUEST_MAX_SETS);
    request->set[request->nr_sets++] = text;
    return 0;
}

// A manager that was told to compress passes it on, or refuses it itself.
static int check_compress(const char *text, struct error *err) {
    if (!strcmp(text, "false"))
        return 0;
    if (strcmp(text, "true"))
        return error_set(err, EINVAL, "option -compress: \"%s\" is neither true nor false", text);
    return error_set(err, EOPNOTSUPP,
                     "option -compress: compressed streams are not supported; migrate without "
                     "compression");
}

// Returns an outcome or a negative errno.
static int set_option(struct request *request, const struct spec *spec, const char *value,
                      options_is_mode *is_mode, struct error *err) {
    request->given |= 1ULL << (spec - specs);
    switch (spec->kind) {
    case FLAG:
        *(bool *)member(request, spec) = true;
        return OPTIONS_RUN;
    case BITS:
        *(int64_t *)member(request, spec) |= spec->min;
        return OPTIONS_RUN;
    case TEXT:
        *(const char **)member(request, spec) = value;
        return OPTIONS_RUN;
    case NUMBER:
        return set_number(request, spec, value, err);
    case MODE:
        return set_mode(request, value, is_mode, err);
    case CMDLINE:
        return add_cmdline(request, value, err);
    case MODULE:
        return add_module(request, value, err);
    case SET:
        return add_set(request, value, err);
    case COMPRESS:
        return check_compress(value, err);
    case SUPPORTS:
        request->supports = value;
        return OPTIONS_SUPPORTS;
    case HELP:
        return OPTIONS_HELP;
    case VERSION:
        return OPTIONS_VERSION;
    }
    return -EINVAL;
}

static void make_getopt_table(struct option table[NR_SPECS + 1]) {
    for (int i = 0; i < NR_SPECS; i++)
        table[i] = (struct option){
            .name = specs[i].name,
            .has_arg = specs[i].value ? required_argument : no_argument,
            .val = FIRST_VAL + i,
        };
    table[NR_SPECS] = (struct option){0};
}

int options_parse(int argc, char **argv, options_is_mode *is_mode, struct request *request,
                  struct error *err) {
    struct option table[NR_SPECS + 1];

    *request = (struct request){
        .control_out_fd = REQUEST_UNSET,
        .control_in_fd = REQUEST_UNSET,
        .stream_fd = REQUEST_UNSET,
        .domid = REQUEST_UNSET,
        .store_port = REQUEST_UNSET,
        .console_port = REQUEST_UNSET,
        .mem_max_mib = REQUEST_UNSET,
        .mem_start_mib = REQUEST_UNSET,
        .mem_pnode = REQUEST_UNSET,
        .vcpus = REQUEST_UNSET,
        .repeat = REQUEST_UNSET,
        .watch = REQUEST_UNSET,
    };
    make_getopt_table(table);
    optind = 0; // starts afresh, also after an earlier parse
    opterr = 0;
    for (;;) {
        // With any character here, getopt would take a word that begins with it for short options,
        // and stay at that word.
        int val = getopt_long_only(argc, argv, "", table, NULL);
        int rc;

        if (val == -1)
            return OPTIONS_RUN;
        if (val == '?')
            return refuse(argv[optind - 1], optopt, err);
        rc = set_option(request, &specs[val - FIRST_VAL], optarg, is_mode, err);
        if (rc != OPTIONS_RUN)
            return rc;
    }
}

int options_require(const struct request *request, const char *name, struct error *err) {
    for (int i = 0; i < NR_SPECS; i++) {
        const struct spec *spec = &specs[i];
        bool given = true;

        if (strcmp(spec->name, name))
            continue;
        if (spec->kind == NUMBER)
            given = *(int64_t *)member(request, spec) != REQUEST_UNSET;
        if (spec->kind == TEXT)
            given = *(const char **)member(request, spec) != NULL;
        if (spec->kind == CMDLINE)
            given = request->cmdline != NULL;
        return given ? 0 : error_set(err, EINVAL, "option -%s is missing", name);
    }
    return error_set(err, EINVAL, "there is no option -%s", name);
}

bool options_given(const struct request *request, const char *name) {
    for (int i = 0; i < NR_SPECS; i++) {
        if (!strcmp(specs[i].name, name))
            return request->given >> i & 1;
    }
    return false;
}

bool options_supports(const char *word) {
    return !strcmp(word, "migration-v2");
}

void options_help(FILE *out) {
    fputs("usage: xenguest -mode MODE -domid N [OPTION]...\n"
          "Turns an empty Xen domain into a bootable guest.\n\nOptions:\n",
          out);
    for (int i = 0; i < NR_SPECS; i++)
        fprintf(out, "  -%s %-*s %s\n", specs[i].name, (int)(22 - strlen(specs[i].name)),
                specs[i].value ? specs[i].value : "", specs[i].help);
}
