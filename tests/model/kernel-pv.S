// The smallest kernel of a PV guest, of 32 or 64 bits: an entry, and the notes that tell where it is
// and where it wants to be.
#ifdef __x86_64__
#define BASE 0xffffffff80000000
#define WORD .quad
#define WORD_BYTES 8
#else
#define BASE 0xc0000000
#define WORD .long
#define WORD_BYTES 4
#endif

    .section .note.Xen, "a", @note
    .long 4, WORD_BYTES, 1 // bytes of the name and the number; XEN_ELFNOTE_ENTRY
    .asciz "Xen"
    WORD start
    .long 4, WORD_BYTES, 3 // XEN_ELFNOTE_VIRT_BASE
    .asciz "Xen"
    WORD BASE
    .long 4, WORD_BYTES, 4 // XEN_ELFNOTE_PADDR_OFFSET
    .asciz "Xen"
    WORD BASE
    .long 4, WORD_BYTES, 2 // XEN_ELFNOTE_HYPERCALL_PAGE
    .asciz "Xen"
    WORD hypercalls
    .long 4, 8, 5 // XEN_ELFNOTE_XEN_VERSION
    .asciz "Xen"
    .asciz "xen-3.0"
    .long 4, 8, 8 // XEN_ELFNOTE_LOADER
    .asciz "Xen"
    .asciz "generic"
    .long 4, 4, 9 // XEN_ELFNOTE_PAE_MODE
    .asciz "Xen"
    .asciz "yes"

    .text
    .globl start
start:
    hlt
    jmp start
    .balign 4096
hypercalls:
    .skip 4096

    .section .note.GNU-stack, "", @progbits
