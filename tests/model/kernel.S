// The smallest kernel of a PVH guest: an entry, and the note that tells where it is.
    .section .note.Xen, "a", @note
    .long 4, 4, 18 // bytes of the name and the number; XEN_ELFNOTE_PHYS32_ENTRY
    .asciz "Xen"
    .long start

    .text
    .globl start
start:
    hlt
    jmp start

    .section .note.GNU-stack, "", @progbits
