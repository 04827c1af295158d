// The text is what Xen 4.17 and later print, since tools read it: the lab
// compares it with what real Xen prints.

#include "tests/model/console.h"
#include "tests/model/domain.h"
#include "tests/model/model.h"

#include <stdarg.h>
#include <stdio.h>

static void console_put(struct console *console, const char *text) {
    while (*text)
        console->ring[console->written++ % CONSOLE_BYTES] = *text++;
}

static __attribute__((format(printf, 2, 3))) void console_print(struct model *m, const char *format,
                                                                ...) {
    char line[256];
    va_list args;

    va_start(args, format);
    // clang-tidy 14 forgets va_start when it checks several files. NOLINTNEXTLINE
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    console_put(&m->console, line);
}

static void nodes_print(struct model *m) {
    for (uint32_t node = 0; node < HEAP_MAX_NODES; node++) {
        uint64_t first, span;

        if (!(m->heap.online & (1ULL << node)))
            continue;
        span = heap_node_span(&m->heap, node, &first);
        console_print(m, "(XEN) NODE%u start->%llu size->%llu free->%llu", node,
                      (unsigned long long)first, (unsigned long long)span,
                      (unsigned long long)heap_node_free(&m->heap, node));
        if (claim_on_node_known(m))
            console_print(m, " claimed->%llu", (unsigned long long)m->heap.claimed[node]);
        console_print(m, "\n");
    }
}

static void cpus_print(struct model *m) {
    uint32_t first = 0;

    for (uint32_t cpu = 1; cpu <= m->nr_cpus; cpu++) {
        if (cpu < m->nr_cpus && m->cpu[cpu].node == m->cpu[first].node)
            continue;
        if (first == cpu - 1)
            console_print(m, "(XEN) CPU%u -> NODE%u\n", first, m->cpu[first].node);
        else
            console_print(m, "(XEN) CPU%u...%u -> NODE%u\n", first, cpu - 1, m->cpu[first].node);
        first = cpu;
    }
}

static void domains_print(struct model *m) {
    bool old = m->config.major == 4 && m->config.minor < 18;

    console_print(m, "(XEN) Memory location of each domain:\n");
    for (uint32_t i = 0; i < DOMAIN_MAX; i++) {
        const struct domain *d = &m->domain[i];
        uint64_t pages[HEAP_MAX_NODES];

        if (!d->in_use)
            continue;
        domain_node_pages(m, d, claim_on_node_known(m), pages);
        console_print(m, old ? "(XEN) Domain %u (total: %u):\n" : "(XEN) d%u (total: %u):\n",
                      d->domid, (unsigned)d->tot_pages);
        for (uint32_t node = 0; node < HEAP_MAX_NODES; node++)
            if (m->heap.online & (1ULL << node))
                console_print(m, "(XEN)     Node %u: %u\n", node, (unsigned)pages[node]);
    }
}

void console_key(struct model *m, char key) {
    if (key != 'u') {
        console_print(m, "(XEN) '%c' pressed -> not modelled\n", key);
        return;
    }
    console_print(m, "(XEN) 'u' pressed -> dumping numa info (now = 1)\n");
    nodes_print(m);
    cpus_print(m);
    domains_print(m);
}

uint32_t console_read(struct model *m, uint32_t *index, char *buffer, uint32_t size, int clear) {
    struct console *console = &m->console;
    uint64_t from = index ? *index : console->read;
    uint32_t nr = 0;

    if (console->written > CONSOLE_BYTES && from < console->written - CONSOLE_BYTES)
        from = console->written - CONSOLE_BYTES;
    while (nr < size && from < console->written)
        buffer[nr++] = console->ring[from++ % CONSOLE_BYTES];
    if (index)
        *index = (uint32_t)from;
    if (clear)
        console->read = console->written;
    return nr;
}
