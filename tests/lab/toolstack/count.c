// A tracer sees every system call of the builder before and after, and can read its memory: the
// arguments of hypercalls are there, in the structs of privcmd and of Xen's public headers. So this
// needs nothing of the builder, and works with any.
//
// libxenctrl makes memory operations as multicalls of one entry, as their result may be wider than
// an int; the result is in the entry.

#include "tests/lab/toolstack/count.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include <xenctrl.h>

// Needs what is before it, and says so nowhere.
#include <xen/sys/privcmd.h>

#define MAX_ENTRIES 8 // of a multicall that are looked at

static bool fetch(pid_t pid, uint64_t address, void *ret, size_t bytes) {
    struct iovec here = {.iov_base = ret, .iov_len = bytes};
    struct iovec there = {.iov_base = (void *)(uintptr_t)address, .iov_len = bytes};

    return process_vm_readv(pid, &here, 1, &there, 1, 0) == (ssize_t)bytes;
}

static void count_command(uint64_t *counts, uint64_t command) {
    counts[command < COUNT_COMMANDS ? command : COUNT_COMMANDS - 1]++;
}

// `entry`: address of the entry of a multicall that this is in; 0: in none
static void memory_op(struct count *count, pid_t pid, uint64_t command, uint64_t argument,
                      uint64_t entry) {
    struct xen_memory_reservation reservation;

    count_command(count->memory_ops, command);
    if (command != XENMEM_populate_physmap ||
        !fetch(pid, argument, &reservation, sizeof(reservation)))
        return;
    count->list_bytes += reservation.nr_extents * sizeof(xen_pfn_t);
    count->pending = (struct count_pending){
        .hypercall = entry,
        .order = reservation.extent_order,
        .nr_extents = reservation.nr_extents,
    };
}

static void hypercall(struct count *count, pid_t pid, uint64_t op, const uint64_t *args,
                      uint64_t entry);

static void multicall(struct count *count, pid_t pid, uint64_t list, uint64_t nr) {
    for (uint64_t i = 0; i < nr && i < MAX_ENTRIES; i++) {
        uint64_t address = list + i * sizeof(multicall_entry_t);
        multicall_entry_t entry;

        if (fetch(pid, address, &entry, sizeof(entry)) && entry.op != __HYPERVISOR_multicall)
            hypercall(count, pid, entry.op, entry.args, address);
    }
}

static void hypercall(struct count *count, pid_t pid, uint64_t op, const uint64_t *args,
                      uint64_t entry) {
    uint32_t command;

    if (op == __HYPERVISOR_multicall) {
        multicall(count, pid, args[0], args[1]);
        return;
    }
    count->hypercalls[op < COUNT_HYPERCALLS ? op : COUNT_HYPERCALLS - 1]++;
    if (op == __HYPERVISOR_memory_op)
        memory_op(count, pid, args[0], args[1], entry);
    if (op == __HYPERVISOR_domctl && fetch(pid, args[0], &command, sizeof(command)))
        count_command(count->domctls, command);
}

static void syscall_begins(struct count *count, pid_t pid, uint64_t nr, const uint64_t *args) {
    privcmd_hypercall_t call;

    count->syscalls[nr < COUNT_SYSCALLS ? nr : COUNT_SYSCALLS - 1]++;
    if (nr != SYS_ioctl || (args[1] >> 8 & 0xff) != 'P')
        return;
    if (args[1] != IOCTL_PRIVCMD_HYPERCALL)
        count->mappings++;
    else if (fetch(pid, args[2], &call, sizeof(call)))
        hypercall(count, pid, call.op, (const uint64_t *)call.arg, 0);
}

// Only what comes in a multicall has a result that can be told apart from an error.
static void syscall_ends(struct count *count, pid_t pid) {
    const struct count_pending pending = count->pending;
    multicall_entry_t entry;

    count->pending = (struct count_pending){0};
    if (!pending.hypercall || pending.order >= COUNT_ORDERS ||
        !fetch(pid, pending.hypercall, &entry, sizeof(entry)))
        return;
    if (entry.result > pending.nr_extents)
        return;
    count->extents[pending.order] += entry.result;
    count->short_calls += entry.result < pending.nr_extents;
}

// Looks at what has stopped the builder; returns the signal to pass on to it.
static int look(struct count *count, pid_t pid, int status) {
    struct __ptrace_syscall_info info;

    if (WSTOPSIG(status) != (SIGTRAP | 0x80))
        return WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status);
    if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) <= 0)
        return 0;
    if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
        syscall_begins(count, pid, info.entry.nr, (const uint64_t *)info.entry.args);
    else if (info.op == PTRACE_SYSCALL_INFO_EXIT)
        syscall_ends(count, pid);
    return 0;
}

int count_follow(struct spawn *spawn, struct count *count, int *ret_status, struct error *err) {
    struct rusage usage;
    bool first = true;
    int signal = 0;

    for (;;) {
        pid_t pid = wait4(spawn->pid, ret_status, 0, &usage);

        if (pid < 0)
            return error_set(err, errno, "waiting for the builder: %s", strerror(errno));
        if (!WIFSTOPPED(*ret_status))
            break;
        if (first && ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL))
            return error_set(err, errno, "tracing the builder: %s", strerror(errno));
        first = false;
        signal = look(count, pid, *ret_status);
        if (ptrace(PTRACE_SYSCALL, pid, 0, signal) < 0 && errno != ESRCH)
            return error_set(err, errno, "tracing the builder: %s", strerror(errno));
    }
    spawn->peak_kib = usage.ru_maxrss;
    return 0;
}

static uint64_t sum(const uint64_t *counts, size_t nr) {
    uint64_t all = 0;

    for (size_t i = 0; i < nr; i++)
        all += counts[i];
    return all;
}

static void print_each(const char *name, const uint64_t *counts, size_t nr) {
    for (size_t i = 0; i < nr; i++) {
        if (counts[i])
            printf("%s_%zu=%" PRIu64 "\n", name, i, counts[i]);
    }
}

void count_print(const struct count *count) {
    printf("syscalls=%" PRIu64 "\nhypercalls=%" PRIu64 "\nmappings=%" PRIu64 "\n",
           sum(count->syscalls, COUNT_SYSCALLS), sum(count->hypercalls, COUNT_HYPERCALLS),
           count->mappings);
    printf("populate_calls=%" PRIu64 "\npopulate_short=%" PRIu64 "\npopulate_list_bytes=%" PRIu64
           "\n",
           count->memory_ops[XENMEM_populate_physmap], count->short_calls, count->list_bytes);
    printf("extents=%" PRIu64 " %" PRIu64 " %" PRIu64 "\n", count->extents[18], count->extents[9],
           count->extents[0]);
    print_each("syscall", count->syscalls, COUNT_SYSCALLS);
    print_each("hypercall", count->hypercalls, COUNT_HYPERCALLS);
    print_each("memory_op", count->memory_ops, COUNT_COMMANDS);
    print_each("domctl", count->domctls, COUNT_COMMANDS);
}
