// The work never writes to the manager's socket: it leaves the news here and goes on, so a manager
// that does not read cannot stall a migration. Of the news of one kind only the newest is kept. The
// two kinds are kept apart, as managers decide by what is left after an iteration.

#include "lib/migration/emp-task.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define TELL_MS 500

static int64_t now_ms(void) {
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void wake(struct emp_task *task) {
    const uint64_t one = 1;

    // It can only fail if it is readable already.
    if (write(task->wake_fd, &one, sizeof(one)) < 0)
        return;
}

enum emp_decision emp_task_policy(struct emp_task *task, unsigned iteration, uint64_t sent_pages,
                                  int64_t dirty_pages) {
    enum emp_decision decision = EMP_CONTINUE;

    pthread_mutex_lock(&task->lock);
    if (dirty_pages >= 0) {
        task->sent_pages = sent_pages;
        task->iteration = iteration;
        task->iteration_news = (struct emp_progress){sent_pages, dirty_pages, iteration};
        task->iteration_is_news = true;
        task->pages_are_news = false;
        wake(task);
    }
    if (task->abort)
        decision = EMP_ABORT;
    else if (task->pause || !dirty_pages)
        decision = EMP_STOP_AND_COPY;
    pthread_mutex_unlock(&task->lock);
    return decision;
}

void emp_task_progress(struct emp_task *task, uint64_t done, uint64_t total) {
    int64_t now = now_ms();

    pthread_mutex_lock(&task->lock);
    if (!done || done >= total) {
        task->told_ms = now;
    } else if (now - task->told_ms >= TELL_MS) {
        task->told_ms = now;
        task->pages_news = (struct emp_progress){task->sent_pages + done, -1, task->iteration};
        task->pages_are_news = true;
        wake(task);
    }
    pthread_mutex_unlock(&task->lock);
}

static int aborted(struct error *err) {
    return error_set(err, ECANCELED, "aborted");
}

int emp_task_wait_paused(struct emp_task *task, struct error *err) {
    bool abort;

    pthread_mutex_lock(&task->lock);
    while (!task->abort && !task->paused)
        pthread_cond_wait(&task->changed, &task->lock);
    abort = task->abort;
    pthread_mutex_unlock(&task->lock);
    return abort ? aborted(err) : 0;
}

int emp_task_check(struct emp_task *task, struct error *err) {
    bool abort;

    pthread_mutex_lock(&task->lock);
    abort = task->abort;
    pthread_mutex_unlock(&task->lock);
    return abort ? aborted(err) : 0;
}

int emp_task_init(struct emp_task *task, struct error *err) {
    *task = (struct emp_task){.wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    if (task->wake_fd < 0)
        return error_set(err, errno, "cannot make an eventfd: %s", strerror(errno));
    pthread_mutex_init(&task->lock, NULL);
    pthread_cond_init(&task->changed, NULL);
    return 0;
}

void emp_task_done(struct emp_task *task) {
    close(task->wake_fd);
    pthread_cond_destroy(&task->changed);
    pthread_mutex_destroy(&task->lock);
}

static void set(struct emp_task *task, bool *flag) {
    pthread_mutex_lock(&task->lock);
    *flag = true;
    pthread_cond_broadcast(&task->changed);
    pthread_mutex_unlock(&task->lock);
}

void emp_task_abort(struct emp_task *task) {
    set(task, &task->abort);
}

void emp_task_pause(struct emp_task *task) {
    set(task, &task->pause);
}

void emp_task_paused(struct emp_task *task) {
    set(task, &task->paused);
}

void emp_task_reset_pause(struct emp_task *task) {
    pthread_mutex_lock(&task->lock);
    task->pause = false;
    task->paused = false;
    pthread_mutex_unlock(&task->lock);
}

struct emp_news emp_task_take_news(struct emp_task *task) {
    struct emp_news news;

    pthread_mutex_lock(&task->lock);
    news = (struct emp_news){
        .has_iteration = task->iteration_is_news,
        .has_pages = task->pages_are_news,
        .iteration = task->iteration_news,
        .pages = task->pages_news,
    };
    task->iteration_is_news = false;
    task->pages_are_news = false;
    pthread_mutex_unlock(&task->lock);
    return news;
}

void emp_task_woken(struct emp_task *task) {
    uint64_t count;

    if (read(task->wake_fd, &count, sizeof(count)) < 0)
        return;
}

void emp_task_finish(struct emp_task *task) {
    set(task, &task->finished);
    wake(task);
}

bool emp_task_is_finished(struct emp_task *task) {
    bool finished;

    pthread_mutex_lock(&task->lock);
    finished = task->finished;
    pthread_mutex_unlock(&task->lock);
    return finished;
}
