// Bytes from outside as one line of ASCII.

#include <string.h>

#include "lib/util/ascii.h"
#include "tests/unit/unit.h"

struct vector {
    const char *from, *line;
};

static const struct vector vectors[] = {
    {"", ""},
    {"plain ~ \"text\" \\x41", "plain ~ \"text\" \\x41"},
    {"\xe2\x80\xa6", "\\xe2\\x80\\xa6"},
    {"a\x80z\xff", "a\\x80z\\xff"},
    {"one\ntwo\r\n\tthree\x7f\x1b[31m", "one two   three  [31m"},
    {"\xc2\x85next", "\\xc2\\x85next"},
};

START_TEST(test_line) {
    const struct vector *v = &vectors[_i];
    char line[64];

    ck_assert_uint_eq(ascii_line(v->from, line, sizeof(line)), strlen(v->line));
    ck_assert_str_eq(line, v->line);
    ck_assert_uint_eq(ascii_line(v->from, NULL, 0), strlen(v->line));
}
END_TEST

// Every byte there is; what comes out has none that a log could stumble over.
START_TEST(test_all_bytes) {
    char from[256], line[1024];

    for (int i = 0; i < 255; i++)
        from[i] = (char)(i + 1);
    from[255] = '\0';
    ck_assert_uint_eq(ascii_line(from, line, sizeof(line)), 127 + 4 * 128);
    for (const char *c = line; *c; c++)
        ck_assert_msg(*c >= ' ' && *c <= '~', "%02x", (unsigned char)*c);
}
END_TEST

// Cut before the escape that does not fit, and nothing behind the cut.
START_TEST(test_cut) {
    static const char *const cut[] = {"", "", "a", "a", "a", "a", "a\\xe9", "a\\xe9b"};

    for (size_t room = 1; room < ARRAY_SIZE(cut); room++) {
        char line[16];

        memset(line, '#', sizeof(line));
        ck_assert_uint_eq(ascii_line("a\xe9"
                                     "b",
                                     line, room),
                          6);
        ck_assert_msg(!strcmp(line, cut[room]), "%zu: %s", room, line);
        ck_assert_int_eq(line[room], '#');
    }
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("ascii");

    tcase_add_loop_test(tcase, test_line, 0, ARRAY_SIZE(vectors));
    tcase_add_test(tcase, test_all_bytes);
    tcase_add_test(tcase, test_cut);
    return unit_run("ascii", tcase);
}
