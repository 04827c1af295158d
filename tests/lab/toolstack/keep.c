// The command `keep`: what comes on its standard input goes into a file in which pages of zeroes
// take no memory, if it is on a tmpfs. dom0 has little, and most of a small guest's stream are such
// pages: so it can be kept without being packed, and be read as fast as from a disk.

#include "tests/lab/toolstack/arguments.h"
#include "tests/lab/toolstack/toolstack.h"

#include "lib/util/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define PAGE 4096UL
#define CHUNK (64UL * PAGE)

// Reads until the chunk is full or nothing more comes. Returns its bytes, or -1.
static ssize_t chunk_read(char *chunk) {
    size_t bytes = 0;

    while (bytes < CHUNK) {
        ssize_t nr = read(STDIN_FILENO, chunk + bytes, CHUNK - bytes);

        if (nr < 0 && errno == EINTR)
            continue;
        if (nr < 0)
            return -1;
        if (nr == 0)
            break;
        bytes += (size_t)nr;
    }
    return (ssize_t)bytes;
}

static bool is_zero(const char *page, size_t bytes) {
    return page[0] == 0 && memcmp(page, page + 1, bytes - 1) == 0;
}

static int chunk_write(int fd, const char *chunk, size_t bytes, off_t at) {
    for (size_t from = 0; from < bytes; from += PAGE) {
        size_t length = bytes - from < PAGE ? bytes - from : PAGE;

        if (is_zero(chunk + from, length))
            continue;
        if (pwrite(fd, chunk + from, length, at + (off_t)from) != (ssize_t)length)
            return -1;
    }
    return 0;
}

static int copy(int fd) {
    static char chunk[CHUNK];
    off_t at = 0;

    for (;;) {
        ssize_t bytes = chunk_read(chunk);

        if (bytes < 0)
            return -1;
        if (bytes == 0)
            return ftruncate(fd, at);
        if (chunk_write(fd, chunk, (size_t)bytes, at) < 0)
            return -1;
        at += bytes;
    }
}

int command_keep(struct toolstack *ts, int argc, char **argv, struct error *err) {
    CLEANUP(cleanup_close) int fd = -1;
    int rc;

    (void)ts;
    if (argc < 2)
        return error_set(err, EINVAL, "%s: FILE is missing", argv[0]);
    rc = argument_end(argc, argv, 2, err);
    if (rc < 0)
        return rc;
    fd = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || copy(fd) < 0)
        return error_set(err, errno, "%s: %s", argv[1], strerror(errno));
    return 0;
}
