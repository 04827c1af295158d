// A device that is skipped because its address was not understood would be given to the guest
// without its reserved memory, and write into the guest's RAM. So nothing is skipped.

#include "lib/guest/pci-address.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/util/cleanup.h"

#define MAX_DEVICE 0x1f
#define MAX_FUNCTION 7

struct pci_address_text pci_address_text(struct pci_address address) {
    struct pci_address_text text;

    snprintf(text.s, sizeof(text.s), "%04x:%02x:%02x.%x", address.segment, address.bus,
             address.device, address.function);
    return text;
}

// Parses 1…max_digits hexadecimal digits at *text, moves it behind them and the `end` that must
// follow.
static bool take_number(const char **text, int max_digits, char end, unsigned *ret) {
    const char *c = *text;
    unsigned value = 0;
    int digits = 0;

    while (isxdigit((unsigned char)*c) && digits < max_digits) {
        unsigned digit = isdigit((unsigned char)*c)
                             ? (unsigned)(*c - '0')
                             : (unsigned)(tolower((unsigned char)*c) - 'a') + 10;

        value = value << 4 | digit;
        digits++;
        c++;
    }
    if (!digits || *c != end)
        return false;
    *ret = value;
    *text = end ? c + 1 : c;
    return true;
}

static int parse_address(const char *text, struct pci_address *ret) {
    unsigned segment = 0, bus, device, function;
    const char *rest = text;

    if (!take_number(&rest, 4, ':', &segment))
        return -EINVAL;
    if (!take_number(&rest, 2, ':', &bus)) {
        rest = text;
        segment = 0;
        if (!take_number(&rest, 2, ':', &bus))
            return -EINVAL;
    }
    if (!take_number(&rest, 2, '.', &device) || !take_number(&rest, 1, '\0', &function) ||
        device > MAX_DEVICE || function > MAX_FUNCTION)
        return -EINVAL;
    *ret =
        (struct pci_address){(uint16_t)segment, (uint8_t)bus, (uint8_t)device, (uint8_t)function};
    return 0;
}

static bool is_listed(const struct pci_address *list, size_t nr, struct pci_address address) {
    for (size_t i = 0; i < nr; i++) {
        if (!strcmp(pci_address_text(list[i]).s, pci_address_text(address).s))
            return true;
    }
    return false;
}

static int add_piece(const char *piece, struct pci_address **list, size_t *nr, struct error *err) {
    struct pci_address address;
    struct pci_address *larger;

    if (parse_address(piece, &address))
        return error_set(err, EINVAL,
                         "option -pci_passthrough: \"%s\" is not a PCI address such as "
                         "0000:05:00.0",
                         piece);
    if (is_listed(*list, *nr, address))
        return 0;
    larger = reallocarray(*list, *nr + 1, sizeof(*larger));
    if (!larger)
        return error_set(err, ENOMEM, "no memory for a list of PCI devices");
    larger[(*nr)++] = address;
    *list = larger;
    return 0;
}

int pci_address_list(const char *text, struct pci_address **ret, size_t *ret_nr,
                     struct error *err) {
    CLEANUP(cleanup_free) char *copy = strdup(text);
    CLEANUP(cleanup_free) struct pci_address *list = NULL;
    char *rest = copy;
    char *piece;
    size_t nr = 0;
    int rc = 0;

    if (!copy)
        return error_set(err, ENOMEM, "no memory for a list of PCI devices");
    while (!rc && (piece = strsep(&rest, ",")) != NULL) {
        if (*piece)
            rc = add_piece(piece, &list, &nr, err);
    }
    if (rc)
        return rc;
    *ret = take_ptr(list);
    *ret_nr = nr;
    return 0;
}
