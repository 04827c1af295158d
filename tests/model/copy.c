// Tests start from the same machine thousands of times, so copying takes what the sparse files
// really hold and nothing else.

#include "tests/model/copy.h"
#include "lib/util/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

static int range_copy(int from, int to, off_t at, off_t end) {
    off_t out = at;

    while (at < end) {
        ssize_t n = copy_file_range(from, &at, to, &out, (size_t)(end - at), 0);

        if (n <= 0)
            return n < 0 ? -errno : -EIO;
    }
    return 0;
}

static int sparse_copy(const char *from_path, const char *to_path) {
    CLEANUP(cleanup_close) int from = open(from_path, O_RDONLY | O_CLOEXEC);
    CLEANUP(cleanup_close) int to = -1;
    struct stat info;
    off_t at = 0;
    int rc = 0;

    if (from < 0 || fstat(from, &info) < 0)
        return -errno;
    to = open(to_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (to < 0 || ftruncate(to, info.st_size) < 0)
        return -errno;
    while (rc == 0 && (at = lseek(from, at, SEEK_DATA)) >= 0) {
        off_t end = lseek(from, at, SEEK_HOLE);

        rc = end < 0 ? -errno : range_copy(from, to, at, end);
        at = end;
    }
    return rc == 0 && errno != ENXIO ? -errno : rc; // ENXIO: no more data
}

int copy_machine(const char *from, const char *to) {
    char from_memory[PATH_MAX], to_memory[PATH_MAX];
    int rc = sparse_copy(from, to);

    if (rc)
        return rc;
    if (snprintf(from_memory, PATH_MAX, "%s.memory", from) >= PATH_MAX ||
        snprintf(to_memory, PATH_MAX, "%s.memory", to) >= PATH_MAX)
        return -ENAMETOOLONG;
    return sparse_copy(from_memory, to_memory);
}
