// Parts of a picture; see picture.h.
#ifndef VIEW_PICTURE_PARTS_H
#define VIEW_PICTURE_PARTS_H

#include <stdio.h>

#include "lib/view/picture.h"

#define PICTURE_WIDTH 960
#define PICTURE_LEFT 70  // where bars begin
#define PICTURE_SPAN 640 // how wide they are at most

struct picture_box {
    double x, y, width, height;
};

// A text, with what XML needs escaped.
void picture_text(FILE *out, double x, double y, const char *class, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

// Memory of a node, ASSIGN_NO_NODE: of none, with the node's number in it where there is room.
void picture_memory(FILE *out, struct picture_box box, int node, uint64_t pages);

// How high the part is, and the part itself from y down.
double picture_guest_height(const struct picture *picture);
void picture_guest(const struct picture *picture, double y, FILE *out);
double picture_host_height(const struct picture *picture);
void picture_host(const struct picture *picture, double y, FILE *out);

#endif
