// Lists of PCI addresses, against a regular expression; each device once, in the order of the text.

#include <errno.h>
#include <regex.h>
#include <stdio.h>

#include "lib/guest/pci-address.h"
#include "tests/fuzz/fuzz.h"

#define ADDRESS_SIZE sizeof(((struct pci_address_text *)NULL)->s)

static bool is_address(const char *piece) {
    static regex_t regex;
    static bool compiled;

    if (!compiled)
        REQUIRE(!regcomp(&regex, "^([0-9a-f]{1,4}:)?[0-9a-f]{1,2}:([0-9a-f]|[01][0-9a-f])\\.[0-7]$",
                         REG_EXTENDED | REG_ICASE | REG_NOSUB));
    compiled = true;
    return !regexec(&regex, piece, 0, NULL, 0);
}

static bool all_are_addresses(const char *text) {
    CLEANUP(cleanup_free) char *copy = strdup(text);
    char *rest = copy;

    for (char *piece; (piece = strsep(&rest, ","));) {
        if (*piece && !is_address(piece))
            return false;
    }
    return true;
}

// A list of addresses as it comes out reads as the same list.
static void check_list(const struct pci_address *list, size_t nr) {
    CLEANUP(cleanup_free) char *text = calloc(nr + 1, ADDRESS_SIZE);
    CLEANUP(cleanup_free) struct pci_address *again = NULL;
    struct error err = {0};
    size_t again_nr = 0;
    char *end = text;

    REQUIRE(text);
    for (size_t i = 0; i < nr; i++) {
        struct pci_address_text address = pci_address_text(list[i]);

        REQUIRE(list[i].device <= 31 && list[i].function <= 7 && is_address(address.s));
        for (size_t k = 0; k < i; k++)
            REQUIRE(strcmp(pci_address_text(list[k]).s, address.s) != 0);
        end += sprintf(end, "%s%s", i ? "," : "", address.s);
    }
    REQUIRE(pci_address_list(text, &again, &again_nr, &err) == 0);
    REQUIRE(again_nr == nr);
    for (size_t i = 0; i < nr; i++)
        REQUIRE(!strcmp(pci_address_text(list[i]).s, pci_address_text(again[i]).s));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    CLEANUP(cleanup_free) char *text = fuzz_text(data, size);
    struct pci_address untouched;
    struct pci_address *list = &untouched;
    struct error err = {0};
    size_t nr = 12345;
    int rc = pci_address_list(text, &list, &nr, &err);

    REQUIRE(rc == (all_are_addresses(text) ? 0 : -EINVAL));
    fuzz_check_error(rc, &err, text);
    if (rc) {
        REQUIRE(list == &untouched && nr == 12345);
        return 0;
    }
    REQUIRE((list == NULL) == (nr == 0));
    check_list(list, nr);
    free(list);
    return 0;
}
