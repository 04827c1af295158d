// A file is never changed, only replaced by rename: whoever reads it sees one state or the next,
// and SIGKILL leaves at most a file that is not yet named as an entry. The lock is the kernel's
// (flock), so it ends with its holder.
//
//   <directory>/lock         what is locked; empty
//   <directory>/gate         held while waiting for the lock, so that a stream of populating
//   builders
//                            does not keep planners from it for ever; empty
//   <directory>/<domid>      an entry
//   <directory>/<domid>.new  an entry about to replace it

#include "lib/memory/ledger.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/memory/ledger-text.h"
#include "lib/util/cleanup.h"

#define LOCK_WAIT_MS 10000
#define LOCK_POLL_MS 1
#define MAX_ENTRY_BYTES 8192

struct ledger {
    int directory;
    int lock;
    int gate;
};

static void ledger_closep(struct ledger **ledger) {
    ledger_close(*ledger);
}

// Opens the directory if it can be trusted. *ret is to be closed whenever it is not negative.
static int open_directory(const char *path, int *ret, struct error *err) {
    struct stat status;

    *ret = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (*ret < 0)
        return error_set(err, errno, "opening %s: %s", path, strerror(errno));
    if (fstat(*ret, &status))
        return error_set(err, errno, "examining %s: %s", path, strerror(errno));
    if (status.st_uid != geteuid() || status.st_mode & (S_IWGRP | S_IWOTH))
        return error_set(err, EPERM, "%s belongs to, or can be written by, somebody else", path);
    return 0;
}

static int open_lock(const struct ledger *ledger, const char *name) {
    return openat(ledger->directory, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
}

int ledger_open(const char *directory, struct ledger **ret, struct error *err) {
    CLEANUP(ledger_closep) struct ledger *ledger = malloc(sizeof(*ledger));
    int rc;

    if (!ledger)
        return error_set(err, ENOMEM, "no memory for the ledger");
    *ledger = (struct ledger){-1, -1, -1};
    if (mkdir(directory, 0700) && errno != EEXIST)
        return error_set(err, errno, "creating %s: %s", directory, strerror(errno));
    rc = open_directory(directory, &ledger->directory, err);
    if (rc)
        return rc;
    ledger->lock = open_lock(ledger, "lock");
    if (ledger->lock >= 0)
        ledger->gate = open_lock(ledger, "gate");
    if (ledger->gate < 0)
        return error_set(err, errno, "opening the locks in %s: %s", directory, strerror(errno));
    *ret = take_ptr(ledger);
    return 0;
}

void ledger_close(struct ledger *ledger) {
    if (!ledger)
        return;
    if (ledger->gate >= 0)
        close(ledger->gate);
    if (ledger->lock >= 0)
        close(ledger->lock);
    if (ledger->directory >= 0)
        close(ledger->directory);
    free(ledger);
}

// Waits for a lock for as long as *left_ms, which is reduced by that.
static int wait_lock(int fd, int operation, int *left_ms) {
    const struct timespec pause = {0, LOCK_POLL_MS * 1000000L};

    for (; *left_ms > 0; *left_ms -= LOCK_POLL_MS) {
        if (!flock(fd, operation | LOCK_NB))
            return 0;
        if (errno != EWOULDBLOCK && errno != EINTR)
            return -errno;
        nanosleep(&pause, NULL);
    }
    return -ETIMEDOUT;
}

int ledger_lock(struct ledger *ledger, struct error *err) {
    int left_ms = LOCK_WAIT_MS;
    int rc = wait_lock(ledger->gate, LOCK_EX, &left_ms);

    if (!rc)
        rc = wait_lock(ledger->lock, LOCK_EX, &left_ms);
    flock(ledger->gate, LOCK_UN);
    if (rc)
        return error_set(err, -rc, "locking the ledger: %s", strerror(-rc));
    return 0;
}

void ledger_share(struct ledger *ledger) {
    int left_ms = LOCK_WAIT_MS;

    if (!wait_lock(ledger->gate, LOCK_SH, &left_ms))
        wait_lock(ledger->lock, LOCK_SH, &left_ms);
    flock(ledger->gate, LOCK_UN);
}

void ledger_unlock(struct ledger *ledger) {
    flock(ledger->lock, LOCK_UN);
}

// --- reading ---

// Whether `name` is that of an entry, "<domid>".
static bool is_entry_name(const char *name, uint32_t *ret) {
    char expected[16];
    unsigned long domid = strtoul(name, NULL, 10);

    if (domid > UINT16_MAX)
        return false;
    snprintf(expected, sizeof(expected), "%lu", domid);
    *ret = (uint32_t)domid;
    return !strcmp(name, expected);
}

// Reads a file of ours whole, NUL-terminated. -EBADMSG: it is none of ours.
static int read_text(int directory, const char *name, char text[MAX_ENTRY_BYTES]) {
    CLEANUP(cleanup_close)
    int fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    struct stat status;
    ssize_t length;

    if (fd < 0)
        return errno == ELOOP ? -EBADMSG : -errno;
    if (fstat(fd, &status))
        return -errno;
    if (!S_ISREG(status.st_mode) || status.st_uid != geteuid() ||
        status.st_mode & (S_IWGRP | S_IWOTH))
        return -EBADMSG;
    length = read(fd, text, MAX_ENTRY_BYTES - 1);
    if (length < 0)
        return -errno;
    text[length] = '\0';
    return length < MAX_ENTRY_BYTES - 1 && strlen(text) == (size_t)length ? 0 : -EBADMSG;
}

enum finding { ENTRY, NOT_UNDERSTOOD, GARBAGE };

// What cannot be read now, or is of another version of this program, may well be somebody's.
static enum finding read_entry(int directory, const char *name, struct ledger_entry *ret) {
    char text[MAX_ENTRY_BYTES];
    uint32_t domid;
    int rc;

    if (!is_entry_name(name, &domid))
        return GARBAGE;
    rc = read_text(directory, name, text);
    if (rc)
        return rc == -EBADMSG ? GARBAGE : NOT_UNDERSTOOD;
    if (ledger_text_is_other_version(text))
        return NOT_UNDERSTOOD;
    return !ledger_text_parse(text, ret) && ret->domid == domid ? ENTRY : GARBAGE;
}

static int append_entry(struct ledger_entry **list, size_t *nr, const struct ledger_entry *entry) {
    struct ledger_entry *longer = reallocarray(*list, *nr + 1, sizeof(**list));

    if (!longer)
        return -ENOMEM;
    longer[(*nr)++] = *entry;
    *list = longer;
    return 0;
}

static void cleanup_closedir(DIR **directory) {
    if (*directory)
        closedir(*directory);
}

static DIR *open_list(const struct ledger *ledger) {
    int fd = openat(ledger->directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *directory = fd < 0 ? NULL : fdopendir(fd);

    if (!directory && fd >= 0)
        close(fd);
    return directory;
}

int ledger_read(struct ledger *ledger, struct ledger_entry **ret, size_t *ret_nr,
                struct error *err) {
    CLEANUP(cleanup_closedir) DIR *directory = open_list(ledger);
    CLEANUP(cleanup_free) struct ledger_entry *list = NULL;
    struct dirent *file;
    size_t nr = 0;

    if (!directory)
        return error_set(err, errno, "listing the ledger: %s", strerror(errno));
    while ((file = readdir(directory))) {
        struct ledger_entry entry;
        const char *name = file->d_name;
        enum finding finding;

        // An entry that is being replaced is left to its owner.
        if (name[0] == '.' || !strcmp(name, "lock") || !strcmp(name, "gate") ||
            strstr(name, ".new"))
            continue;
        finding = read_entry(ledger->directory, name, &entry);
        if (finding == GARBAGE)
            unlinkat(ledger->directory, name, 0);
        else if (finding == ENTRY && append_entry(&list, &nr, &entry))
            return error_set(err, ENOMEM, "no memory for the ledger's entries");
    }
    *ret = take_ptr(list);
    *ret_nr = nr;
    return 0;
}

// --- writing ---

static int write_new(int directory, const char *name, const char *text) {
    CLEANUP(cleanup_close) int fd = -1;
    size_t bytes = strlen(text);
    ssize_t written;

    unlinkat(directory, name, 0);
    fd = openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return -errno;
    written = write(fd, text, bytes);
    if (written < 0)
        return -errno;
    return (size_t)written == bytes ? 0 : -ENOSPC;
}

int ledger_write(struct ledger *ledger, const struct ledger_entry *entry, struct error *err) {
    CLEANUP(cleanup_free) char *text = ledger_text_make(entry);
    char name[16], new_name[24];
    int rc;

    if (!text)
        return error_set(err, ENOMEM, "no memory for a ledger entry");
    snprintf(name, sizeof(name), "%" PRIu32, entry->domid);
    snprintf(new_name, sizeof(new_name), "%s.new", name);
    rc = write_new(ledger->directory, new_name, text);
    if (!rc && renameat(ledger->directory, new_name, ledger->directory, name))
        rc = -errno;
    if (rc) {
        unlinkat(ledger->directory, new_name, 0);
        return error_set(err, -rc, "writing the ledger entry of domain %" PRIu32 ": %s",
                         entry->domid, strerror(-rc));
    }
    return 0;
}

static void remove_entry(int directory, uint32_t domid) {
    char name[24];

    snprintf(name, sizeof(name), "%" PRIu32, domid);
    unlinkat(directory, name, 0);
    snprintf(name, sizeof(name), "%" PRIu32 ".new", domid);
    unlinkat(directory, name, 0);
}

void ledger_remove(struct ledger *ledger, uint32_t domid) {
    remove_entry(ledger->directory, domid);
}

int ledger_forget(const char *directory, uint32_t domid, struct error *err) {
    CLEANUP(cleanup_close) int fd = -1;
    int rc = open_directory(directory, &fd, err);

    if (!rc)
        remove_entry(fd, domid);
    return rc;
}

// --- processes ---

// Field 22 of /proc/<pid>/stat; the second, the name in parentheses, may contain anything.
static int process_start_time(pid_t pid, uint64_t *ret) {
    CLEANUP(cleanup_fclose) FILE *file = NULL;
    char path[32], text[1024];
    const char *at;
    size_t length;

    snprintf(path, sizeof(path), "/proc/%d/stat", pid);
    file = fopen(path, "re");
    if (!file)
        return -errno;
    errno = 0;
    length = fread(text, 1, sizeof(text) - 1, file);
    text[length] = '\0';
    at = strrchr(text, ')');
    for (int field = 2; at && field < 22; field++)
        at = strchr(at + 1, ' ');
    // ESRCH, if it has died since it was opened.
    if (!at)
        return errno ? -errno : -EIO;
    *ret = strtoull(at + 1, NULL, 10);
    return 0;
}

int ledger_entry_own(struct ledger_entry *entry, struct error *err) {
    int rc;

    entry->process = getpid();
    rc = process_start_time(entry->process, &entry->start_time);
    if (rc)
        return error_set(err, -rc, "reading /proc/%d/stat: %s", entry->process, strerror(-rc));
    return 0;
}

bool ledger_entry_alive(const struct ledger_entry *entry) {
    uint64_t start_time = 0;
    int rc;

    if (!entry->process)
        return true;
    rc = process_start_time(entry->process, &start_time);
    // Whether there is such a process may not be found out, for want of memory, say.
    return rc ? rc != -ENOENT && rc != -ESRCH : start_time == entry->start_time;
}

uint64_t ledger_entry_pages(const struct ledger_entry *entry) {
    uint64_t nr_pages = entry->nodeless_pages;

    for (unsigned node = 0; node < HOST_MAX_NODES; node++)
        nr_pages += entry->node_pages[node];
    return nr_pages;
}

void ledger_entry_reduce(struct ledger_entry *entry, uint64_t nr_pages) {
    for (unsigned node = 0; node <= HOST_MAX_NODES; node++) {
        uint64_t *pages = node < HOST_MAX_NODES ? &entry->node_pages[node] : &entry->nodeless_pages;
        uint64_t less = *pages < nr_pages ? *pages : nr_pages;

        *pages -= less;
        nr_pages -= less;
    }
}
