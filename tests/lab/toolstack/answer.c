// xenopsd's rules. They are kept apart from pipes and processes so that a table can
// test them: the builder's answer is only as good as what xenopsd makes of it, and a builder that
// xenopsd misunderstands must not pass here.

#include "tests/lab/toolstack/answer.h"

#include "tests/lab/toolstack/ocamlint.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// The first words after `error:` that have an exception of their own.
static const char *const error_classes[] = {
    "hvm_build",          "hvm_build_params", "hvm_build_mem",    "xc_dom_allocate",
    "xc_dom_linux_build", "xc_domain_save",   "xc_domain_resume", "xc_domain_restore",
};

static bool is_error_class(const char *word) {
    for (size_t i = 0; i < sizeof(error_classes) / sizeof(error_classes[0]); i++) {
        if (strcmp(word, error_classes[i]) == 0)
            return true;
    }
    return false;
}

static int decide_failure(struct answer *answer, const char *prefix, const char *text) {
    if (asprintf(&answer->message, "%s%s", prefix, text) < 0) {
        answer->message = NULL;
        return -ENOMEM;
    }
    answer->outcome = ANSWER_FAILURE;
    return 0;
}

// The first two tokens of `text` between single blanks, and the rest behind them; NULL where there
// is none. `words[0]` owns all of them.
static int split(const char *text, char *words[3]) {
    char *rest = strdup(text);

    if (!rest)
        return -ENOMEM;
    words[0] = strsep(&rest, " ");
    words[1] = strsep(&rest, " ");
    words[2] = rest;
    return 0;
}

static int decide_result(struct answer *answer, const char *text) {
    char *words[3];
    bool valid;

    if (split(text, words) < 0)
        return -ENOMEM;
    valid = words[1] && ocaml_int_parse(words[0], OCAML_NATIVEINT, &answer->store) == 0 &&
            ocaml_int_parse(words[1], OCAML_NATIVEINT, &answer->console) == 0;
    free(words[0]);
    if (!valid)
        return decide_failure(answer, "not a result: ", text);
    answer->outcome = ANSWER_RESULT;
    return 0;
}

static int decide_error(struct answer *answer, const char *text) {
    char *words[3];

    if (split(text, words) < 0)
        return -ENOMEM;
    if (!words[1] || !is_error_class(words[0]) ||
        ocaml_int_parse(words[1], OCAML_INT, &answer->code) < 0) {
        free(words[0]);
        return decide_failure(answer, "Error from xenguesthelper: ", text);
    }
    answer->message = strdup(words[2] ? words[2] : "");
    answer->error_class = words[0]; // ends where the second word began
    if (!answer->message)
        return -ENOMEM;
    answer->outcome = ANSWER_ERROR;
    return 0;
}

static bool is_remark(const char *line) {
    return strncmp(line, "info:", 5) == 0 || strncmp(line, "stdout:", 7) == 0 ||
           strncmp(line, "stderr:", 7) == 0;
}

static int remark_add(struct answer *answer, const char *line) {
    char **grown = reallocarray(answer->remarks, answer->nr_remarks + 1, sizeof(*grown));

    if (!grown)
        return -ENOMEM;
    answer->remarks = grown;
    grown[answer->nr_remarks] = strdup(line);
    if (!grown[answer->nr_remarks])
        return -ENOMEM;
    answer->nr_remarks++;
    return 0;
}

static int line_take(struct answer *answer, const char *line) {
    if (is_remark(line))
        return remark_add(answer, line);
    if (answer->may_suspend && strncmp(line, "suspend:", 8) == 0) {
        answer->suspend = true;
        return 0;
    }
    answer->line = strdup(line);
    if (!answer->line)
        return -ENOMEM;
    if (strncmp(line, "result:", 7) == 0)
        return decide_result(answer, line + 7);
    if (strncmp(line, "error:", 6) == 0)
        return decide_error(answer, line + 6);
    if (strncmp(line, "suspend:", 8) == 0)
        return decide_failure(answer, "protocol failure: ", "suspend during a build");
    if (strchr(line, ':'))
        return decide_error(answer, "uncaught exception");
    return decide_failure(answer, "failed to parse: ", line);
}

// Appends to the pending text, which is kept as a string.
static int pending_add(struct answer *answer, const char *bytes, size_t nr) {
    char *grown = realloc(answer->pending, answer->nr_pending + nr + 1);

    if (!grown)
        return -ENOMEM;
    answer->pending = grown;
    for (size_t i = 0; i < nr; i++)
        grown[answer->nr_pending++] = (char)(bytes[i] ? bytes[i] : '?');
    grown[answer->nr_pending] = '\0';
    return 0;
}

int answer_feed(struct answer *answer, const char *bytes, size_t nr) {
    while (nr > 0 && answer->outcome == ANSWER_OPEN) {
        const char *newline = memchr(bytes, '\n', nr);
        size_t part = newline ? (size_t)(newline - bytes) : nr;
        int rc = pending_add(answer, bytes, part);

        if (rc < 0 || !newline)
            return rc;
        answer->nr_pending = 0;
        rc = line_take(answer, answer->pending);
        if (rc < 0)
            return rc;
        bytes += part + 1;
        nr -= part + 1;
    }
    return 0;
}

int answer_end(struct answer *answer) {
    int rc = 0;

    if (answer->outcome == ANSWER_OPEN && answer->nr_pending > 0) {
        answer->nr_pending = 0;
        rc = line_take(answer, answer->pending);
    }
    if (rc == 0 && answer->outcome == ANSWER_OPEN)
        rc = decide_failure(answer, "End_of_file", "");
    return rc;
}

void answer_done(struct answer *answer) {
    for (size_t i = 0; i < answer->nr_remarks; i++)
        free(answer->remarks[i]);
    free(answer->remarks);
    free(answer->line);
    free(answer->error_class);
    free(answer->message);
    free(answer->pending);
    *answer = (struct answer){0};
}
