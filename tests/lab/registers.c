// Whether processes keep their vector registers while others run.
//
// memcpy and the like work in these registers, so where they are lost, any program in dom0 goes
// wrong, once in a while and somewhere. Processes fill all of them, let others run, and look what
// is in them. From filling to looking is one piece of assembly, in which the compiler uses none,
// and the comparison uses none either.
//
// usage: registers SECONDS   for each process a line: rounds, and in how many a register changed;
//                            ends with status 1 if one did

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PROCESSES 8
#define REGISTERS 16
#define YMM_WORDS 4
#define XMM_WORDS 2

struct tally {
    unsigned rounds;
    unsigned changed;
};

// A way to let others run: a while of computing, in which the timer interrupts, and a system call.
// Mostly all sleep: a vCPU that becomes idle gives way to another one, whose registers Xen loads,
// and may wake up for another process, whose registers the kernel loads.
struct pause {
    long spins;
    long call;
    struct timespec time;
};

static const struct pause pauses[] = {
    {.spins = 1, .call = SYS_nanosleep, .time = {.tv_nsec = 2000000}},
    {.spins = 1, .call = SYS_nanosleep, .time = {.tv_nsec = 5000000}},
    {.spins = 1, .call = SYS_nanosleep, .time = {.tv_nsec = 11000000}},
    {.spins = 1, .call = SYS_sched_yield},
    {.spins = 100000, .call = SYS_sched_yield},
};

// The line for each register, whose number it has as \n.
#define EACH_REGISTER(text) ".irp n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n" text "\n.endr\n"

// Goes through one pause with `in_` in the registers, and puts what is in them then to `out_`.
#define HOLD(load, store, in_, out_, pause_)                                                       \
    do {                                                                                           \
        long spins_ = (pause_)->spins;                                                             \
        long call_ = (pause_)->call;                                                               \
        __asm__ volatile(EACH_REGISTER(load) "1: dec %[spins]\n"                                   \
                                             "jnz 1b\n"                                            \
                                             "syscall\n" EACH_REGISTER(store)                      \
                         : [spins] "+r"(spins_), "+a"(call_)                                       \
                         : [in] "r"(in_), [out] "r"(out_), "D"(&(pause_)->time), "S"(NULL)         \
                         : "rcx", "r11", "memory", "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4",   \
                           "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12",      \
                           "xmm13", "xmm14", "xmm15");                                             \
    } while (0)

// The words are volatile so that none is read or written by way of a vector register.
static bool registers_stay(bool ymm, unsigned process, unsigned round) {
    volatile uint64_t in[REGISTERS * YMM_WORDS];
    volatile uint64_t out[REGISTERS * YMM_WORDS];
    unsigned words = REGISTERS * (ymm ? YMM_WORDS : XMM_WORDS);
    const struct pause *pause = &pauses[(process + round) % (sizeof(pauses) / sizeof(pauses[0]))];

    for (unsigned i = 0; i < words; i++)
        in[i] = (uint64_t)(process + 1) << 56 | (uint64_t)round << 16 | i;
    if (ymm)
        HOLD("vmovdqu 32*\\n(%[in]), %%ymm\\n", "vmovdqu %%ymm\\n, 32*\\n(%[out])", in, out, pause);
    else
        HOLD("movdqu 16*\\n(%[in]), %%xmm\\n", "movdqu %%xmm\\n, 16*\\n(%[out])", in, out, pause);
    for (unsigned i = 0; i < words; i++)
        if (in[i] != out[i])
            return false;
    return true;
}

static void work(bool ymm, unsigned process, time_t seconds, volatile struct tally *tally) {
    struct timespec now;
    time_t end;

    clock_gettime(CLOCK_MONOTONIC, &now);
    end = now.tv_sec + seconds;
    while (now.tv_sec < end) {
        tally->rounds++;
        if (!registers_stay(ymm, process, tally->rounds))
            tally->changed++;
        clock_gettime(CLOCK_MONOTONIC, &now);
    }
}

// Starts the processes and waits for them. Returns whether all have ended well.
static bool run(bool ymm, time_t seconds, struct tally *tallies) {
    bool good = true;
    int status;

    for (unsigned process = 0; process < PROCESSES; process++) {
        pid_t pid = fork();

        if (pid < 0) {
            perror("registers: fork");
            good = false;
        } else if (pid == 0) {
            work(ymm, process, seconds, &tallies[process]);
            _exit(0);
        }
    }
    while (wait(&status) > 0)
        good = good && status == 0;
    return good;
}

int main(int argc, char **argv) {
    bool ymm = __builtin_cpu_supports("avx");
    long seconds = argc == 2 ? strtol(argv[1], NULL, 10) : 0;
    unsigned harmed = 0;
    struct tally *tallies;
    bool good;

    if (seconds <= 0) {
        fprintf(stderr, "usage: registers SECONDS\n");
        return 2;
    }
    tallies = mmap(NULL, PROCESSES * sizeof(*tallies), PROT_READ | PROT_WRITE,
                   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (tallies == MAP_FAILED) {
        perror("registers: mmap");
        return 2;
    }
    good = run(ymm, seconds, tallies);
    for (unsigned i = 0; i < PROCESSES; i++) {
        printf("process %u: %u rounds, %s registers changed in %u\n", i, tallies[i].rounds,
               ymm ? "ymm" : "xmm", tallies[i].changed);
        harmed += tallies[i].changed > 0;
    }
    printf("harmed=%u\n", harmed);
    return good && harmed == 0 ? 0 : 1;
}
