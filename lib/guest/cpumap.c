// A guest may have run on a larger host, so CPUs that this one does not have are no mistake, as
// long as one remains.

#include "lib/guest/cpumap.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

int cpumap_parse(const char *text, unsigned nr_cpus, uint8_t *map, struct error *err) {
    size_t length = strlen(text);
    bool any = false;

    if (strspn(text, "01") != length)
        return error_set(err, EINVAL, "\"%s\" is not a row of 0 and 1", text);
    for (unsigned cpu = 0; cpu < nr_cpus && cpu < length; cpu++) {
        if (text[cpu] == '0')
            continue;
        map[cpu / 8] |= (uint8_t)(1U << cpu % 8);
        any = true;
    }
    if (!any && strchr(text, '1'))
        return error_set(err, EINVAL, "\"%s\" names none of this host's %u CPUs", text, nr_cpus);
    if (!any)
        return error_set(err, EINVAL, "\"%s\" names no CPU", text);
    return 0;
}
