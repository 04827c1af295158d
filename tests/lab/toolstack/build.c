// The command `build`: one builder from its start to what xenopsd does with its answer.

#include "tests/lab/toolstack/answer.h"
#include "tests/lab/toolstack/arguments.h"
#include "tests/lab/toolstack/buildargs.h"
#include "tests/lab/toolstack/count.h"
#include "tests/lab/toolstack/follow.h"
#include "tests/lab/toolstack/spawn.h"
#include "tests/lab/toolstack/store.h"
#include "tests/lab/toolstack/toolstack.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

// The same, and counts what it asks the kernel and Xen for. It is slow thereby, and answers are
// read when it has ended. There is no time limit.
static int builder_count(struct spawn *spawn, struct answer *answer, struct error *err) {
    struct count count = {0};
    int status = 0;
    int rc = count_follow(spawn, &count, &status, err);

    if (rc < 0)
        spawn_kill(spawn);
    else
        rc = answer_read(spawn, now_milliseconds() + 1000, answer, NULL, NULL, err);
    spawn_hang_up(spawn);
    if (rc < 0)
        return rc;
    answer_print(answer);
    status_print(status);
    count_print(&count);
    return rc;
}

static int build(struct toolstack *ts, const struct build_options *o, char **program,
                 struct error *err) {
    const int64_t start = now_milliseconds();
    struct answer answer = {0};
    struct spawn spawn;
    int rc = spawn_start(program, o->count, SPAWN_NO_STREAM, &spawn, err);

    if (rc < 0)
        return rc;
    if (o->count)
        rc = builder_count(&spawn, &answer, err);
    else
        rc = builder_follow(&spawn, start + o->limit_seconds * 1000, &answer, NULL, NULL, err);
    printf("milliseconds=%" PRId64 "\npeak_kib=%ld\n", now_milliseconds() - start, spawn.peak_kib);
    if (rc == 0 && answer.outcome == ANSWER_RESULT) {
        struct lab_built built = {.store_gfn = (uint64_t)answer.store,
                                  .console_gfn = (uint64_t)answer.console,
                                  .max_mib = (uint64_t)o->max_mib,
                                  .start_mib = (uint64_t)o->start_mib};

        rc = lab_store_built(ts, o->domid, &built, err);
    } else if (rc == 0) {
        rc = -ECANCELED;
    }
    answer_done(&answer);
    return rc;
}

int command_build(struct toolstack *ts, int argc, char **argv, struct error *err) {
    struct build_options options = {.mode = "hvm_build", .limit_seconds = 120};
    struct build_program program = {0};
    uint32_t store_port;
    uint32_t console_port;
    int rc = build_options_read(argc, argv, &options, err);

    if (rc == 0)
        rc = lab_store_ports(ts, options.domid, &store_port, &console_port, err);
    if (rc == 0)
        rc = build_program_make(&options, store_port, console_port, &program, err);
    if (rc == 0)
        rc = build(ts, &options, program.argv, err);
    build_program_done(&program);
    return rc;
}
