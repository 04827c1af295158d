// A manager waits for the answer to each command. One that does not, and reads nothing either, is
// heard no further when half of the queue is full. So the queue cannot overflow: the other half is
// for an event of each kind, none of which is sent while older ones wait (emp-server.c).
//
// A descriptor arrives with the first byte that it was sent with, and the kernel ends a read there,
// but bytes sent before it may be in the same read. So it belongs to the first message there that
// has a use for one, or to the one that has begun there.

#include "lib/migration/emp-client.h"

#include <errno.h>
#include <linux/sockios.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_FDS 4 // of one read; the kernel closes the others

int emp_client_open(struct emp_client *client, int fd, struct error *err) {
    int rc;

    *client = EMP_CLIENT_NONE;
    rc = emp_framing_init(&client->framing, err);
    if (rc)
        close(fd);
    else
        client->fd = fd;
    return rc;
}

static void drop_fd(struct emp_client *client) {
    if (client->passed_fd >= 0)
        close(client->passed_fd);
    client->passed_fd = -1;
}

void emp_client_close(struct emp_client *client) {
    if (client->fd >= 0)
        close(client->fd);
    drop_fd(client);
    emp_framing_done(&client->framing);
    *client = EMP_CLIENT_NONE;
}

static void turn_deaf(struct emp_client *client) {
    client->deaf = true;
    client->in_from = client->in_to;
}

static bool has_room(const struct emp_client *client) {
    return client->out_bytes <= EMP_CLIENT_OUT / 2;
}

bool emp_client_has_input(const struct emp_client *client) {
    return client->in_from < client->in_to && has_room(client);
}

bool emp_client_wants_input(const struct emp_client *client) {
    return !client->deaf && client->in_from == client->in_to && has_room(client);
}

// Keeps one descriptor. More than one at a time mean nothing.
static int take_fds(struct emp_client *client, struct msghdr *message, struct error *err) {
    bool too_many = message->msg_flags & MSG_CTRUNC;

    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
        size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        for (size_t i = 0; i < count; i++) {
            too_many = too_many || client->passed_fd >= 0;
            drop_fd(client);
            memcpy(&client->passed_fd, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
        }
    }
    if (!too_many)
        return 0;
    drop_fd(client);
    turn_deaf(client);
    return error_set(err, EPROTO, "more than one file descriptor came with a command");
}

int emp_client_receive(struct emp_client *client, struct error *err) {
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(MAX_FDS * sizeof(int))];
    struct iovec bytes = {client->in, sizeof(client->in)};
    struct msghdr message = {.msg_iov = &bytes,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof(control)};
    ssize_t size = recvmsg(client->fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

    if (size < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (size < 0)
        return error_set(err, errno, "reading from the emulator manager: %s", strerror(errno));
    client->deaf = !size;
    client->in_from = 0;
    client->in_to = (size_t)size;
    return take_fds(client, &message, err);
}

int emp_client_next(struct emp_client *client, json_object **ret, struct error *err) {
    const char *data = client->in + client->in_from;
    size_t size = client->in_to - client->in_from;
    int rc;

    if (!has_room(client))
        return 0;
    rc = emp_framing_next(&client->framing, &data, &size, ret, err);
    client->in_from = client->in_to - size;
    if (rc < 0)
        turn_deaf(client);
    return rc;
}

int emp_client_take_fd(struct emp_client *client, bool wanted) {
    bool last = client->in_from == client->in_to;
    int fd = client->passed_fd;

    if (!wanted && !last)
        return -1;
    client->passed_fd = -1;
    return fd;
}

bool emp_client_is_over(const struct emp_client *client) {
    return client->deaf && client->in_from == client->in_to && emp_client_was_heard(client);
}

void emp_client_say(struct emp_client *client, const struct emp_text *text) {
    size_t bytes = strlen(text->s);

    if (bytes > sizeof(client->out) - client->out_bytes)
        return;
    memcpy(client->out + client->out_bytes, text->s, bytes);
    client->out_bytes += bytes;
}

void emp_client_send(struct emp_client *client) {
    while (client->out_bytes) {
        ssize_t sent =
            send(client->fd, client->out, client->out_bytes, MSG_DONTWAIT | MSG_NOSIGNAL);

        if (sent < 0 && errno == EAGAIN)
            return;
        if (sent < 0 && errno != EINTR) {
            turn_deaf(client);
            client->out_bytes = 0;
        } else if (sent > 0) {
            client->out_bytes -= (size_t)sent;
            memmove(client->out, client->out + sent, client->out_bytes);
        }
    }
}

bool emp_client_was_heard(const struct emp_client *client) {
    int unread = 0;

    return !client->out_bytes && (ioctl(client->fd, SIOCOUTQ, &unread) || !unread);
}
