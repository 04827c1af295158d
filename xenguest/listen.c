// The manager starts this program with a pipe as its standard output, waits there for Ready, and
// then connects. Ready is written without the C library, which would keep it until the end.

#include "xenguest/listen.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/migration/emp-server.h"

static int say_ready(void *context, struct error *err) {
    static const char ready[] = "Ready\n";
    ssize_t written;

    (void)context;
    do
        written = write(STDOUT_FILENO, ready, strlen(ready));
    while (written < 0 && errno == EINTR);
    if (written < 0)
        return error_set(err, errno, "telling the emulator manager to connect: %s",
                         strerror(errno));
    return 0;
}

static void note(void *context, const char *message) {
    struct session *session = context;

    log_info(session->log, "%s", message);
}

int listen_serve(struct session *session, const struct emp_work *work, struct error *err) {
    char path[256];
    struct emp_settings settings = {
        .path = path,
        .args = EMP_ARGS_NONE,
        .idle_ms = EMP_IDLE_MS,
        .context = session,
        .ready = say_ready,
        .note = note,
    };

    // -1 is none to both.
    settings.args.mem_pnode = session->request->mem_pnode;
    snprintf(path, sizeof(path), LISTEN_SOCKET, (int)session->request->domid);
    return emp_serve(&settings, work, err);
}
