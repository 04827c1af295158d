// Integers as OCaml reads them.
#ifndef LAB_OCAMLINT_H
#define LAB_OCAMLINT_H

#include <stdint.h>

enum ocaml_int_bits {
    OCAML_INT = 63,       // int_of_string on a 64-bit host
    OCAML_NATIVEINT = 64, // Nativeint.of_string
};

// Converts all of `text`: an optional sign, an optional base (0x, 0o, 0b, 0u), digits with single
// or repeated `_` after the first. Decimal numbers must fit the signed type; numbers with a base
// must fit the unsigned one and wrap. Returns 0 and sets *ret, or -EINVAL where OCaml raises
// Failure.
int ocaml_int_parse(const char *text, enum ocaml_int_bits bits, int64_t *ret);

#endif
