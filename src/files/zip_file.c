/* SPDX-License-Identifier: MIT
 * .ZIP File Format Specification (APPNOTE.TXT), sections 4.3 to 4.5. */
#include "files/zip_file.h"

#include "base/checked.h"

#include <stdlib.h>
#include <string.h>

enum {
    LOCAL = 0x04034b50,
    CENTRAL = 0x02014b50,
    END = 0x06054b50,
    END64 = 0x06064b50,
    LOCATOR64 = 0x07064b50,
    LOCAL_BYTES = 30,
    CENTRAL_BYTES = 46,
    END_BYTES = 22,
    END64_BYTES = 56,
    LOCATOR64_BYTES = 20,
    MOST_COMMENT = 0xffff
};

typedef struct reader {
    const uint8_t *data;
    size_t size;
    size_t directory, directory_bytes, count;
} reader;

static uint64_t number(const uint8_t *p, size_t bytes) {
    uint64_t n = 0;
    for (size_t i = bytes; i-- > 0;)
        n = n << 8 | p[i];
    return n;
}

static uint16_t get2(const uint8_t *p) { return (uint16_t)number(p, 2); }
static uint32_t get4(const uint8_t *p) { return (uint32_t)number(p, 4); }

bool lwi_is_zip(const void *data, size_t size) {
    return size >= END_BYTES && (get4(data) == LOCAL || get4(data) == END);
}

void lwi_zip_close(lwi_zip *zip) { lwi_strmap_free(&zip->names); }

const lwi_zip_entry *lwi_zip_find(const lwi_zip *zip, const char *name) {
    const int i = lwi_strmap_get(&zip->names, name);
    return i < 0 ? NULL : &zip->entries[i];
}

/* ------------------------------------------------------------------ directory */

static lw_status find_end(const reader *r, size_t *end) {
    const size_t least =
        r->size > END_BYTES + MOST_COMMENT ? r->size - END_BYTES - MOST_COMMENT : 0;
    for (size_t at = r->size - END_BYTES + 1; at-- > least;)
        if (get4(r->data + at) == END && get2(r->data + at + 20) == r->size - at - END_BYTES) {
            *end = at;
            return LW_OK;
        }
    return lwi_fail(LW_CORRUPT, "zip: the directory at the end is missing");
}

/* The larger form of the end record, before the small one. */
static lw_status read_end64(reader *r, size_t end) {
    if (end < LOCATOR64_BYTES || get4(r->data + end - LOCATOR64_BYTES) != LOCATOR64) return LW_OK;
    const uint64_t at = number(r->data + end - 12, 8);
    if (!lwi_within(at, END64_BYTES, end) || get4(r->data + at) != END64)
        return lwi_fail(LW_CORRUPT, "zip: the ZIP64 record is not where it should be");
    r->count = number(r->data + at + 32, 8);
    r->directory_bytes = number(r->data + at + 40, 8);
    r->directory = number(r->data + at + 48, 8);
    return LW_OK;
}

static lw_status find_directory(reader *r) {
    size_t end = 0;
    LW_TRY(find_end(r, &end));
    const uint8_t *p = r->data + end;
    if (get2(p + 4) != 0 && get2(p + 4) != 0xffff)
        return lwi_fail(LW_UNSUPPORTED, "zip: this is one of several parts");
    r->count = get2(p + 10);
    r->directory_bytes = get4(p + 12);
    r->directory = get4(p + 16);
    LW_TRY(read_end64(r, end));
    if (!lwi_within(r->directory, r->directory_bytes, end) ||
        r->count > r->directory_bytes / CENTRAL_BYTES)
        return lwi_fail(LW_CORRUPT, "zip: the directory does not fit in the file");
    return LW_OK;
}

/* -------------------------------------------------------------------- entries */

/* Numbers that did not fit in 32 bits, in the order of the fields that are all ones. */
static lw_status read_extra64(const uint8_t *extra, size_t n, uint64_t *fields[3],
                              const char *name) {
    while (n >= 4) {
        const size_t bytes = get2(extra + 2);
        if (bytes > n - 4) break;
        if (get2(extra) == 1) {
            size_t at = 0;
            for (int i = 0; i < 3; i++) {
                if (*fields[i] != 0xffffffff) continue;
                if (at + 8 > bytes) break;
                *fields[i] = number(extra + 4 + at, 8);
                at += 8;
            }
            return LW_OK;
        }
        extra += 4 + bytes;
        n -= 4 + bytes;
    }
    for (int i = 0; i < 3; i++)
        if (*fields[i] == 0xffffffff)
            return lwi_fail(LW_CORRUPT, "zip: '%s' has no ZIP64 sizes", name);
    return LW_OK;
}

static lw_status place(const reader *r, uint64_t local, lwi_zip_entry *e) {
    if (!lwi_within(local, LOCAL_BYTES, r->directory) || get4(r->data + local) != LOCAL)
        return lwi_fail(LW_CORRUPT, "zip: '%s' is not where the directory says", e->name);
    const uint8_t *p = r->data + local;
    const size_t at = (size_t)local + LOCAL_BYTES + get2(p + 26) + get2(p + 28);
    if (!lwi_within(at, e->bytes, r->directory))
        return lwi_fail(LW_CORRUPT, "zip: '%s' does not fit in the file", e->name);
    e->data = r->data + at;
    return LW_OK;
}

static lw_status check_name(const char *name, size_t n) {
    if (n == 0 || memchr(name, 0, n)) return lwi_fail(LW_CORRUPT, "zip: a file has no proper name");
    return LW_OK;
}

static lw_status read_entry(lwi_arena *arena, const reader *r, size_t *at, lwi_zip_entry *e) {
    const size_t end = r->directory + r->directory_bytes;
    const uint8_t *p = r->data + *at;
    if (!lwi_within(*at, CENTRAL_BYTES, end) || get4(p) != CENTRAL)
        return lwi_fail(LW_CORRUPT, "zip: the directory is damaged");
    const size_t n_name = get2(p + 28), n_extra = get2(p + 30), n_comment = get2(p + 32);
    if (!lwi_within(*at + CENTRAL_BYTES, n_name + n_extra + n_comment, end))
        return lwi_fail(LW_CORRUPT, "zip: the directory is damaged");
    const char *name = (const char *)p + CENTRAL_BYTES;
    LW_TRY(check_name(name, n_name));
    LW_TRY(lwi_arena_string(arena, name, n_name, &e->name));
    uint64_t size = get4(p + 24), bytes = get4(p + 20), local = get4(p + 42);
    LW_TRY(read_extra64(p + CENTRAL_BYTES + n_name, n_extra, (uint64_t *[]){&size, &bytes, &local},
                        e->name));
    if (get2(p + 8) & 0x2041) return lwi_fail(LW_UNSUPPORTED, "zip: '%s' is encrypted", e->name);
    e->method = get2(p + 10);
    e->crc = get4(p + 16);
    e->size = size;
    e->bytes = bytes;
    if (e->method == LWI_ZIP_STORED && size != bytes)
        return lwi_fail(LW_CORRUPT, "zip: '%s' has two sizes", e->name);
    *at += CENTRAL_BYTES + n_name + n_extra + n_comment;
    return place(r, local, e);
}

/* ------------------------------------------------------------------- whole */

static int by_place(const void *x, const void *y) {
    const lwi_zip_entry *const *a = x, *const *b = y;
    return ((*a)->data > (*b)->data) - ((*a)->data < (*b)->data);
}

/* Archives that unpack to more than they hold let files share bytes. */
static lw_status check_overlaps(lwi_arena *arena, const lwi_zip *zip) {
    const lwi_zip_entry **sorted = NULL;
    LW_TRY(lwi_arena_alloc(arena, zip->n, sizeof *sorted, &sorted));
    for (size_t i = 0; i < zip->n; i++)
        sorted[i] = &zip->entries[i];
    if (zip->n) qsort(sorted, zip->n, sizeof *sorted, by_place);
    for (size_t i = 1; i < zip->n; i++)
        if (sorted[i - 1]->data + sorted[i - 1]->bytes > sorted[i]->data)
            return lwi_fail(LW_CORRUPT, "zip: '%s' and '%s' overlap", sorted[i - 1]->name,
                            sorted[i]->name);
    return LW_OK;
}

static lw_status read_all(lwi_arena *arena, const reader *r, lwi_zip *zip) {
    size_t at = r->directory;
    LW_TRY(lwi_arena_alloc(arena, r->count, sizeof *zip->entries, &zip->entries));
    for (; zip->n < r->count; zip->n++) {
        lwi_zip_entry *e = &zip->entries[zip->n];
        LW_TRY(read_entry(arena, r, &at, e));
        if (lwi_strmap_get(&zip->names, e->name) >= 0)
            return lwi_fail(LW_CORRUPT, "zip: '%s' is there twice", e->name);
        LW_TRY(lwi_strmap_set(&zip->names, e->name, (int)zip->n));
    }
    return check_overlaps(arena, zip);
}

lw_status lwi_zip_open(lwi_arena *arena, const void *data, size_t size, lwi_zip *zip) {
    reader r = {.data = data, .size = size};
    *zip = (lwi_zip){0};
    lwi_strmap_init(&zip->names, &arena->allocator);
    lw_status status = lwi_is_zip(data, size) ? find_directory(&r)
                                              : lwi_fail(LW_CORRUPT, "this is no zip archive");
    if (status == LW_OK) status = read_all(arena, &r, zip);
    if (status != LW_OK) lwi_zip_close(zip);
    return status;
}
