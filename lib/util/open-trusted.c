// Root writes to a name like /tmp/x.log at its peril: whoever may make files there can have made it
// a link to a file of root's, or another name of one, or a pipe at which root waits. Kernels guard
// against that if they are set to (fs.protected_symlinks and so on), and then not at every step.
//
// So the path is walked by hand, name by name, from one directory's descriptor to the next. Each
// name is looked up once, examined by what was found, and that is what is used: nobody can swap it
// in between. A link on /proc is the kernel's own, which alone can follow it.

#include "lib/util/open-trusted.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "lib/util/cleanup.h"

#define MAX_LINKS 40 // as many as the kernel follows

// Files may vanish and appear while they are looked at, but not for ever.
#define MAX_ATTEMPTS 10

#define OPEN_FLAGS (O_WRONLY | O_APPEND | O_NOCTTY | O_CLOEXEC)

struct walk {
    int directory;       // where `rest` starts
    char rest[PATH_MAX]; // still to be walked
    int nr_links;
};

static bool is_ours(const struct stat *status) {
    return status->st_uid == 0 || status->st_uid == geteuid();
}

// Whether others can make files in a directory, or cannot but could give themselves leave.
static bool is_shared(const struct stat *directory) {
    return !is_ours(directory) || directory->st_mode & (S_IWGRP | S_IWOTH);
}

static int check_trust(int directory, const struct stat *found) {
    struct stat status;

    if (fstat(directory, &status))
        return -errno;
    if (S_ISDIR(found->st_mode) || !is_shared(&status))
        return 0;
    if (!is_ours(found))
        return -EPERM;
    if (S_ISLNK(found->st_mode))
        return 0;
    return S_ISREG(found->st_mode) && found->st_nlink == 1 ? 0 : -EPERM;
}

static void enter(struct walk *walk, int directory) {
    if (walk->directory >= 0)
        close(walk->directory);
    walk->directory = directory;
}

static int start(struct walk *walk, const char *path) {
    const char *from = *path == '/' ? "/" : ".";
    int directory = open(from, O_PATH | O_DIRECTORY | O_CLOEXEC);

    if (directory < 0)
        return -errno;
    enter(walk, directory);
    return 0;
}

// Cuts the first name off what is left; what remains is empty behind the last one.
static int take_name(struct walk *walk, char name[NAME_MAX + 1]) {
    const char *first = walk->rest + strspn(walk->rest, "/");
    size_t length = strcspn(first, "/");
    const char *next = first + length + strspn(first + length, "/");

    if (length > NAME_MAX)
        return -ENAMETOOLONG;
    memcpy(name, first, length);
    name[length] = '\0';
    // A slash behind the last name means a directory, which cannot be written to.
    if (!length || (!*next && first[length]))
        return *walk->rest ? -EISDIR : -ENOENT;
    memmove(walk->rest, next, strlen(next) + 1);
    return 0;
}

static bool is_of_kernel(int fd) {
    struct statfs status;

    return !fstatfs(fd, &status) && status.f_type == PROC_SUPER_MAGIC;
}

// Puts a link's target in front of what is left.
static int follow(struct walk *walk, int link) {
    char target[PATH_MAX];
    ssize_t length = readlinkat(link, "", target, sizeof(target));
    size_t rest = strlen(walk->rest);
    int rc;

    if (length < 0)
        return -errno;
    if (++walk->nr_links > MAX_LINKS)
        return -ELOOP;
    if (!length || (size_t)length + 1 + rest >= sizeof(walk->rest))
        return -ENAMETOOLONG;
    memmove(walk->rest + length + (rest ? 1 : 0), walk->rest, rest + 1);
    memcpy(walk->rest, target, (size_t)length);
    if (rest)
        walk->rest[length] = '/';
    rc = *target == '/' ? start(walk, "/") : 0;
    return rc ? rc : -EINPROGRESS;
}

// Opens what `found` stands for.
static int reopen(int found) {
    char name[32];
    int fd;

    snprintf(name, sizeof(name), "/proc/self/fd/%d", found);
    fd = open(name, OPEN_FLAGS);
    return fd >= 0 ? fd : -errno;
}

static int create(const struct walk *walk, const char *name, mode_t mode) {
    int fd = openat(walk->directory, name, OPEN_FLAGS | O_CREAT | O_EXCL, mode);

    if (fd >= 0)
        return fd;
    return errno == EEXIST ? -EAGAIN : -errno;
}

// Follows a link of the kernel's: enters the directory or opens the file to which it leads.
static int pass(struct walk *walk, const char *name) {
    bool last = !*walk->rest;
    int fd = openat(walk->directory, name, last ? OPEN_FLAGS : O_PATH | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        return -errno;
    if (last)
        return fd;
    enter(walk, fd);
    return -EINPROGRESS;
}

// Goes on from what was found, and takes `found` over if it is a directory.
static int use(struct walk *walk, int *found, const char *name, const struct stat *status) {
    if (S_ISLNK(status->st_mode))
        return is_of_kernel(*found) ? pass(walk, name) : follow(walk, *found);
    if (!*walk->rest)
        return S_ISDIR(status->st_mode) ? -EISDIR : reopen(*found);
    if (!S_ISDIR(status->st_mode))
        return -ENOTDIR;
    enter(walk, *found);
    *found = -1;
    return -EINPROGRESS;
}

// One name further. Returns the file, once it is reached, or -EINPROGRESS.
static int step(struct walk *walk, mode_t mode) {
    CLEANUP(cleanup_close) int found = -1;
    char name[NAME_MAX + 1];
    struct stat status;
    int rc;

    rc = take_name(walk, name);
    if (rc)
        return rc;
    found = openat(walk->directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (found < 0)
        return errno == ENOENT && !*walk->rest ? create(walk, name, mode) : -errno;
    if (fstat(found, &status))
        return -errno;
    rc = check_trust(walk->directory, &status);
    return rc ? rc : use(walk, &found, name, &status);
}

static int walk_path(const char *path, mode_t mode) {
    struct walk walk = {.directory = -1};
    int rc;

    if (snprintf(walk.rest, sizeof(walk.rest), "%s", path) >= (int)sizeof(walk.rest))
        return -ENAMETOOLONG;
    rc = start(&walk, path);
    if (!rc)
        rc = -EINPROGRESS;
    while (rc == -EINPROGRESS)
        rc = step(&walk, mode);
    if (walk.directory >= 0)
        close(walk.directory);
    return rc;
}

int open_trusted(const char *path, mode_t mode) {
    int rc = -EAGAIN;

    for (int attempt = 0; attempt < MAX_ATTEMPTS && rc == -EAGAIN; attempt++)
        rc = walk_path(path, mode);
    return rc;
}
