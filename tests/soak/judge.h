// The judge: whether a run has ended as it had to, and has left what it had to.
#ifndef SOAK_JUDGE_H
#define SOAK_JUDGE_H

#include "tests/soak/soak.h"

// A run that has ended, before anything else is done to its domain. Counts one verdict.
void judge_run(struct soak *soak, struct run *run);

// The machine and the ledger, when all domains are gone and a last build has swept.
void judge_end(struct soak *soak);

// --- shared by its parts -----------------------------------------------------------------------

struct judgement {
    struct soak *soak;
    struct run *run;
    bool wrong;
};

// Only the first wrong of a run is told.
__attribute__((format(printf, 2, 3))) void judge_wrong(struct judgement *j, const char *format,
                                                       ...);

// Where the memory of a guest that has been built is; what a reservation has planned.
void judge_placement(struct judgement *j);
void judge_plan(struct judgement *j);

// Whether a build has left its domain's paging pool as large as it was, or said that it could not.
void judge_pool(struct judgement *j);

// Whether all that ran beside it has kept the ledger.
bool judge_is_undisturbed(const struct judgement *j);

#endif
