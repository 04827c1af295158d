// Affinities: rows of 0 and 1, for hosts of as many CPUs as make a difference.

#include <errno.h>

#include "lib/guest/cpumap.h"
#include "tests/fuzz/fuzz.h"

static const unsigned hosts[] = {1, 7, 8, 9, 64, 4095};

static bool map_has(const uint8_t *map, unsigned cpu) {
    return map[cpu / 8] >> cpu % 8 & 1;
}

static void check_map(const char *text, unsigned nr_cpus, const uint8_t *map, int rc) {
    size_t length = strlen(text);
    bool any = false;

    for (unsigned cpu = 0; cpu < (nr_cpus + 7) / 8 * 8; cpu++) {
        bool named = cpu < nr_cpus && cpu < length && text[cpu] == '1';

        REQUIRE(map_has(map, cpu) == (named && !rc));
        any |= named;
    }
    REQUIRE(rc == (any && strspn(text, "01") == length ? 0 : -EINVAL));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    CLEANUP(cleanup_free) char *text = fuzz_text(data, size);

    for (size_t i = 0; i < ARRAY_SIZE(hosts); i++) {
        CLEANUP(cleanup_free) uint8_t *map = calloc((hosts[i] + 7) / 8, 1);
        struct error err = {0};
        int rc;

        REQUIRE(map);
        rc = cpumap_parse(text, hosts[i], map, &err);
        check_map(text, hosts[i], map, rc);
        fuzz_check_error(rc, &err, text);
    }
    return 0;
}
