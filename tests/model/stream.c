// Makes a migration stream of an HVM guest, after the specification that comes with Xen
// (docs/specs/libxc-migration-stream): what a restore on the model reads, without a guest to save.
//
// usage: stream [--packed] MIB [FIRST-LAST]... >FILE: a guest of so many MiB, without the frames
// named (in hexadecimal). Like any guest with a device model it lacks the VGA hole, and has 16
// pages below 4 GiB that it shares with Xen. Each page begins with its frame's number; packed,
// pages are as tests/fuzz/fuzz-stream.c has them.

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xen/xen.h>

#include <xen/hvm/params.h>
#include <xen/hvm/save.h>

#define PAGE 4096
#define BATCH 1024
#define PAGES_PER_MIB 256
#define FIRST_SPECIAL 0xfeff0
#define END_SPECIAL 0xff000
#define LOW_END 0xf0000 // RAM below the hole for devices
#define HIGH_START 0x100000

enum record {
    END = 0,
    PAGE_DATA = 1,
    HVM_CONTEXT = 9,
    HVM_PARAMS = 10,
    VERIFY = 13,
    STATIC_DATA_END = 16,
};

struct without {
    uint64_t first, last;
};

static struct without without[64];
static int nr_without;

static void put(const void *data, size_t bytes) {
    if (fwrite(data, 1, bytes, stdout) != bytes) {
        perror("stream");
        exit(1);
    }
}

static void put_record(uint32_t type, uint32_t bytes) {
    const uint32_t header[2] = {type, bytes};

    put(header, sizeof(header));
}

static void put_headers(void) {
    static const uint8_t image[24] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                      'X',  'E',  'N',  'F',  0,    0,    0,    3};
    // x86 HVM, pages of 2^12 bytes, from Xen 4.17.
    static const uint32_t domain[4] = {2, 12, 4, 17};

    put(image, sizeof(image));
    put(domain, sizeof(domain));
    put_record(STATIC_DATA_END, 0);
}

static bool is_there(uint64_t gfn) {
    if (gfn >= 0xa0 && gfn < 0xc0)
        return false;
    for (int i = 0; i < nr_without; i++) {
        if (gfn >= without[i].first && gfn <= without[i].last)
            return false;
    }
    return true;
}

static uint64_t batch[BATCH];
static uint32_t nr_batch;
static bool packed, verify, differs;
static uint64_t difference; // of what a page begins with from its frame's number

static void put_pages(void) {
    uint8_t page[PAGE] = {0};

    for (uint32_t i = 0; i < nr_batch; i++) {
        const uint64_t first = batch[i] + difference;

        memcpy(page, &first, sizeof(first));
        put(page, sizeof(page));
    }
}

static void put_marks(void) {
    for (uint32_t left = nr_batch, nr; left; left -= nr) {
        nr = left < 255 ? left : 255;
        printf("zeroes%c", (int)nr);
    }
}

static void flush(void) {
    const uint32_t counts[2] = {nr_batch, 0};

    if (!nr_batch)
        return;
    put_record(PAGE_DATA, (uint32_t)sizeof(counts) + nr_batch * (8 + PAGE));
    put(counts, sizeof(counts));
    put(batch, nr_batch * sizeof(batch[0]));
    if (packed)
        put_marks();
    else
        put_pages();
    nr_batch = 0;
}

static void put_frames(uint64_t gfn, uint64_t end) {
    for (; gfn < end; gfn++) {
        if (is_there(gfn))
            batch[nr_batch++] = gfn;
        if (nr_batch == BATCH)
            flush();
    }
    flush();
}

static void put_rest(void) {
    static const uint64_t params[][2] = {
        {HVM_PARAM_STORE_PFN, 0xfeffc},
        {HVM_PARAM_CONSOLE_PFN, 0xfefff},
        {HVM_PARAM_IOREQ_PFN, 0xfeffd},
        {HVM_PARAM_BUFIOREQ_PFN, 0xfeffb},
    };
    static const uint32_t counts[2] = {sizeof(params) / sizeof(params[0]), 0};
    const struct {
        struct hvm_save_descriptor head;
        struct hvm_save_header header;
        struct hvm_save_descriptor end;
    } __attribute__((packed)) context = {
        .head = {.typecode = HVM_SAVE_CODE(HEADER), .length = sizeof(struct hvm_save_header)},
        .header = {.magic = HVM_FILE_MAGIC, .version = HVM_FILE_VERSION},
    };

    put_record(HVM_PARAMS, sizeof(counts) + sizeof(params));
    put(counts, sizeof(counts));
    put(params, sizeof(params));
    put_record(HVM_CONTEXT, sizeof(context));
    put(&context, sizeof(context));
    put_record(END, 0);
}

static void put_memory(uint64_t pages) {
    put_frames(0, pages < LOW_END ? pages : LOW_END);
    put_frames(FIRST_SPECIAL, END_SPECIAL);
    if (pages > LOW_END)
        put_frames(HIGH_START, HIGH_START + pages - LOW_END);
}

static void put_memory_again(uint64_t pages) {
    put_record(VERIFY, 0);
    difference = differs;
    put_memory(pages);
}

// Returns whether it is an option.
static bool take_option(const char *word) {
    packed |= strcmp(word, "--packed") == 0;
    verify |= strcmp(word, "--verify") == 0;
    differs |= strcmp(word, "--differs") == 0;
    return word[0] == '-';
}

int main(int argc, char **argv) {
    uint64_t pages;

    for (; argc > 1 && take_option(argv[1]); argc--)
        argv++;
    pages = argc > 1 ? strtoull(argv[1], NULL, 10) * PAGES_PER_MIB : 0;
    if (!pages || argc > 60) {
        fprintf(stderr,
                "usage: stream [--packed] [--verify | --differs] MIB [FIRST-LAST]... >FILE\n");
        return 1;
    }
    for (int i = 2; i < argc; i++, nr_without++) {
        char *end;

        without[nr_without].first = strtoull(argv[i], &end, 16);
        without[nr_without].last = strtoull(end + (*end == '-'), NULL, 16);
    }
    put_headers();
    put_memory(pages);
    if (verify || differs)
        put_memory_again(pages);
    put_rest();
    return fflush(stdout) ? 1 : 0;
}
