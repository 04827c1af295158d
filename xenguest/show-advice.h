// What a local migration would do for a domain that runs.
#ifndef XENGUEST_SHOW_ADVICE_H
#define XENGUEST_SHOW_ADVICE_H

#include "lib/claim/survey.h"
#include "lib/store/store.h"
#include "lib/view/show.h"
#include "xenguest/session.h"

// Plans the domain anew on what is free now, beside the domain itself, as its memory is there twice
// while it migrates; by its own settings, its vCPUs where their hard affinity lets them run. If its
// memory would come nearer to its vCPUs, domain->advice says so. What cannot be planned is no
// advice.
void show_advise(struct session *session, struct store *store, const struct survey *survey,
                 struct show_domain *domain);

#endif
