// xenopsd's command line is part of the contract with the builder: single dashes, this order, each
// value an argument of its own. Extra options come last, where xenopsd has its own.

#include "tests/lab/toolstack/buildargs.h"

#include "tests/lab/toolstack/arguments.h"
#include "tests/lab/toolstack/spawn.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MIB_MAX (INT64_C(1) << 30)
#define LIMIT_SECONDS_MAX 86400

static int option_read(int c, char **argv, struct build_options *o, struct error *err) {
    switch (c) {
    case 'x':
        o->xenguest = optarg;
        return 0;
    case 'i':
        o->image = optarg;
        return 0;
    case 'o':
        o->mode = optarg;
        return 0;
    case 'm':
        return option_number("mem-max", optarg, 1, MIB_MAX, &o->max_mib, err);
    case 's':
        return option_number("mem-start", optarg, 1, MIB_MAX, &o->start_mib, err);
    case 'l':
        return option_number("time-limit", optarg, 1, LIMIT_SECONDS_MAX, &o->limit_seconds, err);
    case 'c':
        o->count = true;
        return 0;
    default:
        return option_unknown(argv, optind, err);
    }
}

int build_options_read(int argc, char **argv, struct build_options *o, struct error *err) {
    static const struct option longs[] = {
        {"xenguest", required_argument, NULL, 'x'},  {"image", required_argument, NULL, 'i'},
        {"mode", required_argument, NULL, 'o'},      {"mem-max", required_argument, NULL, 'm'},
        {"mem-start", required_argument, NULL, 's'}, {"time-limit", required_argument, NULL, 'l'},
        {"count", no_argument, NULL, 'c'},           {0},
    };
    int rc = argument_domid(argc, argv, 1, &o->domid, err);
    int c;

    opterr = 0;
    optind = 2;
    // `+`: the first argument that is no option ends them, so that none hides among the extra ones.
    while (rc == 0 && (c = getopt_long(argc, argv, "+", longs, NULL)) != -1)
        rc = option_read(c, argv, o, err);
    if (rc < 0)
        return rc;
    if (optind < argc && strcmp(argv[optind - 1], "--") != 0)
        return argument_end(argc, argv, optind, err);
    if (!o->xenguest || !o->image || !o->max_mib)
        return error_set(err, EINVAL, "build: --xenguest, --image and --mem-max are needed");
    if (!o->start_mib)
        o->start_mib = o->max_mib;
    o->extra = argv + optind;
    o->nr_extra = argc - optind;
    return 0;
}

static int add(struct build_program *program, const char *text) {
    char **grown = reallocarray(program->argv, program->nr + 2, sizeof(*grown));

    if (!grown)
        return -ENOMEM;
    program->argv = grown;
    grown[program->nr] = strdup(text);
    grown[program->nr + 1] = NULL;
    return grown[program->nr++] ? 0 : -ENOMEM;
}

static int add_number(struct build_program *program, const char *option, int64_t number) {
    char text[24];
    int rc = add(program, option);

    snprintf(text, sizeof(text), "%" PRId64, number);
    return rc < 0 ? rc : add(program, text);
}

static int add_text(struct build_program *program, const char *option, const char *text) {
    int rc = add(program, option);

    return rc < 0 ? rc : add(program, text);
}

int build_program_make(const struct build_options *o, uint32_t store_port, uint32_t console_port,
                       struct build_program *program, struct error *err) {
    int rc = add(program, o->xenguest);

    rc = rc ? rc : add_number(program, "-controloutfd", SPAWN_CONTROL_OUT);
    rc = rc ? rc : add_number(program, "-controlinfd", SPAWN_CONTROL_IN);
    rc = rc ? rc : add_text(program, "-mode", o->mode);
    rc = rc ? rc : add_text(program, "-image", o->image);
    rc = rc ? rc : add_number(program, "-domid", o->domid);
    rc = rc ? rc : add_number(program, "-store_port", store_port);
    rc = rc ? rc : add_number(program, "-store_domid", 0);
    rc = rc ? rc : add_number(program, "-console_port", console_port);
    rc = rc ? rc : add_number(program, "-console_domid", 0);
    rc = rc ? rc : add_number(program, "-mem_max_mib", o->max_mib);
    rc = rc ? rc : add_number(program, "-mem_start_mib", o->start_mib);
    for (int i = 0; rc == 0 && i < o->nr_extra; i++)
        rc = add(program, o->extra[i]);
    return rc < 0 ? error_set(err, ENOMEM, "out of memory") : 0;
}

void build_program_done(struct build_program *program) {
    for (size_t i = 0; i < program->nr; i++)
        free(program->argv[i]);
    free(program->argv);
    *program = (struct build_program){0};
}
