// Cases from OCaml's manual for int_of_string and Nativeint.of_string.

#include "tests/lab/toolstack/ocamlint.h"
#include "tests/unit/unit.h"

#include <errno.h>

static const struct {
    const char *text;
    enum ocaml_int_bits bits;
    int rc;
    int64_t value;
} cases[] = {
    {"0", OCAML_INT, 0, 0},
    {"-12", OCAML_INT, 0, -12},
    {"+12", OCAML_INT, 0, 12},
    {"1_000_", OCAML_INT, 0, 1000},
    {"1__0", OCAML_INT, 0, 10},
    {"007", OCAML_INT, 0, 7},
    {"0x1F", OCAML_INT, 0, 31},
    {"-0x1f", OCAML_INT, 0, -31},
    {"0o17", OCAML_INT, 0, 15},
    {"0B101", OCAML_INT, 0, 5},
    {"0u9", OCAML_INT, 0, 9},
    {"4611686018427387903", OCAML_INT, 0, INT64_C(4611686018427387903)},
    {"4611686018427387904", OCAML_INT, -EINVAL, 0},
    {"-4611686018427387904", OCAML_INT, 0, INT64_C(-4611686018427387904)},
    {"-4611686018427387905", OCAML_INT, -EINVAL, 0},
    {"0x7fffffffffffffff", OCAML_INT, 0, -1},
    {"0x8000000000000000", OCAML_INT, -EINVAL, 0},
    {"0u9223372036854775807", OCAML_INT, 0, -1},
    {"9223372036854775807", OCAML_NATIVEINT, 0, INT64_MAX},
    {"-9223372036854775808", OCAML_NATIVEINT, 0, INT64_MIN},
    {"9223372036854775808", OCAML_NATIVEINT, -EINVAL, 0},
    {"0xffffffffffffffff", OCAML_NATIVEINT, 0, -1},
    {"0x10000000000000000", OCAML_NATIVEINT, -EINVAL, 0},
    {"18446744073709551616", OCAML_NATIVEINT, -EINVAL, 0},
    {"", OCAML_INT, -EINVAL, 0},
    {"-", OCAML_INT, -EINVAL, 0},
    {"0x", OCAML_INT, -EINVAL, 0},
    {"_1", OCAML_INT, -EINVAL, 0},
    {"0x_1", OCAML_INT, -EINVAL, 0},
    {"0b2", OCAML_INT, -EINVAL, 0},
    {"1a", OCAML_INT, -EINVAL, 0},
    {" 1", OCAML_INT, -EINVAL, 0},
    {"1 ", OCAML_INT, -EINVAL, 0},
    {"--1", OCAML_INT, -EINVAL, 0},
    {"[12]", OCAML_INT, -EINVAL, 0},
};

START_TEST(conversion) {
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        int64_t value = 0;

        ck_assert_msg(ocaml_int_parse(cases[i].text, cases[i].bits, &value) == cases[i].rc &&
                          value == cases[i].value,
                      "\"%s\" as %d bits: %lld", cases[i].text, (int)cases[i].bits,
                      (long long)value);
    }
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("ocamlint");

    tcase_add_test(tcase, conversion);
    return unit_run("ocamlint", tcase);
}
