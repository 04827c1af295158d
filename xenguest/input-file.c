// Read by the stream, as a pipe has no size.

#include "xenguest/input-file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/util/cleanup.h"

static int read_stream(FILE *stream, const char *path, char **ret, struct error *err) {
    CLEANUP(cleanup_free) char *text = malloc(INPUT_FILE_MAX_BYTES + 1);
    size_t length;

    if (!text)
        return error_set(err, ENOMEM, "no memory to read %s", path);
    errno = 0;
    length = fread(text, 1, INPUT_FILE_MAX_BYTES + 1, stream);
    if (ferror(stream))
        return error_set(err, errno ? errno : EIO, "reading %s: %s", path,
                         strerror(errno ? errno : EIO));
    if (length > INPUT_FILE_MAX_BYTES)
        return error_set(err, EFBIG, "%s is larger than %d MiB", path, INPUT_FILE_MAX_BYTES >> 20);
    if (memchr(text, '\0', length))
        return error_set(err, EINVAL, "%s is not a text file", path);
    text[length] = '\0';
    *ret = strdup(text);
    return *ret ? 0 : error_set(err, ENOMEM, "no memory to read %s", path);
}

int input_file_read(const char *path, char **ret, struct error *err) {
    CLEANUP(cleanup_fclose) FILE *stream = NULL;

    if (!strcmp(path, "-"))
        return read_stream(stdin, path, ret, err);
    stream = fopen(path, "re");
    if (!stream)
        return error_set(err, errno, "opening %s: %s", path, strerror(errno));
    return read_stream(stream, path, ret, err);
}
