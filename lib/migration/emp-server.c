// One thread talks to managers and never waits for them; the work has its own (emp-worker.c). What
// ends the loop, whatever state the migration is in: the manager says quit, the work fails without
// having been told to, a signal, or nobody being there. Then what runs is aborted and waited for,
// as it has memory to give back.
//
// Of a failure the manager learns by an error, and then by the end of the connection: one manager
// heeds only the first, another only the second. As that one looks for the end before it reads, the
// end comes when it has read the error.

#include "lib/migration/emp-server.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>

#include "lib/migration/emp-service.h"
#include "lib/util/stop.h"

#define INTERRUPT_MS 100 // how often what is being aborted is interrupted
#define DEAF_MS 100      // how often somebody who may have read is looked at
#define LINGER_MS 5000   // how long a manager has to read the last that it is told

// How long nothing need be done unless something comes; -1: for ever.
static int64_t longest_wait_ms(const struct emp_service *service) {
    const struct emp_session *session = &service->session;
    int64_t left;

    if (session->aborted && session->phase == EMP_RUNNING)
        return INTERRUPT_MS;
    for (int i = 0; i < EMP_MAX_CLIENTS; i++) {
        if (service->clients.client[i].fd >= 0 && service->clients.client[i].deaf)
            return DEAF_MS;
    }
    if (emp_clients_count(&service->clients))
        return -1;
    left = service->active_ms + service->settings->idle_ms - emp_service_now_ms();
    return left > 0 ? left : 0;
}

// At the end nothing is read any more, so nobody who writes is waited for.
static unsigned fill_set(const struct emp_service *service, bool ending, struct pollfd *set) {
    unsigned nr = 0;

    set[nr++] = (struct pollfd){.fd = service->session.task.wake_fd, .events = POLLIN};
    if (!ending && emp_clients_count(&service->clients) < EMP_MAX_CLIENTS)
        set[nr++] = (struct pollfd){.fd = service->socket.fd, .events = POLLIN};
    for (int i = 0; i < EMP_MAX_CLIENTS; i++) {
        const struct emp_client *client = &service->clients.client[i];
        int events = (!ending && emp_client_wants_input(client) ? POLLIN : 0) |
                     (client->out_bytes ? POLLOUT : 0);

        // A deaf one would be ready all the time if its end is closed.
        if (client->fd >= 0 && events)
            set[nr++] = (struct pollfd){.fd = client->fd, .events = (short)events};
    }
    return nr;
}

// `mask`: that of the signals while it waits, which are blocked at other times, so that none is
// overlooked.
static void wait_for_something(const struct emp_service *service, bool ending,
                               const sigset_t *mask) {
    struct pollfd set[EMP_MAX_CLIENTS + 2];
    unsigned nr = fill_set(service, ending, set);
    int64_t ms = longest_wait_ms(service);
    const struct timespec timeout = {ms / 1000, ms % 1000 * 1000000};

    ppoll(set, nr, ms < 0 ? NULL : &timeout, mask);
}

// True if nobody is there any more who could want anything.
static bool is_deserted(const struct emp_service *service) {
    const struct emp_session *session = &service->session;

    if (emp_clients_count(&service->clients))
        return false;
    if (session->aborted && session->phase != EMP_RUNNING)
        return true;
    return emp_service_now_ms() - service->active_ms >= service->settings->idle_ms;
}

static bool has_failed(const struct emp_service *service) {
    return service->session.phase == EMP_FAILED && !service->session.aborted;
}

// Returns why what still runs is to be aborted. *err is that of a signal.
static const char *serve(struct emp_service *service, const sigset_t *mask, struct error *err) {
    // A signal that came before they were blocked is not pending any more.
    while (!stop_check(err)) {
        wait_for_something(service, false, mask);
        if (stop_check(err))
            break;
        emp_service_turn(service);
        if (service->session.quit)
            return service->session.phase == EMP_RUNNING
                       ? "the emulator manager quit before it was complete"
                       : "the emulator manager quit";
        if (has_failed(service))
            return NULL;
        if (is_deserted(service))
            return "no emulator manager is connected any more";
    }
    return "stopped by a signal";
}

static void end_work(struct emp_service *service, const char *why, const sigset_t *mask) {
    while (service->session.phase == EMP_RUNNING) {
        emp_session_abort(&service->session, why);
        wait_for_something(service, true, mask);
        emp_task_woken(&service->session.task);
        emp_clients_send(&service->clients);
        emp_session_collect(&service->session);
    }
}

static int conclude(struct emp_service *service, const sigset_t *mask, const char *why,
                    struct error *err) {
    struct emp_session *session = &service->session;

    if (why)
        emp_service_note(service, "the end: %s", err->code ? err->text : why);
    end_work(service, why, mask);
    if (err->code)
        emp_service_tell(service, err->text);
    else if (session->phase == EMP_FAILED)
        error_set(err, session->err.code, "%s", session->err.text);
    emp_clients_linger(&service->clients, LINGER_MS);
    return -err->code;
}

static void block_signals(sigset_t *ret_before) {
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &set, ret_before);
}

static int open_and_serve(struct emp_service *service, struct error *err) {
    const struct emp_settings *settings = service->settings;
    const char *why;
    sigset_t before;
    int rc;

    rc = emp_socket_open(settings->path, &service->socket, err);
    if (rc)
        return rc;
    block_signals(&before);
    service->active_ms = emp_service_now_ms();
    rc = settings->ready(settings->context, err);
    if (!rc) {
        why = serve(service, &before, err);
        rc = conclude(service, &before, why, err);
    }
    emp_clients_done(&service->clients);
    emp_socket_close(&service->socket);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return rc;
}

int emp_serve(const struct emp_settings *settings, const struct emp_work *work, struct error *err) {
    struct emp_service service = {.settings = settings};
    int rc;

    rc = emp_session_init(&service.session, work, &settings->args, err);
    if (rc)
        return rc;
    emp_clients_init(&service.clients);
    rc = open_and_serve(&service, err);
    emp_session_done(&service.session);
    return rc;
}
