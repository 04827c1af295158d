// What sysfs says about a device: files `resource`, `vendor` and `device`, in the input separated
// by
// '|'. The sizes are compared with another reading of the same text.

#include <ctype.h>
#include <errno.h>
#include <stdio.h>

#include "lib/guest/pci-devices.h"
#include "tests/fuzz/fuzz.h"

#define DEVICE "0000:05:00.0"
#define NR_RESOURCES 7

static const char *const names[] = {"resource", "vendor", "device"};
static char sysfs[128], directory[192];

static void write_files(char *text) {
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        const char *part = strsep(&text, "|");
        char path[256];

        snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
        fuzz_write_file(path, part ? part : "");
    }
}

// Reads a hexadecimal number of at most 64 bits. Returns where it ends, or NULL: it is none.
static const char *read_number(const char *at, uint64_t *ret) {
    unsigned digits = 0, significant = 0;

    while (*at == ' ')
        at++;
    if (at[0] == '0' && tolower((unsigned char)at[1]) == 'x' && isxdigit((unsigned char)at[2]))
        at += 2;
    for (*ret = 0; isxdigit((unsigned char)*at); at++, digits++) {
        const char digit[2] = {*at};

        *ret = *ret << 4 | strtoul(digit, NULL, 16);
        significant += *ret || significant;
    }
    return digits && significant <= 16 ? at : NULL;
}

static bool read_line(const char *at, uint64_t *ret) {
    uint64_t number[3];

    for (int i = 0; i < 3; i++) {
        at = read_number(at, &number[i]);
        if (!at)
            return false;
    }
    while (*at == ' ')
        at++;
    // Bit 8 of the flags: I/O ports.
    *ret = number[0] && !(number[2] & 0x100) ? number[1] - number[0] + 1 : 0;
    return !*at && number[1] >= number[0];
}

// Adds up the lines of `resource`; returns 0 or a negative errno.
static int read_bars(const char *text, uint64_t *ret) {
    CLEANUP(cleanup_free) char *copy = strdup(text);
    char *rest = copy;
    __uint128_t sum = *ret;

    rest[strcspn(rest, "|")] = '\0';
    for (int i = 0; i < NR_RESOURCES && rest && *rest; i++) {
        uint64_t bytes = 0;

        if (!read_line(strsep(&rest, "\n"), &bytes))
            return -EINVAL;
        sum += bytes;
        if (sum > UINT64_MAX)
            return -ERANGE;
    }
    *ret = (uint64_t)sum;
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const struct pci_address address = {.bus = 5};
    CLEANUP(cleanup_free) char *text = fuzz_text(data, size);
    struct pci_devices devices = {.bar_bytes = 0x1000};
    uint64_t expected = devices.bar_bytes;
    int expected_rc = read_bars(text, &expected);
    struct warnings warnings = {0};
    struct error err = {0};
    int rc;

    if (!*sysfs) {
        fuzz_directory("", sysfs, sizeof(sysfs));
        fuzz_directory("/bus/pci/devices/" DEVICE, directory, sizeof(directory));
    }
    write_files(text);
    rc = pci_devices_add_sysfs(&devices, sysfs, address, &warnings, &err);
    REQUIRE(rc == expected_rc);
    REQUIRE(!rc || strstr(err.text, DEVICE));
    REQUIRE(devices.bar_bytes == (rc ? 0x1000 : expected));
    REQUIRE(!rc || (!devices.mxgpu && !warnings.nr));
    REQUIRE(!devices.nr_reserved && warnings.nr <= 1 && !(warnings.nr && devices.mxgpu));
    fuzz_check_error(rc, &err, text);
    warnings_done(&warnings);
    return 0;
}
