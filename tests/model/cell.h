// Cells: the one kind of record the model's shared state is made of beyond its fixed part.
//
// A cell is named by its index, never by its address, as every process maps the state elsewhere.
// Index 0 is no cell. A cell may be in one ordered tree (by `key`) and in one list at a time; what
// `key`, `value`, `nr` and `tag` mean is up to the structure that the cell is in.
#ifndef MODEL_CELL_H
#define MODEL_CELL_H

#include <stdbool.h>
#include <stdint.h>

#define CELL_NONE 0U

struct cell {
    uint64_t key;
    uint64_t value;
    uint32_t left, right; // tree
    uint32_t prev, next;  // list
    uint32_t nr;
    uint32_t tag;
};

// Must be the last member of what it is embedded in: the cells follow it.
struct cell_pool {
    uint32_t capacity;
    uint32_t used;      // cells [1, used] have been handed out at least once
    uint32_t returned;  // head of the list of returned cells, linked by `next`
    uint32_t nr_in_use; // for leak checks
    struct cell cells[];
};

struct cell_list {
    uint32_t head, tail;
};

void cell_pool_init(struct cell_pool *pool, uint32_t capacity);

static inline struct cell *cell_at(struct cell_pool *pool, uint32_t index) {
    return &pool->cells[index];
}

// A zeroed cell. Ends the process with a message when the pool is exhausted: the model is then too
// small for the test, and nothing that follows would mean anything.
uint32_t cell_new(struct cell_pool *pool);
void cell_free(struct cell_pool *pool, uint32_t index);

void cell_list_add_head(struct cell_pool *pool, struct cell_list *list, uint32_t index);
void cell_list_add_tail(struct cell_pool *pool, struct cell_list *list, uint32_t index);
// Puts `index` behind `after`, a member of the list.
void cell_list_add_after(struct cell_pool *pool, struct cell_list *list, uint32_t after,
                         uint32_t index);
void cell_list_remove(struct cell_pool *pool, struct cell_list *list, uint32_t index);

// Trees: keys are unique; inserting a key that is there ends the process.
void cell_tree_insert(struct cell_pool *pool, uint32_t *root, uint32_t index);
void cell_tree_remove(struct cell_pool *pool, uint32_t *root, uint32_t index);
uint32_t cell_tree_find(struct cell_pool *pool, uint32_t root, uint64_t key);
// The cell with the greatest key <= `key`, or CELL_NONE.
uint32_t cell_tree_floor(struct cell_pool *pool, uint32_t root, uint64_t key);
// The cell with the smallest key >= `key`, or CELL_NONE.
uint32_t cell_tree_ceil(struct cell_pool *pool, uint32_t root, uint64_t key);
// Returns every cell of the tree to the pool and empties it.
void cell_tree_clear(struct cell_pool *pool, uint32_t *root);

#endif
