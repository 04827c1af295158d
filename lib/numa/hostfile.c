// Strict on purpose: a host description is an expectation of a test or a plan, and a misspelt
// member that is quietly ignored would test another host than the one written down.
//
// Every reader gets `where`, the path of the object it looks into ("" at the top, "nodes[2]."
// below), so that an error names the member as the author of the file knows it.

#include "lib/numa/hostfile.h"

#include "lib/util/cleanup.h"
#include "lib/util/number.h"

#include <errno.h>
#include <json-c/json.h>
#include <stddef.h>
#include <string.h>

#define MAX_MEMORY_MIB (1LL << 32) // 52 bits of physical address, all that x86 has
#define MAX_CPUS 4095              // per node; Xen's largest NR_CPUS
#define MAX_THREADS 255
#define MAX_SLOT 31
#define MAX_FUNCTION 7
#define WHERE_SIZE 48 // "nodes[63].", "distances[63][63]"

static void cleanup_json(json_object **object) {
    json_object_put(*object);
}

static void cleanup_tokener(json_tokener **tokener) {
    if (*tokener)
        json_tokener_free(*tokener);
}

static int members_check(json_object *object, const char *where, const char *const known[],
                         struct error *err) {
    json_object_object_foreach(object, name, value) {
        size_t i = 0;

        (void)value;
        while (known[i] && strcmp(known[i], name) != 0)
            i++;
        if (!known[i])
            return error_set(err, EINVAL, "%s%s: unknown member", where, name);
    }
    return 0;
}

static int integer_read(json_object *value, const char *where, const char *name, int64_t max,
                        int64_t *ret, struct error *err) {
    int64_t number = json_object_get_int64(value);

    if (!json_object_is_type(value, json_type_int) || number < 0 || number > max)
        return error_set(err, EINVAL, "%s%s: must be an integer from 0 to %lld", where, name,
                         (long long)max);
    *ret = number;
    return 0;
}

// Without the member *ret keeps its value, the default; a negative one means that there is none.
static int member_integer(json_object *object, const char *where, const char *name, int64_t max,
                          int64_t *ret, struct error *err) {
    json_object *value;

    if (json_object_object_get_ex(object, name, &value))
        return integer_read(value, where, name, max, ret, err);
    if (*ret < 0)
        return error_set(err, EINVAL, "%s%s: missing", where, name);
    return 0;
}

static int extents_read(json_object *value, const char *where, struct hostfile_node *node,
                        uint64_t size_pages, uint64_t *ret_pages, struct error *err) {
    char path[WHERE_SIZE + sizeof("free.")];
    uint64_t pages = 0;

    if (!json_object_is_type(value, json_type_object))
        return error_set(err, EINVAL, "%sfree: must be an object", where);
    snprintf(path, sizeof(path), "%sfree.", where);
    json_object_object_foreach(value, name, number) {
        int64_t order;
        int64_t count = 0;
        int r;

        // "01" or "+1" would name an order a second time.
        if (strspn(name, "0123456789") != strlen(name) || (name[0] == '0' && name[1]) ||
            number_parse_int(name, 0, HOSTFILE_MAX_ORDER, &order))
            return error_set(err, EINVAL, "%s%s: must be an order from 0 to %d", path, name,
                             HOSTFILE_MAX_ORDER);
        r = integer_read(number, path, name, (int64_t)(size_pages >> order), &count, err);
        if (r)
            return r;
        node->free_extents[order] = (uint64_t)count;
        pages += (uint64_t)count << order;
    }
    if (pages > size_pages)
        return error_set(err, EINVAL, "%sfree: more than the node has", where);
    node->fragmented = true;
    *ret_pages = pages;
    return 0;
}

// Free memory: by extents, as a sum, or all that the node has.
static int node_read_free(json_object *object, const char *where, struct host_node *node,
                          struct hostfile_node *detail, struct error *err) {
    int64_t free_mib = (int64_t)(node->size_pages / HOST_PAGES_PER_MIB);
    json_object *extents;
    int r;

    if (!json_object_object_get_ex(object, "free", &extents)) {
        r = member_integer(object, where, "free_mib", free_mib, &free_mib, err);
        if (!r)
            node->free_pages = (uint64_t)free_mib * HOST_PAGES_PER_MIB;
        return r;
    }
    if (json_object_object_get_ex(object, "free_mib", NULL))
        return error_set(err, EINVAL, "%sfree_mib: not together with free", where);
    return extents_read(extents, where, detail, node->size_pages, &node->free_pages, err);
}

static int node_read_memory(json_object *object, const char *where, struct host_node *node,
                            struct hostfile_node *detail, struct error *err) {
    int64_t memory_mib = -1;
    int64_t dirty_mib = 0;
    int r;

    r = member_integer(object, where, "memory_mib", MAX_MEMORY_MIB, &memory_mib, err);
    if (r)
        return r;
    node->size_pages = (uint64_t)memory_mib * HOST_PAGES_PER_MIB;
    r = node_read_free(object, where, node, detail, err);
    if (r)
        return r;
    r = member_integer(object, where, "dirty_mib", MAX_MEMORY_MIB, &dirty_mib, err);
    if (r)
        return r;
    detail->dirty_pages = (uint64_t)dirty_mib * HOST_PAGES_PER_MIB;
    if (detail->dirty_pages > node->free_pages)
        return error_set(err, EINVAL, "%sdirty_mib: more than is free", where);
    return 0;
}

static int node_read_cpus(json_object *object, const char *where, unsigned threads_per_core,
                          struct host_node *node, struct error *err) {
    int64_t cpus = -1;
    int r;

    r = member_integer(object, where, "cpus", MAX_CPUS, &cpus, err);
    if (r)
        return r;
    node->nr_cpus = (unsigned)cpus;
    node->nr_cores = node->nr_cpus / threads_per_core;
    if (node->nr_cpus % threads_per_core)
        return error_set(err, EINVAL, "%scpus: not a multiple of threads_per_core", where);
    return 0;
}

static int node_read(json_object *object, unsigned index, struct hostfile *file,
                     struct error *err) {
    static const char *const known[] = {"id",       "memory_mib", "cpus", "free",
                                        "free_mib", "dirty_mib",  NULL};
    char where[WHERE_SIZE];
    struct host_node *node;
    int64_t id = -1;
    int r;

    if (!json_object_is_type(object, json_type_object))
        return error_set(err, EINVAL, "nodes[%u]: must be an object", index);
    snprintf(where, sizeof(where), "nodes[%u].", index);
    r = members_check(object, where, known, err);
    if (r)
        return r;
    r = member_integer(object, where, "id", HOST_MAX_NODES - 1, &id, err);
    if (r)
        return r;
    if (id < file->host.nr_nodes)
        return error_set(err, EINVAL, "%sid: must be above the id before it", where);
    node = &file->host.node[id];
    node->online = true;
    file->host.nr_nodes = (unsigned)id + 1;
    r = node_read_memory(object, where, node, &file->node[id], err);
    if (r)
        return r;
    return node_read_cpus(object, where, file->threads_per_core, node, err);
}

static int nodes_read(json_object *top, struct hostfile *file, struct error *err) {
    json_object *nodes;
    unsigned count;

    if (!json_object_object_get_ex(top, "nodes", &nodes))
        return error_set(err, EINVAL, "nodes: missing");
    if (!json_object_is_type(nodes, json_type_array))
        return error_set(err, EINVAL, "nodes: must be an array");
    count = (unsigned)json_object_array_length(nodes);
    if (count < 1 || count > HOST_MAX_NODES)
        return error_set(err, EINVAL, "nodes: must have 1 to %d elements", HOST_MAX_NODES);
    for (unsigned i = 0; i < count; i++) {
        int r = node_read(json_object_array_get_idx(nodes, i), i, file, err);

        if (r)
            return r;
    }
    return 0;
}

// The online nodes' ids in ascending order: what row and column numbers of a matrix stand for.
static unsigned node_ids(const struct host *host, unsigned ids[HOST_MAX_NODES]) {
    unsigned count = 0;

    for (unsigned id = 0; id < host->nr_nodes; id++)
        if (host->node[id].online)
            ids[count++] = id;
    return count;
}

static void distances_set_default(struct host *host) {
    unsigned ids[HOST_MAX_NODES];
    unsigned count = node_ids(host, ids);

    for (unsigned row = 0; row < count; row++)
        for (unsigned column = 0; column < count; column++)
            host->distance[ids[row]][ids[column]] = row == column ? HOST_DISTANCE_LOCAL : 20;
}

static int array_check(json_object *array, const char *where, unsigned count, struct error *err) {
    if (!json_object_is_type(array, json_type_array) ||
        (unsigned)json_object_array_length(array) != count)
        return error_set(err, EINVAL, "%s: must be an array of %u, one for each node", where,
                         count);
    return 0;
}

static int distances_read(json_object *matrix, struct host *host, struct error *err) {
    unsigned ids[HOST_MAX_NODES];
    unsigned count = node_ids(host, ids);
    int r = array_check(matrix, "distances", count, err);

    for (unsigned row = 0; !r && row < count; row++) {
        json_object *line = json_object_array_get_idx(matrix, row);
        char where[WHERE_SIZE];

        snprintf(where, sizeof(where), "distances[%u]", row);
        r = array_check(line, where, count, err);
        for (unsigned column = 0; !r && column < count; column++) {
            int64_t distance = 0;

            snprintf(where, sizeof(where), "distances[%u][%u]", row, column);
            r = integer_read(json_object_array_get_idx(line, column), where, "", UINT8_MAX,
                             &distance, err);
            if (!r)
                host->distance[ids[row]][ids[column]] = (uint8_t)distance;
        }
    }
    return r;
}

// Exactly so many digits, as sysfs writes them, and the `end` that must follow.
static bool hex_take(const char **text, unsigned digits, char end, unsigned *ret) {
    static const char known[] = "0123456789abcdef";
    unsigned value = 0;

    for (const char *digit; digits; digits--, (*text)++) {
        if (!**text || !(digit = strchr(known, **text)))
            return false;
        value = value << 4 | (unsigned)(digit - known);
    }
    *ret = value;
    return *(*text)++ == end;
}

bool hostfile_device_parse(const char *text, struct hostfile_device *ret) {
    unsigned segment, bus, slot, function;

    if (!hex_take(&text, 4, ':', &segment) || !hex_take(&text, 2, ':', &bus) ||
        !hex_take(&text, 2, '.', &slot) || !hex_take(&text, 1, '\0', &function) ||
        slot > MAX_SLOT || function > MAX_FUNCTION)
        return false;
    *ret = (struct hostfile_device){.segment = (uint16_t)segment,
                                    .bus = (uint8_t)bus,
                                    .devfn = (uint8_t)(slot << 3 | function),
                                    .node = HOSTFILE_NO_NODE};
    return true;
}

static int device_read_address(json_object *object, const char *where, struct hostfile *file,
                               struct error *err) {
    struct hostfile_device *device = &file->device[file->nr_devices];
    json_object *value;

    if (!json_object_object_get_ex(object, "address", &value))
        return error_set(err, EINVAL, "%saddress: missing", where);
    if (!json_object_is_type(value, json_type_string) ||
        !hostfile_device_parse(json_object_get_string(value), device))
        return error_set(err, EINVAL, "%saddress: must be like \"0000:41:00.0\"", where);
    for (unsigned i = 0; i < file->nr_devices; i++)
        if (hostfile_device_sbdf(&file->device[i]) == hostfile_device_sbdf(device))
            return error_set(err, EINVAL, "%saddress: there is a device with it before", where);
    return 0;
}

static int device_read(json_object *object, unsigned index, struct hostfile *file,
                       struct error *err) {
    static const char *const known[] = {"address", "node", NULL};
    char where[WHERE_SIZE];
    int64_t node = 0;
    int r;

    if (!json_object_is_type(object, json_type_object))
        return error_set(err, EINVAL, "devices[%u]: must be an object", index);
    snprintf(where, sizeof(where), "devices[%u].", index);
    r = members_check(object, where, known, err);
    if (!r)
        r = device_read_address(object, where, file, err);
    if (!r)
        r = member_integer(object, where, "node", HOST_MAX_NODES - 1, &node, err);
    if (r)
        return r;
    if (json_object_object_get_ex(object, "node", NULL)) {
        if (!file->host.node[node].online)
            return error_set(err, EINVAL, "%snode: is not one of the nodes", where);
        file->device[file->nr_devices].node = (unsigned)node;
    }
    file->nr_devices++;
    return 0;
}

static int devices_read(json_object *top, struct hostfile *file, struct error *err) {
    json_object *devices;
    unsigned count;
    int r = 0;

    if (!json_object_object_get_ex(top, "devices", &devices))
        return 0;
    if (!json_object_is_type(devices, json_type_array))
        return error_set(err, EINVAL, "devices: must be an array");
    count = (unsigned)json_object_array_length(devices);
    if (count > HOSTFILE_MAX_DEVICES)
        return error_set(err, EINVAL, "devices: must have at most %d elements",
                         HOSTFILE_MAX_DEVICES);
    for (unsigned i = 0; !r && i < count; i++)
        r = device_read(json_object_array_get_idx(devices, i), i, file, err);
    return r;
}

static int description_read(json_object *top, char **ret, struct error *err) {
    json_object *value;

    if (!json_object_object_get_ex(top, "description", &value))
        return 0;
    if (!json_object_is_type(value, json_type_string))
        return error_set(err, EINVAL, "description: must be a string");
    *ret = strdup(json_object_get_string(value));
    return *ret ? 0 : error_set(err, ENOMEM, "out of memory");
}

static int host_read(json_object *top, struct hostfile *file, struct error *err) {
    static const char *const known[] = {"description", "threads_per_core", "nodes",
                                        "distances",   "devices",          NULL};
    int64_t threads = 1;
    json_object *matrix;
    int r;

    r = members_check(top, "", known, err);
    if (r)
        return r;
    r = member_integer(top, "", "threads_per_core", MAX_THREADS, &threads, err);
    if (r)
        return r;
    if (threads < 1)
        return error_set(err, EINVAL, "threads_per_core: must not be 0");
    file->threads_per_core = (unsigned)threads;
    r = nodes_read(top, file, err);
    if (r)
        return r;
    memset(file->host.distance, HOST_DISTANCE_UNKNOWN, sizeof(file->host.distance));
    distances_set_default(&file->host);
    if (json_object_object_get_ex(top, "distances", &matrix)) {
        r = distances_read(matrix, &file->host, err);
        if (r)
            return r;
    }
    r = devices_read(top, file, err);
    if (r)
        return r;
    return description_read(top, &file->description, err);
}

// The whole text must be one object; blanks after it are all that may follow.
static int document_parse(const char *text, json_object **ret, struct error *err) {
    CLEANUP(cleanup_tokener) json_tokener *tokener = json_tokener_new();
    CLEANUP(cleanup_json) json_object *top = NULL;
    enum json_tokener_error status;

    if (!tokener)
        return error_set(err, ENOMEM, "out of memory");
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
    top = json_tokener_parse_ex(tokener, text, -1);
    status = json_tokener_get_error(tokener);
    if (status != json_tokener_success)
        return error_set(err, EINVAL, "host description: not JSON: %s",
                         json_tokener_error_desc(status));
    if (!json_object_is_type(top, json_type_object))
        return error_set(err, EINVAL, "host description: must be an object");
    *ret = take_ptr(top);
    return 0;
}

int hostfile_parse(const char *text, struct hostfile *ret, struct error *err) {
    CLEANUP(cleanup_json) json_object *top = NULL;
    struct hostfile file = {0};
    int r;

    r = document_parse(text, &top, err);
    if (r)
        return r;
    r = host_read(top, &file, err);
    if (r)
        return r;
    *ret = file;
    return 0;
}

void hostfile_done(struct hostfile *file) {
    free(file->description);
    *file = (struct hostfile){0};
}
