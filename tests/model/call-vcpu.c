// A vCPU's first state: the hypercall page and the HVM context, as far as builders look at them.
//
// The context that Xen gives is a header, one CPU and one MTRR record per vCPU and an end; a
// builder reads the first two kinds and hands back records in the same form.

#include "tests/model/call-vcpu.h"
#include "tests/model/memory.h"
#include "tests/model/p2m.h"
#include "tests/model/pv.h"
#include "tests/model/xen.h"

#include <errno.h>
#include <string.h>

#define NR_HYPERCALLS 64
#define STUB_BYTES 32

// mov $n, %eax; vmcall; ret
static void page_fill(uint8_t page[MODEL_PAGE]) {
    memset(page, 0, MODEL_PAGE);
    for (unsigned n = 0; n < NR_HYPERCALLS; n++) {
        uint8_t *stub = page + (size_t)n * STUB_BYTES;

        stub[0] = 0xb8;
        memcpy(stub + 1, &n, sizeof(n));
        stub[5] = 0x0f;
        stub[6] = 0x01;
        stub[7] = 0xc1;
        stub[8] = 0xc3;
    }
}

long call_hypercall_page(struct call *call) {
    const struct xen_domctl *op = call->data;
    uint8_t page[MODEL_PAGE];
    struct p2m_entry entry = {.mfn = op->u.hypercall_init.gmfn};

    if (!call->d)
        return -ESRCH;
    if (!call->d->hvm && !pv_owns(call->m, call->d, entry.mfn))
        return -EACCES;
    if (call->d->hvm && (!p2m_lookup(call->m, call->d, entry.mfn, &entry) || entry.mfn == P2M_POD))
        return -EACCES;
    page_fill(page);
    return memory_write(entry.mfn, 0, page, sizeof(page));
}

struct writer {
    uint8_t *at, *end;
    size_t size;
};

static void record_put(struct writer *w, uint16_t type, uint16_t instance, const void *body,
                       size_t length) {
    const struct hvm_save_descriptor head = {type, instance, (uint32_t)length};

    w->size += sizeof(head) + length;
    if ((size_t)(w->end - w->at) < sizeof(head) + length)
        return;
    memcpy(w->at, &head, sizeof(head));
    if (length)
        memcpy(w->at + sizeof(head), body, length);
    w->at += sizeof(head) + length;
}

static size_t context_write(const struct domain *d, uint8_t *buffer, size_t size) {
    struct writer w = {.at = buffer, .end = buffer ? buffer + size : buffer};
    const struct hvm_save_header header = {.magic = HVM_FILE_MAGIC, .version = HVM_FILE_VERSION};
    const HVM_SAVE_TYPE(CPU) cpu = {0};
    const uint8_t end = 0;

    record_put(&w, HVM_SAVE_CODE(HEADER), 0, &header, sizeof(header));
    for (uint16_t i = 0; i < d->nr_vcpus; i++)
        record_put(&w, HVM_SAVE_CODE(CPU), i, &cpu, sizeof(cpu));
    for (uint16_t i = 0; i < d->nr_vcpus; i++) {
        const HVM_SAVE_TYPE(MTRR) mtrr = {.msr_mtrr_def_type = d->vcpu[i].mtrr_def_type};

        record_put(&w, HVM_SAVE_CODE(MTRR), i, &mtrr, sizeof(mtrr));
    }
    record_put(&w, HVM_SAVE_CODE(END), 0, &end, 0);
    return w.size;
}

long call_context_get(struct call *call) {
    struct xen_domctl *op = call->data;
    struct xen_domctl_hvmcontext *context = &op->u.hvmcontext;
    size_t size;

    if (!call->d)
        return -ESRCH;
    size = context_write(call->d, context->buffer.p, context->size);
    if (context->buffer.p && context->size < size)
        return -ENOSPC;
    context->size = (uint32_t)size;
    return 0;
}

// The MTRRs of a vCPU, without the record's head; for other records nobody asks.
long call_record_get(struct call *call) {
    const struct xen_domctl *op = call->data;
    const struct xen_domctl_hvmcontext_partial *record = &op->u.hvmcontext_partial;
    HVM_SAVE_TYPE(MTRR) mtrr = {0};

    if (!call->d)
        return -ESRCH;
    if (record->type != HVM_SAVE_CODE(MTRR))
        return -EINVAL;
    if (record->instance >= call->d->nr_vcpus)
        return -ENOENT;
    if (record->bufsz < sizeof(mtrr))
        return -ENOSPC;
    mtrr.msr_mtrr_def_type = call->d->vcpu[record->instance].mtrr_def_type;
    memcpy(record->buffer.p, &mtrr, sizeof(mtrr));
    return 0;
}

// A vCPU comes online with its registers. Records are those of the format above; one that is cut
// short ends the walk.
static void context_take(struct domain *d, const uint8_t *bytes, size_t size) {
    struct hvm_save_descriptor head;
    HVM_SAVE_TYPE(MTRR) mtrr;

    for (size_t at = 0; size - at >= sizeof(head); at += sizeof(head) + head.length) {
        memcpy(&head, bytes + at, sizeof(head));
        if (head.length > size - at - sizeof(head))
            break;
        if (head.instance >= d->nr_vcpus)
            continue;
        if (head.typecode == HVM_SAVE_CODE(CPU))
            d->vcpu[head.instance].online = true;
        if (head.typecode != HVM_SAVE_CODE(MTRR) || head.length != sizeof(mtrr))
            continue;
        memcpy(&mtrr, bytes + at + sizeof(head), sizeof(mtrr));
        d->vcpu[head.instance].mtrr_def_type = mtrr.msr_mtrr_def_type;
    }
}

long call_context_set(struct call *call) {
    const struct xen_domctl *op = call->data;
    const struct xen_domctl_hvmcontext *context = &op->u.hvmcontext;
    const uint8_t *bytes = context->buffer.p;
    struct hvm_save_descriptor head;
    struct hvm_save_header header;

    if (!call->d)
        return -ESRCH;
    if (context->size < sizeof(head) + sizeof(header) || context->size > DOMAIN_CONTEXT_BYTES)
        return -EINVAL;
    memcpy(&head, bytes, sizeof(head));
    memcpy(&header, bytes + sizeof(head), sizeof(header));
    if (head.typecode != HVM_SAVE_CODE(HEADER) || header.magic != HVM_FILE_MAGIC)
        return -EINVAL;
    memcpy(call->d->context, bytes, context->size);
    call->d->context_bytes = context->size;
    context_take(call->d, bytes, context->size);
    return 0;
}
