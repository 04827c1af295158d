// The hvm_info table: what hvmloader needs to know about vCPUs and memory.
//
// libxenguest fills it at guest address 0x9f800 with defaults; the vCPUs and the APIC are ours.
#ifndef GUEST_HVM_INFO_H
#define GUEST_HVM_INFO_H

#include <stdint.h>

#include "lib/guest/platform.h"
#include "lib/util/error.h"

#define HVM_INFO_GFN 0x9f
#define HVM_INFO_PAGE_OFFSET 0x800

// Sets apic_mode, nr_vcpus, the vCPUs online at boot and the checksum in the table within `page`
// (4096 bytes). -EILSEQ if there is no table of a known length.
int hvm_info_update(uint8_t *page, const struct platform *platform, struct error *err);

// Does so in the guest's memory.
int hvm_info_write(uint32_t domid, const struct platform *platform, struct error *err);

#endif
