// A guest's settings: any tree of keys is either refused with the name of a key, or understood as
// the keys say; and what is written back for hvmloader is what hvmloader understands.

#include <errno.h>
#include <stdio.h>
#include <strings.h>

#include "lib/guest/platform.h"
#include "tests/fuzz/fake-xenstore.h"
#include "tests/fuzz/fuzz.h"

// Another reading of a number that the parser has accepted.
static uint64_t number(const struct xsls *tree, const char *key) {
    const char *text = xsls_value(tree, key);
    uint64_t value;

    if (!text || !*text || !strcasecmp(text, "false"))
        return 0;
    if (!strcasecmp(text, "true"))
        return 1;
    errno = 0;
    value = strtoull(text, NULL, strncasecmp(text, "0x", 2) ? 10 : 16);
    REQUIRE(!errno);
    return value;
}

// Seconds, cut to 32 bits.
static int64_t time_offset(const struct xsls *tree) {
    const char *text = xsls_value(tree, "platform/timeoffset");
    int64_t value = text ? strtoll(text, NULL, 10) : 0;

    if (value < INT32_MIN)
        return INT32_MIN;
    return value > INT32_MAX ? INT32_MAX : value;
}

static void check_text(const struct xsls *tree, const char *key, const char *got) {
    const char *text = xsls_value(tree, key);

    REQUIRE(!text == !got && (!text || !strcmp(text, got)));
}

static void check_numbers(const struct xsls *tree, const struct platform *p, bool hvm) {
    REQUIRE(p->nr_vcpus == number(tree, "platform/vcpu/number"));
    REQUIRE(p->nr_vcpus >= 1 && p->nr_vcpus <= PLATFORM_MAX_VCPUS);
    REQUIRE(p->nr_vcpus_online == number(tree, "platform/vcpu/current"));
    REQUIRE(p->nr_vcpus_online >= 1 && p->nr_vcpus_online <= p->nr_vcpus);
    REQUIRE(p->weight == number(tree, "platform/vcpu/weight"));
    REQUIRE(p->cap == number(tree, "platform/vcpu/cap"));
    REQUIRE(p->cores_per_socket == (hvm ? number(tree, "platform/cores-per-socket") : 0));
    REQUIRE(!p->cores_per_socket || p->nr_vcpus % p->cores_per_socket == 0);
    REQUIRE(p->tsc_mode == number(tree, "platform/tsc_mode") && p->tsc_mode <= 3);
    REQUIRE(p->x87_fip_width == 0 || p->x87_fip_width == 4 || p->x87_fip_width == 8);
    // What a PV guest has not is not looked at.
    REQUIRE(p->time_offset == (hvm ? time_offset(tree) : 0));
    REQUIRE(p->mmio_hole_size == (hvm ? number(tree, "platform/mmio_hole_size") : 0));
}

static void check_flags(const struct xsls *tree, const struct platform *p, bool hvm) {
    const char *hpet = xsls_value(tree, "platform/hpet");

    REQUIRE(p->apic == (number(tree, "platform/apic") != 0));
    REQUIRE(p->pae == (number(tree, "platform/pae") != 0));
    REQUIRE(p->nx == (number(tree, "platform/nx") != 0));
    REQUIRE(p->hpet == (!hpet || !*hpet || number(tree, "platform/hpet") != 0));
    REQUIRE(p->nomigrate == (number(tree, "platform/nomigrate") || p->nested));
    REQUIRE(!p->viridian == !(hvm && number(tree, "platform/viridian")));
}

static void check_texts(const struct xsls *tree, const struct platform *p) {
    for (unsigned vcpu = 0; vcpu < p->nr_vcpus; vcpu++) {
        char key[64];

        snprintf(key, sizeof(key), "platform/vcpu/%u/affinity", vcpu);
        check_text(tree, key, p->affinity[vcpu]);
    }
    check_text(tree, "platform/featureset", p->featureset);
    check_text(tree, "platform/ovmf-override", p->ovmf_override);
    if (p->firmware)
        check_text(tree, "hvmloader/bios", p->firmware);
    REQUIRE(!p->firmware || *p->firmware);
}

// hvmloader knows "0" and "1".
static void check_written(const struct xsls *tree, size_t nr_before) {
    static const char *const keys[] = {"platform/acpi", "platform/acpi_s4", "platform/acpi_s3"};

    for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
        const char *text = xsls_value(tree, keys[i]);

        REQUIRE(text && (!strcmp(text, "0") || !strcmp(text, "1")));
    }
    REQUIRE(tree->nr <= nr_before + ARRAY_SIZE(keys));
}

static int read_platform(struct xsls *tree, struct platform_request request, const char *input) {
    CLEANUP(store_closep) struct store *store = NULL;
    struct platform platform;
    struct warnings warnings = {0};
    struct error err = {0};
    size_t nr_before = tree->nr;
    int rc;

    fuzz_fill(&platform, sizeof(platform));
    fake_xenstore_serve(tree);
    REQUIRE(store_open(7, &store, &err) == 0);
    rc = platform_read(store, &request, &platform, &warnings, &err);
    if (rc) {
        REQUIRE(rc == -EINVAL || rc == -ERANGE);
        REQUIRE(strstr(err.text, "Xenstore key platform/"));
        REQUIRE(fuzz_is_filled(&platform, sizeof(platform)) && tree->nr == nr_before);
    } else {
        check_numbers(tree, &platform, request.hvm);
        check_flags(tree, &platform, request.hvm);
        check_texts(tree, &platform);
        check_written(tree, nr_before);
        platform_done(&platform);
    }
    fuzz_check_error(rc, &err, input);
    warnings_done(&warnings);
    return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    CLEANUP(cleanup_free) char *text = fuzz_text(data, size);
    struct xsls tree = {0};
    struct error err = {0};

    // What stands before an error counts, so that most inputs are trees.
    xsls_parse(text, &tree, &err);
    error_done(&err);
    if (!read_platform(&tree, (struct platform_request){.hvm = true, .vgpu = true}, text)) {
        // All is as hvmloader needs it, so nothing is written again.
        size_t nr = tree.nr;

        REQUIRE(!read_platform(&tree, (struct platform_request){0}, text) && tree.nr == nr);
    }
    xsls_done(&tree);
    return 0;
}
