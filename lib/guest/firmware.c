// The image is read, not mapped: a file that is replaced or cut while the guest is built would
// otherwise change under us, or kill us. It has to stay until libxenguest has built the image.
//
// An override comes from the owner of the VM, who must not get at any other file of the host. It
// may be a link, as distributions call the current image by a plainer name, but what it leads to
// must be in the image's directory. So the file is found first, without opening it for anything,
// its place checked, and then that very file is opened, whatever the name means by then.

#include "lib/guest/firmware.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
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

// Where the file behind `fd` is, without links.
static int place_of(int fd, char ret[PATH_MAX], struct error *err) {
    char link[32];
    ssize_t length;

    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    length = readlink(link, ret, PATH_MAX - 1);
    if (length < 0)
        return error_set(err, errno, "reading %s: %s", link, strerror(errno));
    ret[length] = '\0';
    return 0;
}

// Opens the directory in which `path` is, for its place only.
static int open_directory(const char *path) {
    const char *slash = strrchr(path, '/');
    CLEANUP(cleanup_free)
    char *name = slash ? strndup(path, (size_t)(slash + 1 - path)) : strdup(".");

    return name ? open(name, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
}

static int check_place(int fd, const char *path, struct error *err) {
    CLEANUP(cleanup_close) int directory = open_directory(path);
    char inside[PATH_MAX] = "", place[PATH_MAX] = "";
    size_t length;
    int rc;

    if (directory < 0)
        return error_set(err, errno, "opening the directory of firmware %s: %s", path,
                         strerror(errno));
    rc = place_of(directory, inside, err);
    if (!rc)
        rc = place_of(fd, place, err);
    if (rc)
        return rc;
    length = strcmp(inside, "/") ? strlen(inside) : 0;
    if (strncmp(place, inside, length) || (place[length] && place[length] != '/'))
        return error_set(err, EINVAL,
                         "firmware %s is a link that leads out of its directory, to %s", path,
                         place);
    return 0;
}

// Finds the file without opening it: that could wait for somebody, or do something to a device.
static int find_file(const char *path, struct error *err) {
    int fd = open(path, O_PATH | O_CLOEXEC);
    int code = errno;
    struct stat status;

    if (fd >= 0)
        return fd;
    if (code == ENOENT && !lstat(path, &status))
        return error_set(err, code, "firmware %s is a link that leads to no file", path);
    return error_set(err, code, "opening firmware %s: %s", path, strerror(code));
}

// Opens what `found`, of which only the place is known, stands for.
static int open_found(int found, const char *path, struct error *err) {
    char link[32];
    int fd;

    snprintf(link, sizeof(link), "/proc/self/fd/%d", found);
    fd = open(link, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    return fd >= 0 ? fd : error_set(err, errno, "opening firmware %s: %s", path, strerror(errno));
}

static int check_file(int fd, const char *path, struct stat *status, struct error *err) {
    if (fstat(fd, status))
        return error_set(err, errno, "examining firmware %s: %s", path, strerror(errno));
    if (!S_ISREG(status->st_mode))
        return error_set(err, EINVAL, "firmware %s is not a regular file", path);
    if (status->st_size == 0 || status->st_size > FIRMWARE_MAX_BYTES)
        return error_set(err, EFBIG, "firmware %s has %lld bytes, not 1..%u", path,
                         (long long)status->st_size, FIRMWARE_MAX_BYTES);
    return 0;
}

int firmware_read(const char *path, struct firmware *ret, struct error *err) {
    CLEANUP(cleanup_close) int found = find_file(path, err);
    CLEANUP(cleanup_close) int fd = -1;
    CLEANUP(cleanup_free) void *data = NULL;
    struct stat status;
    int rc;

    if (found < 0)
        return found;
    rc = check_place(found, path, err);
    if (!rc)
        rc = check_file(found, path, &status, err);
    if (rc)
        return rc;
    fd = open_found(found, path, err);
    if (fd < 0)
        return fd;
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
