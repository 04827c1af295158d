// A condition that fails aborts, which libFuzzer takes for a crash: it says so, keeps the input and
// ends.

#include "tests/fuzz/fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILLING 0x5a

void fuzz_fail(const char *file, int line, const char *condition) {
    fprintf(stderr, "%s:%d: not true: %s\n", file, line, condition);
    abort();
}

char *fuzz_text(const uint8_t *data, size_t size) {
    char *text = malloc(size + 1);

    REQUIRE(text);
    if (size)
        memcpy(text, data, size);
    text[size] = '\0';
    return text;
}

// An input with a backslash may mean any byte.
static bool is_ours(const char *text, const char *input) {
    for (; *text; text++) {
        if ((*text < ' ' || *text > '~') && !strchr(input, *text) && !strchr(input, '\\'))
            return false;
    }
    return true;
}

void fuzz_check_error(int rc, struct error *err, const char *input) {
    REQUIRE(rc <= 0);
    REQUIRE(err->code == -rc);
    if (!rc) {
        REQUIRE(!err->text);
        return;
    }
    REQUIRE(err->text && *err->text);
    if (!is_ours(err->text, input)) {
        fprintf(stderr, "error: %s\n", err->text);
        fuzz_fail(__FILE__, __LINE__, "what is not quoted is one line of ASCII");
    }
    error_done(err);
}

void fuzz_fill(void *output, size_t size) {
    memset(output, FILLING, size);
}

bool fuzz_is_filled(const void *output, size_t size) {
    const uint8_t *byte = output;

    while (size && byte[size - 1] == FILLING)
        size--;
    return !size;
}

void fuzz_directory(const char *below, char *ret, size_t size) {
    const char *base = getenv("TMPDIR");
    int length = snprintf(ret, size, "%s/xenguest-fuzz-%d", base ? base : "/tmp", getpid());

    REQUIRE(length > 0 && (size_t)length + strlen(below) + 1 < size);
    REQUIRE(!mkdir(ret, 0700) || errno == EEXIST);
    while (*below) {
        size_t part = strcspn(below + 1, "/") + 1;

        strncat(ret, below, part);
        REQUIRE(!mkdir(ret, 0700) || errno == EEXIST);
        below += part;
    }
}

void fuzz_write_file(const char *path, const char *text) {
    CLEANUP(cleanup_close) int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    size_t bytes = strlen(text);

    REQUIRE(fd >= 0);
    REQUIRE(write(fd, text, bytes) == (ssize_t)bytes);
}
