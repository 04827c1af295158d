// A command is answered when it has been looked at, in the same turn. The work's news and outcome
// come after the answers, and only to those who are to hear of them.

#include "lib/migration/emp-service.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "lib/migration/emp-command.h"
#include "lib/util/cleanup.h"

int64_t emp_service_now_ms(void) {
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void emp_service_note(const struct emp_service *service, const char *format, ...) {
    char text[512];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    service->settings->note(service->settings->context, text);
}

static void refuse(struct emp_service *service, int number, const struct error *err) {
    const struct emp_text text = emp_text_error(err->text);

    emp_service_note(service, "client %d: refused: %s", number, err->text);
    emp_clients_say(&service->clients, number, &text);
}

static void execute(struct emp_service *service, int number, json_object *message) {
    CLEANUP(error_done) struct error err = {0};
    struct emp_client *client = &service->clients.client[number];
    struct emp_session *session = &service->session;
    const struct emp_text text = emp_text_return();
    struct emp_command command;
    int rc = emp_command_parse(message, &session->args, &command, &err);
    int fd = emp_client_take_fd(client, !rc && command.verb == EMP_MIGRATE_INIT);

    if (!rc) {
        emp_service_note(service, "client %d: %s", number, emp_verb_name(command.verb));
        rc = emp_session_execute(session, &command, number, fd, &err);
    } else if (fd >= 0) {
        close(fd);
    }
    if (rc)
        refuse(service, number, &err);
    else
        emp_clients_say(&service->clients, number, &text);
}

static void take_commands(struct emp_service *service, int number) {
    CLEANUP(error_done) struct error err = {0};
    struct emp_client *client = &service->clients.client[number];
    json_object *message;
    int rc = 0;

    if (emp_client_wants_input(client))
        rc = emp_client_receive(client, &err);
    while (!rc && !service->session.quit && (rc = emp_client_next(client, &message, &err)) > 0) {
        execute(service, number, message);
        json_object_put(message);
        rc = 0;
    }
    if (rc < 0)
        refuse(service, number, &err);
}

// Until all that was read is answered, or a manager that does not read has no room for an answer.
static void serve_client(struct emp_service *service, int number) {
    struct emp_client *client = &service->clients.client[number];

    do {
        take_commands(service, number);
        emp_client_send(client);
    } while (emp_client_has_input(client) && !service->session.quit);
}

static void drop_client(struct emp_service *service, int number) {
    emp_service_note(service, "client %d is gone", number);
    emp_client_close(&service->clients.client[number]);
    emp_session_forget(&service->session, number);
    service->active_ms = emp_service_now_ms();
}

static void serve_clients(struct emp_service *service) {
    int number = emp_clients_accept(&service->clients, service->socket.fd);

    if (number >= 0)
        emp_service_note(service, "client %d has connected", number);
    for (int i = 0; i < EMP_MAX_CLIENTS; i++) {
        const struct emp_client *client = &service->clients.client[i];

        if (client->fd >= 0)
            serve_client(service, i);
        if (client->fd >= 0 && emp_client_is_over(client))
            drop_client(service, i);
    }
}

// To who began it and to who wanted to know how far it is, each once.
static void tell_both(struct emp_service *service, const struct emp_text *text) {
    const struct emp_session *session = &service->session;

    emp_clients_say(&service->clients, session->initiator, text);
    if (session->progress_client != session->initiator)
        emp_clients_say(&service->clients, session->progress_client, text);
}

// What was aborted is nobody's news.
static void tell_outcome(struct emp_service *service) {
    const struct emp_session *session = &service->session;
    struct emp_text text;

    emp_service_note(service, "the work is over: %s",
                     session->err.text ? session->err.text : "complete");
    if (session->aborted)
        return;
    if (session->phase == EMP_FAILED)
        text = emp_text_error(session->err.text);
    else if (session->worker.job.kind == EMP_LOAD)
        text = emp_text_result(&session->result);
    else
        text = emp_text_completed();
    tell_both(service, &text);
}

// Only when older news have left: what a slow manager learns is the newest.
static void tell_news(struct emp_service *service) {
    struct emp_session *session = &service->session;
    struct emp_news news;
    struct emp_text text;

    if (!emp_clients_is_free(&service->clients, session->initiator) ||
        !emp_clients_is_free(&service->clients, session->progress_client))
        return;
    news = emp_task_take_news(&session->task);
    if (session->aborted)
        return;
    text = emp_text_progress(&news.iteration);
    if (news.has_iteration)
        emp_clients_say(&service->clients, session->initiator, &text);
    text = emp_text_progress(&news.pages);
    if (news.has_pages)
        emp_clients_say(&service->clients, session->progress_client, &text);
}

static void serve_work(struct emp_service *service) {
    struct emp_session *session = &service->session;

    emp_task_woken(&session->task);
    tell_news(service);
    if (emp_session_collect(session))
        tell_outcome(service);
    if (session->aborted && session->phase == EMP_RUNNING)
        emp_session_abort(session, session->aborted);
    emp_clients_send(&service->clients);
}

void emp_service_tell(struct emp_service *service, const char *error) {
    const struct emp_text text = emp_text_error(error);

    tell_both(service, &text);
    emp_clients_send(&service->clients);
}

void emp_service_turn(struct emp_service *service) {
    serve_clients(service);
    serve_work(service);
}
