// The image is read, not mapped: a file that is replaced or cut while the guest is built would
// otherwise change under us, or kill us. It has to stay until libxenguest has built the image.
//
// An override comes from the owner of the VM, who must not get at any other file of the host.

#include "lib/guest/firmware.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/util/cleanup.h"
#include "lib/util/xen.h"

// hvmloader copies the firmware into the guest's memory below 4 GiB; real images are at most 16
// MiB.
#define FIRMWARE_MAX_BYTES (64U << 20)

static bool is_file_name(const char *name) {
    return *name && !strchr(name, '/') && strcmp(name, ".") && strcmp(name, "..");
}

static int ovmf_path(const struct firmware_request *request, char **ret, struct error *err) {
    const char *path = request->ovmf_path;
    const char *name = request->ovmf_override;
    const char *slash = strrchr(path, '/');
    int directory = slash ? (int)(slash + 1 - path) : 0;

    if (name && !is_file_name(name))
        return error_set(err, EINVAL,
                         "Xenstore key platform/ovmf-override: \"%s\" is not the name of a file "
                         "beside %s",
                         name, path);
    if (name)
        return asprintf(ret, "%.*s%s", directory, path, name) < 0 ? -ENOMEM : 0;
    *ret = strdup(path);
    return *ret ? 0 : -ENOMEM;
}

static int seabios_path(const struct firmware_request *request, char **ret, struct error *err) {
    if (!*request->seabios_path)
        return error_set(err, EINVAL,
                         "Xenstore key hvmloader/bios: \"seabios\" is not supported: this build of "
                         "xenguest knows no image for it (SEABIOS_PATH)");
    *ret = strdup(request->seabios_path);
    return *ret ? 0 : -ENOMEM;
}

int firmware_path(const struct firmware_request *request, char **ret, struct error *err) {
    char *path = NULL;
    int rc = 0;

    if (request->name && !strcmp(request->name, "ovmf"))
        rc = ovmf_path(request, &path, err);
    else if (request->name && !strcmp(request->name, "seabios"))
        rc = seabios_path(request, &path, err);
    else if (request->name)
        return error_set(err, EINVAL,
                         "Xenstore key hvmloader/bios: firmware \"%s\" is not supported, only "
                         "\"ovmf\" and \"seabios\"",
                         request->name);
    if (rc == -ENOMEM)
        return error_set(err, ENOMEM, "no memory for the path of the firmware");
    if (!rc)
        *ret = path;
    return rc;
}

// Reads all of `bytes`, or says why not.
static int read_all(int fd, const char *path, void *data, size_t bytes, struct error *err) {
    size_t done = 0;

    while (done < bytes) {
        ssize_t r = read(fd, (char *)data + done, bytes - done);

        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0)
            return error_set(err, errno, "reading firmware %s: %s", path, strerror(errno));
        if (r == 0)
            return error_set(err, EIO, "firmware %s became shorter while it was read", path);
        done += (size_t)r;
    }
    return 0;
}

int firmware_read(const char *path, struct firmware *ret, struct error *err) {
    CLEANUP(cleanup_close) int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    CLEANUP(cleanup_free) void *data = NULL;
    struct stat status;
    int rc;

    if (fd < 0)
        return error_set(err, errno, "opening firmware %s: %s", path, strerror(errno));
    if (fstat(fd, &status))
        return error_set(err, errno, "examining firmware %s: %s", path, strerror(errno));
    if (!S_ISREG(status.st_mode))
        return error_set(err, EINVAL, "firmware %s is not a regular file", path);
    if (status.st_size == 0 || status.st_size > FIRMWARE_MAX_BYTES)
        return error_set(err, EFBIG, "firmware %s has %lld bytes, not 1..%u", path,
                         (long long)status.st_size, FIRMWARE_MAX_BYTES);
    data = malloc((size_t)status.st_size);
    if (!data)
        return error_set(err, ENOMEM, "no memory for firmware %s", path);
    rc = read_all(fd, path, data, (size_t)status.st_size, err);
    if (!rc)
        *ret = (struct firmware){take_ptr(data), (size_t)status.st_size};
    return rc;
}

int firmware_load(struct xc_dom_image *dom, const struct firmware_request *request,
                  struct firmware *firmware, struct error *err) {
    CLEANUP(cleanup_free) char *path = NULL;
    int rc;

    rc = firmware_path(request, &path, err);
    if (rc || !path)
        return rc;
    rc = firmware_read(path, firmware, err);
    if (rc)
        return rc;
    dom->system_firmware_module.data = firmware->data;
    dom->system_firmware_module.length = (uint32_t)firmware->bytes;
    return 0;
}

void firmware_done(struct firmware *firmware) {
    free(firmware->data);
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
