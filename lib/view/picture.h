// A picture of where memory is, as SVG: a guest's from 0 to its top, and the host's nodes by who
// uses them.
//
// A node is told by its number, its pattern and its colour: any one of them is enough. It follows
// the reader's preference for light or dark, and has no script and no text but text.
#ifndef VIEW_PICTURE_H
#define VIEW_PICTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/numa/assign.h"
#include "lib/numa/host.h"

// Somebody's part of a node, drawn in the order of the list.
struct picture_use {
    unsigned node;
    const char *who; // a word or two
    uint64_t pages;
    bool highlighted; // the guest that the picture is about: drawn as its node
};

// Everything is the caller's.
struct picture {
    const char *title, *subtitle;
    // The guest's memory: pieces with their guest frames; or, if these are not known, what came
    // from where one after the other. None: there is no such guest.
    const struct piece *pieces;
    size_t nr_pieces;
    bool by_address;
    const struct host *host; // size 0 of a node: not known, as large as what is used there
    const struct picture_use *use;
    size_t nr_use;
};

// Writes the whole document. Rectangles of memory have data-pages, and data-node or, where there is
// none, data-node="any".
void picture_write(const struct picture *picture, FILE *out);

#endif
