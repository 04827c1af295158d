// The lock is the kernel's (flock), so it ends with its holder. Waiting is a poll, because flock
// itself has no time limit.
//
//   lock  locked alone by a planner, together by those who populate. Its modification time is that
//         of the last release. Its x bit is set while somebody seems to hang with it.
//   gate  locked together by planners that wait. Those who populate let them go first, so planners
//         in a queue go back to back and a stream of populate calls does not keep them out.
//
// A wait ends in vain when the lock has not been released for LIMIT_MS: a long queue moves on and
// costs no one his limit. The first who gives up sets the x bit, and all others then give up soon,
// so that a process that hangs costs each of the others one limit, not one for every lock they
// want. Who gets the lock alone clears the bit.

#include "lib/claim/ledger-lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "lib/util/cleanup.h"
#include "lib/util/stop.h"

#define LIMIT_MS 10000
// The limit while somebody seems to hang. It must outlast the populate calls that are under way, of
// which the longest fills 1 GiB, since the hang may be over.
#define HUNG_LIMIT_MS 2000

#define SHORTEST_NAP_MS 1
#define LONGEST_NAP_MS 16
// Longer than this no nap takes, however busy the machine is: this process has been stopped itself.
#define STOPPED_MS 5000

#define HUNG_MODE (S_IRUSR | S_IWUSR | S_IXUSR)
#define MODE (S_IRUSR | S_IWUSR)

struct wait {
    struct ledger_lock *lock;
    int64_t begun_ms;
    int64_t released_ms;      // when the lock was last seen to be released, or the wait began
    int64_t looked_ms;        // the last look
    struct timespec released; // modification time then
    long nap_ms;
};

int ledger_lock_open(struct ledger_lock *lock, int directory) {
    const int flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC;

    lock->lock = openat(directory, "lock", flags, MODE);
    if (lock->lock >= 0)
        lock->gate = openat(directory, "gate", flags, MODE);
    return lock->gate < 0 ? -errno : 0;
}

void ledger_lock_close(struct ledger_lock *lock) {
    if (lock->gate >= 0)
        close(lock->gate);
    if (lock->lock >= 0)
        close(lock->lock);
    *lock = LEDGER_LOCK_CLOSED;
}

static int64_t now_ms(void) {
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

// The process in a line of /proc/locks if that is about this file, else 0:
//     1: FLOCK  ADVISORY  WRITE 1234 00:15:5678 0 EOF
static long holder_in_line(char *line, const struct stat *status) {
    enum { NUMBER, KIND, MODE_WORD, ACCESS, PROCESS, FILE_WORD, NR_WORDS };
    char *words[NR_WORDS], *rest = line, name[48];

    for (int i = 0; i < NR_WORDS; i++) {
        words[i] = strtok_r(NULL, " ", &rest);
        if (!words[i])
            return 0;
    }
    snprintf(name, sizeof(name), "%02x:%02x:%lu", major(status->st_dev), minor(status->st_dev),
             (unsigned long)status->st_ino);
    return strcmp(words[KIND], "FLOCK") || strcmp(words[FILE_WORD], name) != 0
               ? 0
               : strtol(words[PROCESS], NULL, 10);
}

// A process other than this one that has the lock, or 0.
static long find_holder(const struct ledger_lock *lock) {
    CLEANUP(cleanup_fclose) FILE *file = fopen("/proc/locks", "re");
    struct stat status;
    char line[256];

    if (!file || fstat(lock->lock, &status))
        return 0;
    while (fgets(line, sizeof(line), file)) {
        long pid = holder_in_line(line, &status);

        if (pid && pid != getpid())
            return pid;
    }
    return 0;
}

static int give_up(struct wait *wait, struct error *err) {
    long holder = find_holder(wait->lock);
    char who[48] = "another process";

    if (!wait->lock->gave_up)
        fchmod(wait->lock->lock, HUNG_MODE);
    wait->lock->gave_up = true;
    if (holder)
        snprintf(who, sizeof(who), "process %ld", holder);
    return error_set(err, ETIMEDOUT, "%s holds the ledger's lock and does not release it", who);
}

static int64_t limit_ms(const struct wait *wait, const struct stat *status) {
    if (wait->lock->gave_up)
        return 0;
    return status->st_mode & S_IXUSR ? HUNG_LIMIT_MS : LIMIT_MS;
}

static bool same_time(const struct timespec *a, const struct timespec *b) {
    return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static void wait_begin(struct wait *wait, struct ledger_lock *lock) {
    struct stat status = {0};

    fstat(lock->lock, &status);
    *wait = (struct wait){.lock = lock, .released = status.st_mtim, .nap_ms = SHORTEST_NAP_MS};
    wait->begun_ms = wait->released_ms = wait->looked_ms = now_ms();
}

// Waits a little. Returns 0 to try again.
static int wait_on(struct wait *wait, struct error *err) {
    const struct timespec nap = {0, wait->nap_ms * 1000000L};
    struct stat status;
    int64_t now;
    int rc = stop_check(err);

    if (rc)
        return rc;
    if (fstat(wait->lock->lock, &status))
        return error_set(err, errno, "examining the ledger's lock: %s", strerror(errno));
    now = now_ms();
    if (!same_time(&status.st_mtim, &wait->released))
        wait->released_ms = now;
    else if (now - wait->looked_ms > STOPPED_MS)
        wait->released_ms += now - wait->looked_ms;
    wait->released = status.st_mtim;
    wait->looked_ms = now;
    if (now - wait->released_ms >= limit_ms(wait, &status))
        return give_up(wait, err);
    nanosleep(&nap, NULL);
    if (wait->nap_ms < LONGEST_NAP_MS)
        wait->nap_ms *= 2;
    return 0;
}

// Whether the lock is ours now; else *err says why if it can never be.
static int try_lock(int fd, int operation, struct error *err) {
    if (!flock(fd, operation | LOCK_NB))
        return 0;
    if (errno == EWOULDBLOCK || errno == EINTR)
        return -EWOULDBLOCK;
    return error_set(err, errno, "locking the ledger: %s", strerror(errno));
}

int ledger_lock_alone(struct ledger_lock *lock, struct error *err) {
    struct wait wait;
    struct stat status;
    bool queued = false;
    int rc;

    wait_begin(&wait, lock);
    do {
        queued = queued || !flock(lock->gate, LOCK_SH | LOCK_NB);
        rc = try_lock(lock->lock, LOCK_EX, err);
        if (rc == -EWOULDBLOCK && !(rc = wait_on(&wait, err)))
            rc = -EWOULDBLOCK;
    } while (rc == -EWOULDBLOCK);
    flock(lock->gate, LOCK_UN);
    if (rc)
        return rc;
    lock->held = lock->alone = true;
    if (!fstat(lock->lock, &status) && status.st_mode & S_IXUSR)
        fchmod(lock->lock, MODE);
    return 0;
}

int ledger_lock_together(struct ledger_lock *lock, struct error *err) {
    struct wait wait;
    int rc;

    wait_begin(&wait, lock);
    do {
        // The gate is not kept: to have had it shows that no planner waits. One that hangs while it
        // waits does not keep others out for longer than the limit, whoever else gets the lock.
        rc = lock->passes_gate ? 0 : try_lock(lock->gate, LOCK_EX, err);
        flock(lock->gate, LOCK_UN);
        if (rc == -EWOULDBLOCK && now_ms() - wait.begun_ms >= LIMIT_MS)
            lock->passes_gate = true;
        if (!rc)
            rc = try_lock(lock->lock, LOCK_SH, err);
        if (rc == -EWOULDBLOCK && !(rc = wait_on(&wait, err)))
            rc = -EWOULDBLOCK;
    } while (rc == -EWOULDBLOCK);
    lock->held = !rc;
    return rc;
}

void ledger_lock_end(struct ledger_lock *lock) {
    const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_nsec = UTIME_NOW}};

    if (!lock->held)
        return;
    lock->held = lock->alone = false;
    flock(lock->lock, LOCK_UN);
    futimens(lock->lock, times);
}
