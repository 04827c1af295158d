// The OVMF image is mapped privately rather than read, as it can be 16 MiB and is copied once more
// by libxenguest; it has to stay mapped until the image has been built.

#include "lib/guest/firmware.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/util/cleanup.h"
#include "lib/util/xen.h"

// hvmloader copies the firmware into the guest's memory below 4 GiB; real images are at most 16
// MiB.
#define FIRMWARE_MAX_BYTES (64U << 20)

static int map_file(const char *path, struct firmware *ret, struct error *err) {
    CLEANUP(cleanup_close) int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    struct stat status;
    void *data;

    if (fd < 0)
        return error_set(err, errno, "opening firmware %s: %s", path, strerror(errno));
    if (fstat(fd, &status))
        return error_set(err, errno, "examining firmware %s: %s", path, strerror(errno));
    if (!S_ISREG(status.st_mode))
        return error_set(err, EINVAL, "firmware %s is not a regular file", path);
    if (status.st_size == 0 || status.st_size > FIRMWARE_MAX_BYTES)
        return error_set(err, EFBIG, "firmware %s has %lld bytes, not 1…%u", path,
                         (long long)status.st_size, FIRMWARE_MAX_BYTES);
    data = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (data == MAP_FAILED)
        return error_set(err, errno, "mapping firmware %s: %s", path, strerror(errno));
    *ret = (struct firmware){data, (size_t)status.st_size};
    return 0;
}

int firmware_load(struct xc_dom_image *dom, const char *name, const char *ovmf_path,
                  struct firmware *firmware, struct error *err) {
    int rc;

    if (!name)
        return 0;
    if (strcmp(name, "ovmf"))
        return error_set(err, EINVAL,
                         "Xenstore key hvmloader/bios: firmware \"%s\" is not supported, only "
                         "\"ovmf\"",
                         name);
    rc = map_file(ovmf_path, firmware, err);
    if (rc)
        return rc;
    dom->system_firmware_module.data = firmware->data;
    dom->system_firmware_module.length = (uint32_t)firmware->bytes;
    return 0;
}

void firmware_done(struct firmware *firmware) {
    if (firmware->data)
        munmap(firmware->data, firmware->bytes);
    *firmware = (struct firmware){0};
}

int firmware_add_ipxe(struct xc_dom_image *dom, const char *path, bool *present,
                      struct error *err) {
    *present = !access(path, F_OK);
    if (!*present)
        return 0;
    errno = 0;
    // "ipxe" is the name under which hvmloader looks for it.
    if (xc_dom_module_file(dom, path, "ipxe"))
        return xen_error(err, dom->xch, "loading iPXE from %s", path);
    return 0;
}
