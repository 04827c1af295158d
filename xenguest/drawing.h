// Pictures of what modes plan and show have found (-svg).
#ifndef XENGUEST_DRAWING_H
#define XENGUEST_DRAWING_H

#include "lib/util/error.h"
#include "lib/view/preview.h"
#include "lib/view/record.h"
#include "lib/view/show.h"

// The guests that have room, or the plan of the one.
int drawing_of_preview(const struct preview *preview, const char *path, struct error *err);

// The host and its domains, or the one that was asked for.
int drawing_of_show(const struct show *show, const char *path, struct error *err);

// The record of a build, of whose host nothing else is known.
int drawing_of_record(const struct record *record, const char *path, struct error *err);

#endif
