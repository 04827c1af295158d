// A file is never changed, only replaced by rename: whoever reads it sees one state or the next,
// and SIGKILL leaves at most a file that is not yet named as an entry.
//
// clang-format off
//   <directory>/lock, gate      see ledger-lock.c; empty
//   <directory>/<domid>         an entry
//   <directory>/<domid>.new     an entry about to replace it
//   <directory>/<domid>.claimed the domain had a claim on a node; holds the domain's handle
// clang-format on

#include "lib/claim/ledger.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/claim/ledger-lock.h"
#include "lib/claim/ledger-text.h"
#include "lib/util/cleanup.h"

#define MAX_ENTRY_BYTES 8192

struct ledger {
    int directory;
    struct ledger_lock lock;
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

int ledger_open(const char *directory, struct ledger **ret, struct error *err) {
    CLEANUP(ledger_closep) struct ledger *ledger = malloc(sizeof(*ledger));
    int rc;

    if (!ledger)
        return error_set(err, ENOMEM, "no memory for the ledger");
    *ledger = (struct ledger){.directory = -1, .lock = LEDGER_LOCK_CLOSED};
    if (mkdir(directory, 0700) && errno != EEXIST)
        return error_set(err, errno, "creating %s: %s", directory, strerror(errno));
    rc = open_directory(directory, &ledger->directory, err);
    if (rc)
        return rc;
    rc = ledger_lock_open(&ledger->lock, ledger->directory);
    if (rc)
        return error_set(err, -rc, "opening the locks in %s: %s", directory, strerror(-rc));
    *ret = take_ptr(ledger);
    return 0;
}

int ledger_open_to_read(const char *directory, struct ledger **ret, struct error *err) {
    CLEANUP(ledger_closep) struct ledger *ledger = malloc(sizeof(*ledger));
    int rc;

    *ret = NULL;
    if (!ledger)
        return error_set(err, ENOMEM, "no memory for the ledger");
    *ledger = (struct ledger){.directory = -1, .lock = LEDGER_LOCK_CLOSED};
    rc = open_directory(directory, &ledger->directory, err);
    if (rc == -ENOENT)
        error_done(err);
    else if (!rc)
        *ret = take_ptr(ledger);
    return rc == -ENOENT ? 0 : rc;
}

void ledger_close(struct ledger *ledger) {
    if (!ledger)
        return;
    ledger_lock_close(&ledger->lock);
    if (ledger->directory >= 0)
        close(ledger->directory);
    free(ledger);
}

int ledger_lock(struct ledger *ledger, struct error *err) {
    return ledger_lock_alone(&ledger->lock, err);
}

int ledger_lock_shared(struct ledger *ledger, struct error *err) {
    return ledger_lock_together(&ledger->lock, err);
}

void ledger_unlock(struct ledger *ledger) {
    ledger_lock_end(&ledger->lock);
}

bool ledger_is_locked(const struct ledger *ledger) {
    return ledger->lock.alone;
}

// --- files ---

enum file_kind { FILE_LOCK, FILE_ENTRY, FILE_NEW, FILE_CLAIMED, FILE_UNKNOWN };

static const char *const suffixes[] = {
    [FILE_ENTRY] = "", [FILE_NEW] = ".new", [FILE_CLAIMED] = ".claimed"};

struct file_name {
    char s[32];
};

static struct file_name file_name(uint32_t domid, enum file_kind kind) {
    struct file_name name;

    snprintf(name.s, sizeof(name.s), "%" PRIu32 "%s", domid, suffixes[kind]);
    return name;
}

// The kind of the file of that name, and the domain that it is about.
static enum file_kind classify(const char *name, uint32_t *ret) {
    unsigned long domid = strtoul(name, NULL, 10);

    if (!strcmp(name, "lock") || !strcmp(name, "gate"))
        return FILE_LOCK;
    if (domid > UINT16_MAX)
        return FILE_UNKNOWN;
    *ret = (uint32_t)domid;
    for (enum file_kind kind = FILE_ENTRY; kind <= FILE_CLAIMED; kind++) {
        if (!strcmp(name, file_name(*ret, kind).s))
            return kind;
    }
    return FILE_UNKNOWN;
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

static int write_text(int directory, const char *name, const char *text) {
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

// --- reading ---

enum finding { ENTRY, NOT_UNDERSTOOD, GARBAGE };

// What cannot be read now, or is of another version of this program, may well be somebody's.
static enum finding read_entry(int directory, uint32_t domid, struct ledger_entry *ret) {
    char text[MAX_ENTRY_BYTES];
    int rc = read_text(directory, file_name(domid, FILE_ENTRY).s, text);

    if (rc)
        return rc == -EBADMSG ? GARBAGE : NOT_UNDERSTOOD;
    if (ledger_text_is_other_version(text))
        return NOT_UNDERSTOOD;
    return !ledger_text_parse(text, ret) && ret->domid == domid ? ENTRY : GARBAGE;
}

bool ledger_find(const struct ledger *ledger, uint32_t domid, struct ledger_entry *ret) {
    struct ledger_entry entry;

    if (read_entry(ledger->directory, domid, &entry) != ENTRY)
        return false;
    *ret = entry;
    return true;
}

static int append_entry(struct ledger_entry **list, size_t *nr, const struct ledger_entry *entry) {
    struct ledger_entry *longer = reallocarray(*list, *nr + 1, sizeof(**list));

    if (!longer)
        return -ENOMEM;
    longer[(*nr)++] = *entry;
    *list = longer;
    return 0;
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
        uint32_t domid;

        if (classify(file->d_name, &domid) != FILE_ENTRY ||
            read_entry(ledger->directory, domid, &entry) != ENTRY)
            continue;
        if (append_entry(&list, &nr, &entry))
            return error_set(err, ENOMEM, "no memory for the ledger's entries");
    }
    *ret = take_ptr(list);
    *ret_nr = nr;
    return 0;
}

// --- sweeping ---

// The handle that the record of a claim holds, as text; empty: it is none.
static void read_record(const struct ledger *ledger, uint32_t domid, char text[MAX_ENTRY_BYTES]) {
    if (read_text(ledger->directory, file_name(domid, FILE_CLAIMED).s, text))
        text[0] = '\0';
}

static bool is_stale(const struct ledger *ledger, const char *name, ledger_judge *judge,
                     void *context) {
    struct ledger_entry entry = {0};
    char text[MAX_ENTRY_BYTES];
    uint32_t domid = 0;

    switch (classify(name, &domid)) {
    case FILE_LOCK:
        return false;
    case FILE_ENTRY:
        switch (read_entry(ledger->directory, domid, &entry)) {
        case ENTRY:
            return judge(context, domid, entry.handle, &entry);
        case NOT_UNDERSTOOD:
            return judge(context, domid, NULL, NULL);
        case GARBAGE:
            break;
        }
        return true;
    case FILE_NEW:
        return judge(context, domid, NULL, NULL);
    case FILE_CLAIMED:
        read_record(ledger, domid, text);
        return ledger_text_parse_handle(text, entry.handle) ||
               judge(context, domid, entry.handle, NULL);
    case FILE_UNKNOWN:
        break;
    }
    return true;
}

void ledger_sweep(struct ledger *ledger, ledger_judge *judge, void *context) {
    CLEANUP(cleanup_closedir) DIR *directory = open_list(ledger);
    struct dirent *file;

    while (directory && (file = readdir(directory))) {
        if (file->d_name[0] != '.' && is_stale(ledger, file->d_name, judge, context))
            unlinkat(ledger->directory, file->d_name, 0);
    }
}

// --- writing ---

int ledger_write(struct ledger *ledger, const struct ledger_entry *entry, struct error *err) {
    CLEANUP(cleanup_free) char *text = ledger_text_make(entry);
    struct file_name name = file_name(entry->domid, FILE_ENTRY);
    struct file_name new_name = file_name(entry->domid, FILE_NEW);
    int rc;

    if (!text)
        return error_set(err, ENOMEM, "no memory for a ledger entry");
    rc = write_text(ledger->directory, new_name.s, text);
    if (!rc && renameat(ledger->directory, new_name.s, ledger->directory, name.s))
        rc = -errno;
    if (rc) {
        unlinkat(ledger->directory, new_name.s, 0);
        return error_set(err, -rc, "writing the ledger entry of domain %" PRIu32 ": %s",
                         entry->domid, strerror(-rc));
    }
    return 0;
}

static void remove_entry(int directory, uint32_t domid) {
    unlinkat(directory, file_name(domid, FILE_ENTRY).s, 0);
    unlinkat(directory, file_name(domid, FILE_NEW).s, 0);
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

int ledger_record_claim(struct ledger *ledger, uint32_t domid, const uint8_t handle[16],
                        struct error *err) {
    struct ledger_text_handle text = ledger_text_make_handle(handle);
    struct file_name name = file_name(domid, FILE_CLAIMED);
    int rc = write_text(ledger->directory, name.s, text.s);

    if (rc) {
        unlinkat(ledger->directory, name.s, 0);
        return error_set(err, -rc, "recording the claim of domain %" PRIu32 ": %s", domid,
                         strerror(-rc));
    }
    return 0;
}

bool ledger_has_claim(const struct ledger *ledger, uint32_t domid, const uint8_t handle[16]) {
    char text[MAX_ENTRY_BYTES];

    read_record(ledger, domid, text);
    return !strcmp(text, ledger_text_make_handle(handle).s);
}
