// Only root may connect: the mode is that of the descriptor before it is bound.

#include "lib/migration/emp-socket.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 3

static int make_address(const char *path, struct sockaddr_un *ret, struct error *err) {
    *ret = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof(ret->sun_path))
        return error_set(err, ENAMETOOLONG, "socket %s: the path is too long", path);
    memcpy(ret->sun_path, path, strlen(path) + 1);
    return 0;
}

static int remove_old(const char *path, struct error *err) {
    struct stat st;

    if (lstat(path, &st))
        return errno == ENOENT ? 0 : error_set(err, errno, "socket %s: %s", path, strerror(errno));
    if (!S_ISSOCK(st.st_mode))
        return error_set(err, EEXIST, "socket %s: there is something else of that name", path);
    if (unlink(path) && errno != ENOENT)
        return error_set(err, errno, "removing the socket %s: %s", path, strerror(errno));
    return 0;
}

static int bind_and_listen(int fd, const struct sockaddr_un *address, struct emp_socket *ret,
                           struct error *err) {
    const char *path = address->sun_path;
    struct stat st;

    if (fd < 0 || fchmod(fd, S_IRUSR | S_IWUSR) ||
        bind(fd, (const struct sockaddr *)address, sizeof(*address)) || listen(fd, BACKLOG) ||
        lstat(path, &st))
        return error_set(err, errno, "listening at %s: %s", path, strerror(errno));
    ret->fd = fd;
    ret->device = st.st_dev;
    ret->inode = st.st_ino;
    return 0;
}

int emp_socket_open(const char *path, struct emp_socket *ret, struct error *err) {
    struct sockaddr_un address;
    int fd;
    int rc;

    rc = make_address(path, &address, err);
    if (!rc)
        rc = remove_old(path, err);
    if (rc)
        return rc;
    *ret = (struct emp_socket){.path = path};
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    rc = bind_and_listen(fd, &address, ret, err);
    if (rc && fd >= 0)
        close(fd);
    return rc;
}

void emp_socket_close(struct emp_socket *socket) {
    struct stat st;

    close(socket->fd);
    if (!lstat(socket->path, &st) && st.st_dev == socket->device && st.st_ino == socket->inode)
        unlink(socket->path);
}
