// The command line; a NUL ends each word. Numbers stay within their ranges, texts belong to argv,
// and what was understood, written down as options, is understood the same.

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "xenguest/mode.h"
#include "xenguest/options.h"

#define MAX_WORDS 64
#define PROGRAM "xenguest"
#define OF(member) offsetof(struct request, member)

// Domain ids end at 0x7fef, event channels at 131071, nodes at 63, and memory 256 MiB below 16 TiB;
// -1: not given.
static const struct {
    const char *name;
    size_t offset;
    int64_t unset, min, max;
} numbers[] = {
    {"controloutfd", OF(control_out_fd), -1, 0, INT_MAX},
    {"controlinfd", OF(control_in_fd), -1, 0, INT_MAX},
    {"domid", OF(domid), -1, 1, 0x7fef},
    {"store_port", OF(store_port), -1, 1, 131071},
    {"store_domid", OF(store_domid), 0, 0, 0x7fef},
    {"console_port", OF(console_port), -1, 1, 131071},
    {"console_domid", OF(console_domid), 0, 0, 0x7fef},
    {"mem_max_mib", OF(mem_max_mib), -1, 1, 16776959},
    {"mem_start_mib", OF(mem_start_mib), -1, 1, 16776959},
    {"mem_pnode", OF(mem_pnode), -1, -1, 63},
    {"fd", OF(stream_fd), -1, 0, INT_MAX},
    {"flags", OF(flags), 0, 0, INT_MAX},
};

static const struct {
    const char *name;
    size_t offset;
} texts[] = {
    {"debuglog", OF(debug_log)}, {"image", OF(image)},
    {"ramdisk", OF(ramdisk)},    {"features", OF(features)},
    {"module", OF(module[0])},   {"module", OF(module[1])},
    {"cmdline", OF(cmdline)},    {"pci_passthrough", OF(pci_passthrough)},
};

static const struct {
    const char *name;
    size_t offset;
} flags[] = {{"vgpu", OF(vgpu)}, {"force", OF(force)}, {"json", OF(json)}, {"fake", OF(ignored)}};

static int64_t get_number(const struct request *request, size_t offset) {
    return *(const int64_t *)((const char *)request + offset);
}

static const char *get_text(const struct request *request, size_t offset) {
    return *(char *const *)((const char *)request + offset);
}

static bool get_flag(const struct request *request, size_t offset) {
    return *(const bool *)((const char *)request + offset);
}

struct words {
    char *argv[MAX_WORDS + 1];
    int nr;
};

static void words_add(struct words *words, char *word) {
    REQUIRE(word && words->nr < MAX_WORDS);
    words->argv[words->nr++] = word;
}

static void words_done(struct words *words) {
    for (int i = 0; i < words->nr; i++)
        free(words->argv[i]);
}

static void words_split(struct words *words, const uint8_t *data, size_t size) {
    words_add(words, strdup(PROGRAM));
    while (size && words->nr < MAX_WORDS) {
        size_t length = strnlen((const char *)data, size);

        words_add(words, fuzz_text(data, length));
        length += length < size; // the NUL
        data += length;
        size -= length;
    }
}

static void check_belongs(const struct words *words, const char *text) {
    bool found = false;

    if (!text)
        return;
    for (int i = 0; i < words->nr; i++) {
        const char *word = words->argv[i];

        found |= text >= word && text <= word + strlen(word);
    }
    REQUIRE(found);
}

static void check_request(const struct words *words, const struct request *request) {
    for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
        int64_t number = get_number(request, numbers[i].offset);

        REQUIRE(number == numbers[i].unset ||
                (number >= numbers[i].min && number <= numbers[i].max));
    }
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
        check_belongs(words, get_text(request, texts[i].offset));
    check_belongs(words, request->supports);
    REQUIRE(!request->mode || mode_exists(request->mode));
    REQUIRE(request->nr_modules <= REQUEST_MAX_MODULES);
    REQUIRE((request->cmdline != NULL) == (request->nr_cmdlines > 0));
    for (unsigned i = 0; i < REQUEST_MAX_MODULES; i++) {
        REQUIRE((request->module[i] != NULL) == (i < request->nr_modules));
        check_belongs(words, request->module_cmdline[i]);
        REQUIRE(request->module_cmdline[i] == NULL || request->nr_cmdlines > i + 1);
    }
}

static void print(struct words *words, const char *name, const char *value) {
    char *word = NULL;

    REQUIRE(asprintf(&word, "-%s%s%s", name, value ? "=" : "", value ? value : "") > 0);
    words_add(words, word);
}

static void print_request(struct words *words, const struct request *request) {
    words_add(words, strdup(PROGRAM));
    if (request->mode)
        print(words, "mode", request->mode);
    for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
        int64_t number = get_number(request, numbers[i].offset);
        char digits[24];

        snprintf(digits, sizeof(digits), "%" PRId64, number);
        if (number != numbers[i].unset)
            print(words, numbers[i].name, digits);
    }
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        if (get_text(request, texts[i].offset))
            print(words, texts[i].name, get_text(request, texts[i].offset));
    }
    for (unsigned i = 0; i < REQUEST_MAX_MODULES && request->module_cmdline[i]; i++)
        print(words, "cmdline", request->module_cmdline[i]);
    for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
        if (get_flag(request, flags[i].offset))
            print(words, flags[i].name, NULL);
    }
}

static void check_same_text(const char *a, const char *b) {
    REQUIRE(!a == !b && (!a || !strcmp(a, b)));
}

static void check_round_trip(const struct request *request) {
    CLEANUP(words_done) struct words words = {0};
    struct request again;
    struct error err = {0};

    print_request(&words, request);
    REQUIRE(options_parse(words.nr, words.argv, mode_exists, &again, &err) == OPTIONS_RUN);
    REQUIRE(!again.mode == !request->mode && (!again.mode || !strcmp(again.mode, request->mode)) &&
            again.nr_modules == request->nr_modules);
    for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
        REQUIRE(get_number(&again, numbers[i].offset) == get_number(request, numbers[i].offset));
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
        check_same_text(get_text(&again, texts[i].offset), get_text(request, texts[i].offset));
    for (unsigned i = 0; i < REQUEST_MAX_MODULES; i++)
        check_same_text(again.module_cmdline[i], request->module_cmdline[i]);
    for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
        REQUIRE(get_flag(&again, flags[i].offset) == get_flag(request, flags[i].offset));
}

// Whoever reads the error must find what is wrong: an option, and never the program's name.
static void check_names_option(int rc, const struct error *err) {
    const char *quoted = strstr(err->text, "option \"");

    REQUIRE(rc == -EINVAL || rc == -ERANGE || rc == -E2BIG);
    REQUIRE(strstr(err->text, "option -") || (quoted && quoted[strlen("option \"")] == '-'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    CLEANUP(words_done) struct words words = {0};
    CLEANUP(cleanup_free) char *input = fuzz_text(data, size);
    struct request request;
    struct error err = {0};
    int rc;

    words_split(&words, data, size);
    fuzz_fill(&request, sizeof(request));
    rc = options_parse(words.nr, words.argv, mode_exists, &request, &err);
    check_request(&words, &request);
    REQUIRE(rc <= OPTIONS_VERSION);
    REQUIRE((rc == OPTIONS_SUPPORTS) == (request.supports != NULL));
    if (rc < 0)
        check_names_option(rc, &err);
    if (rc == OPTIONS_RUN)
        check_round_trip(&request);
    for (size_t i = 0; i < size; i++)
        if (!input[i])
            input[i] = ' ';
    fuzz_check_error(rc < 0 ? rc : 0, &err, input);
    return 0;
}
