/* SPDX-License-Identifier: MIT
 * The form before PyTorch 0.1.10: a tar file (POSIX.1-1988) with `storages`, `tensors` and
 * `pickle`, where tensors are known by numbers. */
#include "base/checked.h"
#include "files/little_endian.h"
#include "files/torch_reader.h"

typedef lwi_pickle_item item;

enum { BLOCK = 512, NAME = 100, SIZE = 124, SUM = 148, STEPS_A_BYTE = 16, STEPS = 1000 };

typedef struct part {
    const char *name;
    const uint8_t *data;
    size_t size, at;
} part;

static bool octal(const uint8_t *text, size_t n, uint64_t *number) {
    size_t i = 0;
    *number = 0;
    while (i < n && text[i] == ' ')
        i++;
    for (; i < n && text[i] >= '0' && text[i] <= '7'; i++)
        *number = *number << 3 | (uint64_t)(text[i] - '0');
    return i > 0 && (i == n || text[i] == 0 || text[i] == ' ');
}

/* The sum of all bytes, with spaces where it stands itself. */
static bool is_header(const uint8_t *h) {
    uint64_t want = 0, sum = 0;
    for (int i = 0; i < BLOCK; i++)
        sum += i >= SUM && i < SUM + 8 ? ' ' : h[i];
    return h[0] && octal(h + SUM, 8, &want) && sum == want;
}

bool lwi_is_torch_tar(const uint8_t *data, size_t size) { return size >= BLOCK && is_header(data); }

static lw_status find_part(const uint8_t *data, size_t size, part *p) {
    size_t at = 0;
    while (lwi_within(at, BLOCK, size) && is_header(data + at)) {
        uint64_t bytes = 0;
        const uint8_t *h = data + at;
        at += BLOCK;
        if (!octal(h + SIZE, 12, &bytes) || !lwi_within(at, bytes, size)) break;
        const char *name = (const char *)h;
        if (!strncmp(name, "./", 2)) name += 2;
        if (!strncmp(name, p->name, (size_t)((const char *)h + NAME - name))) {
            p->data = data + at;
            p->size = (size_t)bytes;
            return LW_OK;
        }
        if (!lwi_add_size(at, ((uint64_t)bytes + BLOCK - 1) / BLOCK * BLOCK, &at)) break;
    }
    return lwi_fail(LW_CORRUPT, "the tar file has no '%s'", p->name);
}

static lw_status unpickle(lwi_torch_reader *r, part *p, const item **it) {
    size_t used = 0;
    LW_TRY(lwi_torch_unpickle(r, p->name, p->data + p->at, p->size - p->at, it, &used));
    p->at += used;
    return LW_OK;
}

static lw_status take(part *p, size_t n, const uint8_t **bytes) {
    if (!lwi_within(p->at, n, p->size)) return lwi_fail(LW_CORRUPT, "'%s' ends early", p->name);
    *bytes = p->data + p->at;
    p->at += n;
    return LW_OK;
}

static lw_status take_numbers(part *p, size_t n, int64_t *numbers) {
    const uint8_t *bytes = NULL;
    LW_TRY(take(p, 8 * n, &bytes));
    for (size_t i = 0; i < n; i++)
        numbers[i] = (int64_t)lwi_little_endian(bytes + 8 * i, 8);
    return LW_OK;
}

/* A tuple of three comes before each storage and tensor; how many there are stands at the begin. */
static lw_status read_triple(lwi_torch_reader *r, part *p, const item **it) {
    LW_TRY(unpickle(r, p, it));
    if ((*it)->kind == LWI_PICKLE_TUPLE && (*it)->n == 3) return LW_OK;
    return lwi_fail(LW_CORRUPT, "'%s' has an entry that is none", p->name);
}

static lw_status read_count(lwi_torch_reader *r, part *p, int64_t *n) {
    const item *it = NULL;
    LW_TRY(unpickle(r, p, &it));
    if (it->kind != LWI_PICKLE_INT)
        return lwi_fail(LW_CORRUPT, "'%s' has no count of its entries", p->name);
    *n = it->i;
    return LW_OK;
}

/* (key, device, class), the number of elements, these. */
static lw_status read_storage(lwi_torch_reader *r, part *p) {
    const item *it = NULL;
    const char *key = NULL;
    int64_t count = 0;
    lwi_torch_storage s = {0};
    LW_TRY(read_triple(r, p, &it));
    LW_TRY(lwi_torch_key(r->arena, it->items[0], &key));
    LW_TRY(lwi_torch_type(it->items[2], &s.dtype));
    LW_TRY(take_numbers(p, 1, &count));
    if (count < 0 ||
        !lwi_mul_size((uint64_t)count, lwi_stored_bits(s.dtype ? s.dtype : LW_UINT8) / 8, &s.bytes))
        return lwi_fail(LW_CORRUPT, "storage '%s' is too large", key);
    LW_TRY(take(p, s.bytes, &s.data));
    return lwi_torch_add_storage(r, key, s);
}

/* (key, key of the storage, first element, elements) */
static lw_status add_view(lwi_torch_reader *r, const item *v) {
    const char *key = NULL, *root = NULL;
    if (v->kind != LWI_PICKLE_TUPLE || v->n != 4 || v->items[2]->kind != LWI_PICKLE_INT ||
        v->items[3]->kind != LWI_PICKLE_INT)
        return lwi_fail(LW_CORRUPT, "a view of a storage is none");
    LW_TRY(lwi_torch_key(r->arena, v->items[0], &key));
    LW_TRY(lwi_torch_key(r->arena, v->items[1], &root));
    const int found = lwi_strmap_get(&r->keys, root);
    if (found < 0) return lwi_fail(LW_CORRUPT, "there is no storage '%s'", root);
    lwi_torch_storage s = r->storages[found];
    const size_t size = lwi_stored_bits(s.dtype ? s.dtype : LW_UINT8) / 8;
    const uint64_t first = (uint64_t)v->items[2]->i, n = (uint64_t)v->items[3]->i;
    if (!size || first > s.bytes / size || n > s.bytes / size - first)
        return lwi_fail(LW_CORRUPT, "a view does not lie in its storage '%s'", root);
    s.data += first * size;
    s.bytes = (size_t)n * size;
    return lwi_torch_add_storage(r, key, s);
}

static lw_status read_storages(lwi_torch_reader *r, part *p) {
    const item *views = NULL;
    int64_t n = 0;
    LW_TRY(read_count(r, p, &n));
    for (int64_t i = 0; i < n; i++)
        LW_TRY(read_storage(r, p));
    LW_TRY(unpickle(r, p, &views));
    if (views->kind != LWI_PICKLE_LIST) return lwi_fail(LW_CORRUPT, "there is no list of views");
    for (size_t i = 0; i < views->n; i++)
        LW_TRY(add_view(r, views->items[i]));
    return LW_OK;
}

/* (key, key of the storage, class), the rank in 8 bytes, sizes, strides, offset. */
static lw_status read_tensor(lwi_torch_reader *r, part *p) {
    const item *it = NULL;
    const char *key = NULL, *of = NULL;
    lwi_stored_tensor *t = NULL;
    int64_t rank = 0, offset = 0;
    LW_TRY(read_triple(r, p, &it));
    LW_TRY(lwi_torch_key(r->arena, it->items[0], &key));
    LW_TRY(lwi_torch_key(r->arena, it->items[1], &of));
    const int found = lwi_strmap_get(&r->keys, of);
    LW_TRY(take_numbers(p, 1, &rank));
    rank = (int32_t)rank; /* the upper half is of no meaning */
    if (found < 0 || rank < 0 || rank > LW_MAX_RANK)
        return lwi_fail(LW_CORRUPT, "tensor '%s' has no storage, or rank %lld", key,
                        (long long)rank);
    LW_TRY(lwi_arena_alloc(r->arena, 1, sizeof *t, &t));
    *t = (lwi_stored_tensor){.name = key, .dtype = r->storages[found].dtype, .rank = (int)rank};
    LW_TRY(take_numbers(p, (size_t)rank, t->dims));
    LW_TRY(take_numbers(p, (size_t)rank, t->strides));
    LW_TRY(take_numbers(p, 1, &offset));
    if (offset < 0) return lwi_fail(LW_CORRUPT, "tensor '%s' begins before its storage", key);
    t->offset = (size_t)offset;
    t->storage = r->storages[found].data;
    t->storage_bytes = r->storages[found].bytes;
    LW_TRY(lwi_stored_check(t));
    LW_TRY(lwi_arena_grow(r->arena, &r->tar_tensors, &r->capacity_tar, r->n_tar + 1,
                          sizeof *r->tar_tensors));
    r->tar_tensors[r->n_tar] = t;
    return lwi_strmap_set(&r->tar_keys, key, (int)r->n_tar++);
}

lw_status lwi_torch_tar(lwi_torch_reader *r, const uint8_t *data, size_t size) {
    part storages = {.name = "storages"}, tensors = {.name = "tensors"},
         object = {.name = "pickle"};
    const item *root = NULL;
    int64_t n = 0;
    r->file->form = "tar";
    LW_TRY(find_part(data, size, &storages));
    LW_TRY(find_part(data, size, &tensors));
    LW_TRY(find_part(data, size, &object));
    LW_TRY(read_storages(r, &storages));
    LW_TRY(read_count(r, &tensors, &n));
    for (int64_t i = 0; i < n; i++)
        LW_TRY(read_tensor(r, &tensors));
    LW_TRY(unpickle(r, &object, &root));
    r->steps = object.at * STEPS_A_BYTE + STEPS;
    return lwi_torch_collect(r, root);
}
