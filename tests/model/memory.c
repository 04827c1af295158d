// Guest memory is real memory, so that what a builder writes can be read back byte for byte. The
// file is longer than any machine's memory and holds only what somebody has touched. Without an
// open file, as in tests of the allocator alone, there are no contents.

#include "tests/model/memory.h"
#include "tests/model/model.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

// The file's end covers every frame number that a host can have (64 nodes of 1 TiB).
#define MEMORY_FILE_BYTES (1LL << 46)

static int memory_fd = -1;

// Some file systems allow less; then it is as long as they allow.
static int extend(int fd) {
    off_t bytes = MEMORY_FILE_BYTES;

    while (ftruncate(fd, bytes) < 0) {
        if (errno != EFBIG || bytes == MODEL_PAGE)
            return -errno;
        bytes /= 2;
    }
    return 0;
}

int memory_open(const char *path) {
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    int rc = 0;

    if (fd < 0)
        return -errno;
    if (lseek(fd, 0, SEEK_END) == 0)
        rc = extend(fd);
    if (rc) {
        close(fd);
        return rc;
    }
    if (memory_fd >= 0)
        close(memory_fd);
    memory_fd = fd;
    return 0;
}

void memory_discard(struct model *m, uint64_t mfn, uint64_t nr) {
    (void)m;
    if (memory_fd >= 0)
        fallocate(memory_fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)(mfn * MODEL_PAGE),
                  (off_t)(nr * MODEL_PAGE));
}

int memory_map(void *address, int prot, uint64_t mfn) {
    void *at = mmap(address, MODEL_PAGE, prot, MAP_SHARED | MAP_FIXED, memory_fd,
                    (off_t)(mfn * MODEL_PAGE));

    return at == MAP_FAILED ? -errno : 0;
}

int memory_read(uint64_t mfn, size_t offset, void *data, size_t size) {
    ssize_t n = pread(memory_fd, data, size, (off_t)(mfn * MODEL_PAGE + offset));

    if (n < 0)
        return -errno;
    return (size_t)n == size ? 0 : -EIO;
}

int memory_write(uint64_t mfn, size_t offset, const void *data, size_t size) {
    ssize_t n = pwrite(memory_fd, data, size, (off_t)(mfn * MODEL_PAGE + offset));

    if (n < 0)
        return -errno;
    return (size_t)n == size ? 0 : -EIO;
}
