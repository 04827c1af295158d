// Why one record for everything: the state is a file that processes share, so it can hold neither
// pointers nor memory from malloc. One pool of equal cells needs no allocator beyond a free list,
// costs nothing while unused (the file is sparse), and lists and trees written once serve the free
// blocks, the dirty ranges, the domains' pages, their address spaces and the store.
//
// The trees are treaps whose priorities are a hash of the cell's index, so that runs repeat
// exactly. They hold at all times: keys ascend from left to right, priorities never rise downwards.

#include "tests/model/cell.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void cell_pool_init(struct cell_pool *pool, uint32_t capacity) {
    pool->capacity = capacity;
    pool->used = 0;
    pool->returned = CELL_NONE;
    pool->nr_in_use = 0;
}

static _Noreturn void cell_panic(const char *what) {
    fprintf(stderr, "model: %s\n", what);
    abort();
}

uint32_t cell_new(struct cell_pool *pool) {
    uint32_t index = pool->returned;

    if (index != CELL_NONE) {
        pool->returned = cell_at(pool, index)->next;
    } else {
        if (pool->used + 1 >= pool->capacity)
            cell_panic("out of cells: the state is too small for this test");
        index = ++pool->used;
    }
    memset(cell_at(pool, index), 0, sizeof(struct cell));
    pool->nr_in_use++;
    return index;
}

void cell_free(struct cell_pool *pool, uint32_t index) {
    cell_at(pool, index)->next = pool->returned;
    pool->returned = index;
    pool->nr_in_use--;
}

void cell_list_add_head(struct cell_pool *pool, struct cell_list *list, uint32_t index) {
    struct cell *cell = cell_at(pool, index);

    cell->prev = CELL_NONE;
    cell->next = list->head;
    if (list->head != CELL_NONE)
        cell_at(pool, list->head)->prev = index;
    else
        list->tail = index;
    list->head = index;
}

void cell_list_add_tail(struct cell_pool *pool, struct cell_list *list, uint32_t index) {
    struct cell *cell = cell_at(pool, index);

    cell->next = CELL_NONE;
    cell->prev = list->tail;
    if (list->tail != CELL_NONE)
        cell_at(pool, list->tail)->next = index;
    else
        list->head = index;
    list->tail = index;
}

void cell_list_add_after(struct cell_pool *pool, struct cell_list *list, uint32_t after,
                         uint32_t index) {
    struct cell *cell = cell_at(pool, index);
    struct cell *before = cell_at(pool, after);

    if (before->next == CELL_NONE) {
        cell_list_add_tail(pool, list, index);
        return;
    }
    cell->prev = after;
    cell->next = before->next;
    cell_at(pool, before->next)->prev = index;
    before->next = index;
}

void cell_list_remove(struct cell_pool *pool, struct cell_list *list, uint32_t index) {
    struct cell *cell = cell_at(pool, index);

    if (cell->prev != CELL_NONE)
        cell_at(pool, cell->prev)->next = cell->next;
    else
        list->head = cell->next;
    if (cell->next != CELL_NONE)
        cell_at(pool, cell->next)->prev = cell->prev;
    else
        list->tail = cell->prev;
    cell->prev = cell->next = CELL_NONE;
}

// A multiplicative hash: neighbouring indices get unrelated priorities.
static uint32_t priority(uint32_t index) {
    uint32_t x = index * 0x9e3779b1U;

    x ^= x >> 15;
    x *= 0x85ebca77U;
    return x ^ (x >> 13);
}

// Splits the tree at `root` into keys < `key` and keys > `key`.
static void tree_split(struct cell_pool *pool, uint32_t root, uint64_t key, uint32_t *ret_less,
                       uint32_t *ret_greater) {
    while (root != CELL_NONE) {
        struct cell *cell = cell_at(pool, root);

        if (cell->key == key)
            cell_panic("a key is in a tree twice");
        if (cell->key < key) {
            *ret_less = root;
            ret_less = &cell->right;
            root = cell->right;
        } else {
            *ret_greater = root;
            ret_greater = &cell->left;
            root = cell->left;
        }
    }
    *ret_less = *ret_greater = CELL_NONE;
}

void cell_tree_insert(struct cell_pool *pool, uint32_t *root, uint32_t index) {
    struct cell *cell = cell_at(pool, index);
    uint32_t *link = root;

    while (*link != CELL_NONE && priority(*link) >= priority(index)) {
        struct cell *at = cell_at(pool, *link);

        if (at->key == cell->key)
            cell_panic("a key is in a tree twice");
        link = at->key < cell->key ? &at->right : &at->left;
    }
    tree_split(pool, *link, cell->key, &cell->left, &cell->right);
    *link = index;
}

// Joins two trees of which all keys of the first are below those of the second.
static void tree_join(struct cell_pool *pool, uint32_t *link, uint32_t less, uint32_t greater) {
    while (less != CELL_NONE && greater != CELL_NONE) {
        if (priority(less) >= priority(greater)) {
            *link = less;
            link = &cell_at(pool, less)->right;
            less = *link;
        } else {
            *link = greater;
            link = &cell_at(pool, greater)->left;
            greater = *link;
        }
    }
    *link = less != CELL_NONE ? less : greater;
}

void cell_tree_remove(struct cell_pool *pool, uint32_t *root, uint32_t index) {
    struct cell *cell = cell_at(pool, index);
    uint32_t *link = root;

    while (*link != index) {
        struct cell *at;

        if (*link == CELL_NONE)
            cell_panic("a key to be removed is not in its tree");
        at = cell_at(pool, *link);
        link = at->key < cell->key ? &at->right : &at->left;
    }
    tree_join(pool, link, cell->left, cell->right);
    cell->left = cell->right = CELL_NONE;
}

uint32_t cell_tree_find(struct cell_pool *pool, uint32_t root, uint64_t key) {
    while (root != CELL_NONE) {
        struct cell *cell = cell_at(pool, root);

        if (cell->key == key)
            return root;
        root = cell->key < key ? cell->right : cell->left;
    }
    return CELL_NONE;
}

uint32_t cell_tree_floor(struct cell_pool *pool, uint32_t root, uint64_t key) {
    uint32_t best = CELL_NONE;

    while (root != CELL_NONE) {
        struct cell *cell = cell_at(pool, root);

        if (cell->key <= key) {
            best = root;
            root = cell->right;
        } else {
            root = cell->left;
        }
    }
    return best;
}

uint32_t cell_tree_ceil(struct cell_pool *pool, uint32_t root, uint64_t key) {
    uint32_t best = CELL_NONE;

    while (root != CELL_NONE) {
        struct cell *cell = cell_at(pool, root);

        if (cell->key >= key) {
            best = root;
            root = cell->left;
        } else {
            root = cell->right;
        }
    }
    return best;
}

void cell_tree_clear(struct cell_pool *pool, uint32_t *root) {
    while (*root != CELL_NONE) {
        uint32_t index = *root;
        struct cell *cell = cell_at(pool, index);

        tree_join(pool, root, cell->left, cell->right);
        cell_free(pool, index);
    }
}
