// The pool takes page after page, from several nodes in turn, and gives them back, or makes tables
// of them, in that order. A guest of a TiB has two million of them, too many for a cell each. But
// one node's pages come in descending order, block after block, at equal intervals; so a run of
// them is one cell. A page that a table is made of is in the table's cell alone.
//
// Pages are numbered as they come, by their turn. A run is a cell: `key` its lowest mfn, `nr` its
// pages, of which the topmost is the first, `value` the turn of that one, `tag` the turns from one
// to the next. What always holds: runs ascend by `value`; those of one node do not overlap in
// turns.

#include "tests/model/paging.h"
#include "tests/model/model.h"

#include <errno.h>
#include <string.h>

static void page_add(struct model *m, struct domain *d, uint64_t mfn) {
    uint32_t node = heap_node_of(&m->heap, mfn);
    uint32_t index = d->pool_last[node];
    struct cell *run = cell_at(&m->pool, index);
    uint64_t turn = d->pool_turn++;

    if (index != CELL_NONE && run->nr == 1 && run->key == mfn + 1)
        run->tag = (uint32_t)(turn - run->value);
    if (index == CELL_NONE || run->key != mfn + 1 ||
        run->value + (uint64_t)run->nr * run->tag != turn) {
        index = cell_new(&m->pool);
        run = cell_at(&m->pool, index);
        run->value = turn;
        cell_list_add_tail(&m->pool, &d->pool, index);
        d->pool_last[node] = index;
    }
    run->key = mfn;
    run->nr++;
}

// Puts the run, of which the first page is gone, where its next one belongs.
static void run_move(struct model *m, struct domain *d, uint32_t index) {
    const struct cell *run = cell_at(&m->pool, index);
    uint32_t before = CELL_NONE;

    cell_list_remove(&m->pool, &d->pool, index);
    for (uint32_t next = d->pool.head;
         next != CELL_NONE && cell_at(&m->pool, next)->value < run->value;
         next = cell_at(&m->pool, next)->next)
        before = next;
    if (before == CELL_NONE)
        cell_list_add_head(&m->pool, &d->pool, index);
    else
        cell_list_add_after(&m->pool, &d->pool, before, index);
}

static void run_delete(struct model *m, struct domain *d, uint32_t index) {
    uint32_t node = heap_node_of(&m->heap, cell_at(&m->pool, index)->key);

    if (d->pool_last[node] == index)
        d->pool_last[node] = CELL_NONE;
    cell_list_remove(&m->pool, &d->pool, index);
    cell_free(&m->pool, index);
}

static uint64_t first_page_remove(struct model *m, struct domain *d) {
    uint32_t index = d->pool.head;
    struct cell *run = cell_at(&m->pool, index);
    uint64_t mfn = run->key + --run->nr;

    run->value += run->tag;
    if (run->nr == 0)
        run_delete(m, d, index);
    else
        run_move(m, d, index);
    return mfn;
}

int paging_resize(struct model *m, struct domain *d, uint64_t pages) {
    const struct heap_request req = {.node = HEAP_NO_NODE, .uncounted = true};

    while (d->pool_pages < pages) {
        struct heap_piece piece;

        if (!heap_alloc(m, d, &req, &piece))
            return -ENOMEM;
        page_add(m, d, piece.mfn);
        d->pool_pages++;
    }
    while (d->pool_pages > pages) {
        if (d->pool.head == CELL_NONE)
            return -ENOMEM;
        heap_free(m, first_page_remove(m, d), 1, true);
        d->pool_pages--;
    }
    return 0;
}

int paging_take(struct model *m, struct domain *d, uint64_t *ret_mfn) {
    if (d->pool.head == CELL_NONE)
        return -ENOMEM;
    *ret_mfn = first_page_remove(m, d);
    d->pool_used++;
    return 0;
}

void paging_return(struct model *m, struct domain *d, uint64_t mfn) {
    d->pool_used--;
    page_add(m, d, mfn);
}

// As if freed one by one from the top: what is aligned merges with nothing outside until it is
// complete, so it is freed at once.
static void run_free(struct model *m, uint64_t first, uint64_t end) {
    while (first < end) {
        unsigned order = HEAP_MAX_ORDER;

        while ((end & ((1ULL << order) - 1)) || end - first < 1ULL << order)
            order--;
        end -= 1ULL << order;
        heap_free_block(m, end, order, true);
    }
}

// The nodes' lists do not meet, so it does not matter that they take turns no longer.
void paging_free(struct model *m, struct domain *d) {
    while (d->pool.head != CELL_NONE) {
        const struct cell *run = cell_at(&m->pool, d->pool.head);

        run_free(m, run->key, run->key + run->nr);
        run_delete(m, d, d->pool.head);
    }
    while (d->tables != CELL_NONE) {
        uint32_t index = d->tables;

        heap_free(m, cell_at(&m->pool, index)->value, 1, true);
        cell_tree_remove(&m->pool, &d->tables, index);
        cell_free(&m->pool, index);
    }
    d->pool_pages = d->pool_used = 0;
}

void paging_node_pages(struct model *m, const struct domain *d, uint64_t ret_used[HEAP_MAX_NODES],
                       uint64_t ret_free[HEAP_MAX_NODES]) {
    memset(ret_used, 0, HEAP_MAX_NODES * sizeof(*ret_used));
    memset(ret_free, 0, HEAP_MAX_NODES * sizeof(*ret_free));
    for (uint32_t i = d->pool.head; i != CELL_NONE; i = cell_at(&m->pool, i)->next)
        ret_free[heap_node_of(&m->heap, cell_at(&m->pool, i)->key)] += cell_at(&m->pool, i)->nr;
    for (uint32_t i = cell_tree_ceil(&m->pool, d->tables, 0); i != CELL_NONE;
         i = cell_tree_ceil(&m->pool, d->tables, cell_at(&m->pool, i)->key + 1))
        ret_used[heap_node_of(&m->heap, cell_at(&m->pool, i)->value)]++;
}
