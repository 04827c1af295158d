// The guest's settings, as the toolstack left them in Xenstore under platform/ and hvmloader/.
#ifndef GUEST_PLATFORM_H
#define GUEST_PLATFORM_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/guest/kernel-limits.h"
#include "lib/store/store.h"
#include "lib/util/error.h"
#include "lib/util/warnings.h"

#define PLATFORM_MAX_VCPUS 128 // hvm_info has this many bits for vCPUs that are online at boot

// Texts are owned; NULL: no such key, or an empty one.
struct platform {
    bool hvm;                  // as it was asked for
    unsigned nr_vcpus;         // vcpu/number
    unsigned nr_vcpus_online;  // vcpu/current: those that run at boot
    char **affinity;           // vcpu/<n>/affinity for each of nr_vcpus, as it stands in the key
    uint16_t weight, cap;      // vcpu/weight, vcpu/cap of the scheduler; 0: leave as it is
    unsigned cores_per_socket; // divides nr_vcpus; 0: not set
    bool apic;                 // an ACPI MADT and an APIC
    bool pae;
    bool nx;
    bool hpet;
    bool nested;             // nested virtualisation
    bool nomigrate;          // will never migrate; follows from nested
    uint64_t viridian;       // Hyper-V's interfaces: value of HVM_PARAM_VIRIDIAN; 0: none
    uint32_t tsc_mode;       // as XEN_DOMCTL_settscinfo takes it
    uint32_t x87_fip_width;  // 4 or 8 bytes; 0: automatic
    int32_t time_offset;     // seconds; the nearest that fits
    uint64_t mmio_hole_size; // bytes; 0: not set
    char *featureset;        // hexadecimal words, maybe ""; NULL: Xen's default
    char *firmware;          // hvmloader/bios; NULL: what hvmloader has built in
    char *ovmf_override;     // file name, maybe ""; NULL: the usual one
    struct kernel_limits kernel_limits; // 0: of a guest that is started by firmware
};

struct platform_request {
    bool hvm;    // an HVM or PVH guest; a PV guest has no keys of virtual hardware and of hvmloader
    bool vgpu;   // an NVIDIA vGPU will be attached
    bool kernel; // it is started from a kernel of its own, as opposed to firmware
};

// Reads all settings and checks them, and puts the keys that hvmloader will read into its form (see
// hvmloader-flags.h). Returns 0 and fills *ret, to be released with platform_done; an error names
// the key and its value.
int platform_read(struct store *store, const struct platform_request *request, struct platform *ret,
                  struct warnings *warnings, struct error *err);

void platform_done(struct platform *platform);

#endif
