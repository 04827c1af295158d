// How the real libxenctrl and libxenguest reach the model: these are libxencall's functions, put in
// front of it with LD_PRELOAD.
//
// libxenctrl wraps every memory_op in a multicall of one entry so that its result may be wider than
// an int; that is unwrapped here, so that counting, faults and tables see the operation itself.

#include "tests/model/preload.h"
#include "tests/model/call.h"
#include "tests/model/xen.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define HELD_STATUS 99

static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct model *machine;

static void machine_open(void) {
    const char *path = getenv("XENGUEST_MODEL");
    int rc = path ? state_open(path, &machine) : -ENOENT;

    if (rc) {
        fprintf(stderr, "model: XENGUEST_MODEL=%s: %s\n", path ? path : "", strerror(-rc));
        abort();
    }
}

struct model *preload_model(void) {
    pthread_once(&once, machine_open);
    return machine;
}

static int held[HELD_KINDS];

void preload_hold(enum preload_held kind, int change) {
    __atomic_add_fetch(&held[kind], change, __ATOMIC_RELAXED);
}

// Guest memory that is mapped. libxenguest unmaps with munmap as well as through the library, so
// only the kernel knows.
static int mappings_count(void) {
    const char *path = getenv("XENGUEST_MODEL");
    FILE *maps = fopen("/proc/self/maps", "re");
    char line[PATH_MAX + 128];
    int count = 0;

    while (maps && path && fgets(line, sizeof(line), maps)) {
        const char *name = strstr(line, path);

        count += name && !strncmp(name + strlen(path), ".memory", 7);
    }
    if (maps)
        fclose(maps);
    return count;
}

static void held_check(void) {
    static const char *const names[HELD_KINDS] = {"handles", "store connections",
                                                  "mappings of guest memory"};
    bool bad = false;

    held[HELD_MAPPINGS] = mappings_count();
    for (unsigned kind = 0; kind < HELD_KINDS; kind++) {
        if (held[kind])
            fprintf(stderr, "model: %d %s left at the end\n", held[kind], names[kind]);
        bad |= held[kind] != 0;
    }
    if (bad)
        _exit(HELD_STATUS);
}

__attribute__((destructor)) static void preload_done(void) {
    fault_report();
    if (getenv("XENGUEST_MODEL_STRICT"))
        held_check();
}

struct work {
    const struct call_entry *entry;
    struct call call;
    long result;
};

static void work_run(struct model *m, void *data) {
    struct work *work = data;

    if (work->call.domid != DOMID_INVALID)
        work->call.d = domain_find(m, work->call.domid);
    work->result = work->entry->handler(&work->call);
}

// Frames that a populate call asks for.
static uint64_t frames_asked(const struct call *call) {
    const struct xen_memory_reservation *r = call->data;

    return r->extent_order <= HEAP_MAX_ORDER ? (uint64_t)r->nr_extents << r->extent_order : 0;
}

long preload_hypercall(unsigned op, const uint64_t arg[5]) {
    struct work work = {.call.m = preload_model()};

    if (op == __HYPERVISOR_multicall) {
        multicall_entry_t *entry = (void *)(uintptr_t)arg[0];
        uint64_t inner[5];

        if (arg[1] != 1) {
            fprintf(stderr, "model: multicall of %llu entries\n", (unsigned long long)arg[1]);
            abort();
        }
        for (unsigned i = 0; i < 5; i++)
            inner[i] = entry->args[i];
        entry->result = (xen_ulong_t)preload_hypercall((unsigned)entry->op, inner);
        return 0;
    }
    memcpy(work.call.arg, arg, sizeof(work.call.arg));
    work.entry = call_find(op, &work.call);
    work.call.fault = fault_event("hypercall", work.entry->name);
    if (work.call.fault.code)
        return -work.call.fault.code;
    state_run_apart(work.call.m, work_run, &work);
    if (op == __HYPERVISOR_memory_op && work.entry->op == XENMEM_populate_physmap)
        fault_populate_wait(&work.call.fault, frames_asked(&work.call));
    return work.result;
}

// --- libxencall --------------------------------------------------------------------------------

struct xencall_handle {
    int users;
};

xencall_handle *xencall_open(struct xentoollog_logger *logger, unsigned open_flags) {
    static struct xencall_handle handle;
    struct fault fault = fault_event("open", "xencall");

    (void)logger;
    (void)open_flags;
    if (fault.code) {
        errno = fault.code;
        return NULL;
    }
    preload_model();
    preload_hold(HELD_HANDLES, 1);
    return &handle;
}

int xencall_close(xencall_handle *xcall) {
    if (xcall)
        preload_hold(HELD_HANDLES, -1);
    return 0;
}

int xencall_fd(xencall_handle *xcall) {
    (void)xcall;
    return -1;
}

static long answer(unsigned op, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5) {
    const uint64_t arg[5] = {a1, a2, a3, a4, a5};
    long result = preload_hypercall(op, arg);

    if (result < 0 && result > -4096) {
        errno = (int)-result;
        return -1;
    }
    return result;
}

int xencall0(xencall_handle *xcall, unsigned int op) {
    (void)xcall;
    return (int)answer(op, 0, 0, 0, 0, 0);
}

int xencall1(xencall_handle *xcall, unsigned int op, uint64_t arg1) {
    (void)xcall;
    return (int)answer(op, arg1, 0, 0, 0, 0);
}

int xencall2(xencall_handle *xcall, unsigned int op, uint64_t arg1, uint64_t arg2) {
    (void)xcall;
    return (int)answer(op, arg1, arg2, 0, 0, 0);
}

int xencall3(xencall_handle *xcall, unsigned int op, uint64_t arg1, uint64_t arg2, uint64_t arg3) {
    (void)xcall;
    return (int)answer(op, arg1, arg2, arg3, 0, 0);
}

int xencall4(xencall_handle *xcall, unsigned int op, uint64_t arg1, uint64_t arg2, uint64_t arg3,
             uint64_t arg4) {
    (void)xcall;
    return (int)answer(op, arg1, arg2, arg3, arg4, 0);
}

int xencall5(xencall_handle *xcall, unsigned int op, uint64_t arg1, uint64_t arg2, uint64_t arg3,
             uint64_t arg4, uint64_t arg5) {
    (void)xcall;
    return (int)answer(op, arg1, arg2, arg3, arg4, arg5);
}

long xencall2L(xencall_handle *xcall, unsigned int op, uint64_t arg1, uint64_t arg2) {
    (void)xcall;
    return answer(op, arg1, arg2, 0, 0, 0);
}

void *xencall_alloc_buffer_pages(xencall_handle *xcall, size_t nr_pages) {
    struct fault fault = fault_event("buffer", NULL);
    void *at;

    (void)xcall;
    if (fault.code) {
        errno = fault.code;
        return NULL;
    }
    at = mmap(NULL, nr_pages * XC_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
              -1, 0);
    return at == MAP_FAILED ? NULL : at;
}

void xencall_free_buffer_pages(xencall_handle *xcall, void *p, size_t nr_pages) {
    int saved = errno;

    (void)xcall;
    if (p)
        munmap(p, nr_pages * XC_PAGE_SIZE);
    errno = saved;
}

// The size goes in front, as in the library: freeing must know it.
#define BUFFER_HEADER 16

void *xencall_alloc_buffer(xencall_handle *xcall, size_t size) {
    size_t nr_pages = (size + BUFFER_HEADER + XC_PAGE_SIZE - 1) / XC_PAGE_SIZE;
    size_t *header = xencall_alloc_buffer_pages(xcall, nr_pages);

    if (!header)
        return NULL;
    *header = nr_pages;
    return (char *)header + BUFFER_HEADER;
}

void xencall_free_buffer(xencall_handle *xcall, void *p) {
    size_t *header;

    if (!p)
        return;
    header = (void *)((char *)p - BUFFER_HEADER);
    xencall_free_buffer_pages(xcall, header, *header);
}

int xencall_buffers_never_fault(xencall_handle *xcall) {
    (void)xcall;
    return 1;
}
