// An error on its way up: an errno and the sentence that explains it.
//
// A function that can fail returns 0 or a negative errno and takes a `struct error *`. The place
// that understands the failure fills it with error_set; the callers in between pass it on, and the
// program reports it once. Library code never logs.
#ifndef UTIL_ERROR_H
#define UTIL_ERROR_H

// Zero-initialise before use; error_done releases it. `text` is one sentence without a final
// period or newline: what failed, why, and where it helps what to do.
struct error {
    int code;   // positive errno; 0: no error
    char *text; // owned; never NULL once code is set
};

// Replaces what `err` holds. `code` is a positive errno. Returns -code, so that a failing function
// can end with `return error_set(err, EINVAL, "...");`. Never fails: without memory the text is a
// constant that says so.
int error_set(struct error *err, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// Puts "<formatted>: " before the text that `err` holds. Returns -err->code.
int error_prefix(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

// Releases the text and makes `err` empty again.
void error_done(struct error *err);

#endif
