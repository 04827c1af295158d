// A robust mutex in the mapping: the kernel hands it on when its holder dies. What the holder was
// doing may then be half done, so the next one checks everything before it goes on.

#include "tests/model/state.h"
#include "tests/model/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define STATE_BYTES (sizeof(struct model) + STATE_CELLS * sizeof(struct cell))

static int memory_file_open(const char *path, bool anew) {
    char name[PATH_MAX];

    if (snprintf(name, sizeof(name), "%s.memory", path) >= (int)sizeof(name))
        return -ENAMETOOLONG;
    if (anew)
        unlink(name);
    return memory_open(name);
}

static int state_map(int fd, struct model **ret) {
    void *at = mmap(NULL, STATE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, 0);

    if (at == MAP_FAILED)
        return -errno;
    *ret = at;
    return 0;
}

static void lock_init(pthread_mutex_t *lock) {
    pthread_mutexattr_t attr;

    pthread_mutexattr_init(&attr);
    pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(lock, &attr);
    pthread_mutexattr_destroy(&attr);
}

int state_create(const char *path, enum model_release release, struct model **ret) {
    int fd, rc;

    unlink(path);
    fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return -errno;
    rc = ftruncate(fd, STATE_BYTES) < 0 ? -errno : state_map(fd, ret);
    close(fd);
    if (rc)
        return rc;
    model_init(*ret, STATE_CELLS, release);
    lock_init(&(*ret)->lock);
    return memory_file_open(path, true);
}

int state_open(const char *path, struct model **ret) {
    struct stat info;
    struct model *m = NULL;
    int fd = open(path, O_RDWR | O_CLOEXEC);
    int rc;

    if (fd < 0)
        return -errno;
    rc = fstat(fd, &info) < 0 ? -errno : 0;
    if (rc == 0 && (size_t)info.st_size != STATE_BYTES)
        rc = -EINVAL;
    if (rc == 0)
        rc = state_map(fd, &m);
    close(fd);
    if (rc || !m)
        return rc;
    if (m->magic != MODEL_MAGIC || m->layout != MODEL_LAYOUT) {
        munmap(m, STATE_BYTES);
        return -EINVAL;
    }
    rc = memory_file_open(path, false);
    if (rc == 0)
        *ret = m;
    return rc;
}

static void state_lock(struct model *m) {
    int rc = pthread_mutex_lock(&m->lock);

    if (rc == EOWNERDEAD) {
        const char *wrong = heap_check(m);

        pthread_mutex_consistent(&m->lock);
        if (wrong) {
            fprintf(stderr, "model: a process died inside the model: %s\n", wrong);
            abort();
        }
    } else if (rc) {
        fprintf(stderr, "model: the state's lock is unusable (%d)\n", rc);
        abort();
    }
}

void state_run(struct model *m, void (*work)(struct model *m, void *data), void *data) {
    state_lock(m);
    work(m, data);
    pthread_mutex_unlock(&m->lock);
}
