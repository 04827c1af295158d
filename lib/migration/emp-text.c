// Spacing is that of the stock program, as managers have logged it, although they parse JSON.

#include "lib/migration/emp-text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/util/ascii.h"

#define EVENT "{ \"event\" : \"MIGRATION\", \"data\": {"

struct emp_text emp_text_return(void) {
    return (struct emp_text){"{ \"return\" : {} }\n"};
}

// Of ASCII without control characters JSON escapes only these two.
static size_t escape(const char *from, char *to, size_t room) {
    size_t used = 0;

    for (; *from && used + 2 < room; from++) {
        if (*from == '"' || *from == '\\')
            to[used++] = '\\';
        to[used++] = *from;
    }
    to[used] = '\0';
    return used;
}

struct emp_text emp_text_error(const char *text) {
    static const char head[] = "{ \"error\" : \"", tail[] = "\" }\n";
    char line[EMP_TEXT_SIZE];
    struct emp_text message;
    size_t used = sizeof(head) - 1;

    ascii_line(text, line, sizeof(line));
    memcpy(message.s, head, used);
    used += escape(line, message.s + used, sizeof(message.s) - used - (sizeof(tail) - 1));
    memcpy(message.s + used, tail, sizeof(tail));
    return message;
}

struct emp_text emp_text_progress(const struct emp_progress *progress) {
    struct emp_text message;

    snprintf(message.s, sizeof(message.s),
             EVENT "\"sent\": %" PRIu64 ",\"remaining\": %" PRId64 ",\"iteration\": %u}}\n",
             progress->sent_pages, progress->remaining_pages, progress->iteration);
    return message;
}

struct emp_text emp_text_completed(void) {
    return (struct emp_text){EVENT "\"status\":\"completed\"}}\n"};
}

struct emp_text emp_text_result(const struct emp_result *result) {
    struct emp_text message;

    snprintf(message.s, sizeof(message.s),
             EVENT "\"status\":\"completed\",\"result\":\"%" PRIu64 " %" PRIu64 "\"}}\n",
             result->store_frame, result->console_frame);
    return message;
}
