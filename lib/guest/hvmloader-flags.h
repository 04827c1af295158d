// Settings that the toolstack writes for hvmloader, which reads them itself.
#ifndef GUEST_HVMLOADER_FLAGS_H
#define GUEST_HVMLOADER_FLAGS_H

#include "lib/store/store.h"
#include "lib/util/error.h"
#include "lib/util/warnings.h"

// Puts platform/acpi, acpi_s4 and acpi_s3 into the only form that hvmloader understands, "0" or
// "1": "true" in any case and numbers other than 0 become "1"; other text and a missing key become
// "0", which is worth a warning: of a missing key if it is platform/acpi, of text unless it says
// false.
int hvmloader_flags_fix(struct store *store, struct warnings *warnings, struct error *err);

#endif
