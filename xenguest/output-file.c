// The name is taken by rename, so that whoever reads the file sees the old content or the new.

#include "xenguest/output-file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/util/cleanup.h"

static mode_t usual_mode(void) {
    mode_t mask = umask(0);

    umask(mask);
    return 0666 & ~mask;
}

// Closes the stream. Returns 0 or an errno.
static int finish(FILE *out, const char *temporary, const char *path) {
    int code = ferror(out) ? EIO : 0;

    if (fflush(out) || fchmod(fileno(out), usual_mode()))
        code = errno;
    if (fclose(out) && !code)
        code = errno;
    if (!code && rename(temporary, path))
        code = errno;
    return code;
}

int output_file_write(const char *path, void (*write)(const void *context, FILE *out),
                      const void *context, struct error *err) {
    CLEANUP(cleanup_free) char *temporary = NULL;
    FILE *out;
    int fd, code;

    if (asprintf(&temporary, "%s.XXXXXX", path) < 0) {
        temporary = NULL;
        return error_set(err, ENOMEM, "no memory to write %s", path);
    }
    fd = mkstemp(temporary);
    if (fd < 0)
        return error_set(err, errno, "creating a file beside %s: %s", path, strerror(errno));
    out = fdopen(fd, "w");
    if (out) {
        write(context, out);
        code = finish(out, temporary, path);
    } else {
        code = errno;
        close(fd);
    }
    if (code)
        unlink(temporary);
    return code ? error_set(err, code, "writing %s: %s", path, strerror(code)) : 0;
}
