// The guest's settings, as the toolstack left them in Xenstore under platform/.
#ifndef GUEST_PLATFORM_H
#define GUEST_PLATFORM_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/store/store.h"
#include "lib/util/error.h"

#define PLATFORM_MAX_VCPUS 128 // hvm_info has this many bits for vCPUs that are online at boot

struct platform {
    unsigned nr_vcpus;        // vcpu/number
    unsigned nr_vcpus_online; // vcpu/current: those that run at boot
    bool apic;                // an ACPI MADT and an APIC
    bool pae;
    bool nx;
    bool hpet;
    int32_t time_offset; // seconds
    char *featureset;    // hexadecimal words; NULL: Xen's default for HVM guests
    char *firmware;      // hvmloader/bios; NULL: what hvmloader has built in
};

// Reads all settings and checks them. Also puts the keys that hvmloader will read (platform/acpi,
// acpi_s3, acpi_s4) into the only form it understands, "0" or "1". Returns 0 and fills *ret, to be
// released with platform_done; an error names the key and its value.
int platform_read(struct store *store, struct platform *ret, struct error *err);

void platform_done(struct platform *platform);

#endif
