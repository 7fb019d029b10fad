/* SPDX-License-Identifier: MIT */
#include "files/zip_file.h"

#include "base/checked.h"
#include "files/crc32.h"
#include "files/inflate.h"
#include "files/little_endian.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    END = 22,             /* end of central directory */
    LOCATOR = 20,         /* where its 64-bit form is */
    END_64 = 56,          /* that form */
    ENTRY = 46,           /* of the central directory */
    LOCAL = 30,           /* the header in front of an entry's bytes */
    COMMENT = 65535,      /* the most bytes that may follow the end record */
    EXTRA_64 = 1,         /* the extra field with sizes of 64 bits */
    LATE_SIZES = 8,       /* flag: the local header has no sizes, they follow the bytes */
    ENCRYPTED = 0x2041,   /* flags 0, 6 and 13 */
    DEFLATE_RATIO = 1032, /* the most that deflate can do */
    LONGEST_NAME = 4096
};

/* What an entry of the directory says. */
typedef struct record {
    const uint8_t *name, *extra;
    size_t name_size, extra_size, length; /* length: of the whole record */
    unsigned flags, method, disk;
    uint32_t crc;
    uint64_t packed, size, at; /* at: its local header */
} record;

typedef struct directory {
    const uint8_t *data;
    size_t size;
    uint64_t at, bytes, n, end; /* end: where the end record begins, in its first form */
} directory;

typedef struct range {
    uint64_t begin, end;
    const char *name;
} range;

static unsigned le16(const uint8_t *p) { return (unsigned)lwi_little_endian(p, 2); }
static uint32_t le32(const uint8_t *p) { return (uint32_t)lwi_little_endian(p, 4); }
static uint64_t le64(const uint8_t *p) { return lwi_little_endian(p, 8); }

static bool starts(const directory *d, uint64_t at, size_t length, const char *magic) {
    return at <= d->size && length <= d->size - at && !memcmp(d->data + at, magic, 4);
}

bool lwi_is_zip(const void *data, size_t size) {
    return size >= END && (!memcmp(data, "PK\3\4", 4) || !memcmp(data, "PK\5\6", 4));
}

/* The end record is the last one whose comment ends with the file. */
static lw_status find_end(directory *d) {
    const size_t last = d->size < END ? 0 : d->size - END;
    const size_t first = last > COMMENT ? last - COMMENT : 0;
    for (size_t i = last + 1; i-- > first;)
        if (starts(d, i, END, "PK\5\6") && le16(d->data + i + 20) == d->size - END - i) {
            d->end = i;
            return LW_OK;
        }
    return lwi_fail(LW_CORRUPT, "zip: there is no end record: the file was cut, or is no zip file");
}

static lw_status read_end_64(directory *d) {
    const uint8_t *locator = d->data + d->end - LOCATOR;
    const uint64_t at = le64(locator + 8);
    if (le32(locator + 4) != 0 || le32(locator + 16) > 1)
        return lwi_fail(LW_UNSUPPORTED, "zip: the file is one of several parts");
    if (at > d->end - LOCATOR || !starts(d, at, END_64, "PK\6\6"))
        return lwi_fail(LW_CORRUPT, "zip: there is no 64-bit end record at offset %llu",
                        (unsigned long long)at);
    const uint8_t *end = d->data + at;
    if (le32(end + 16) || le32(end + 20) || le64(end + 24) != le64(end + 32))
        return lwi_fail(LW_UNSUPPORTED, "zip: the file is one of several parts");
    d->n = le64(end + 24), d->bytes = le64(end + 40), d->at = le64(end + 48);
    d->end = at;
    return LW_OK;
}

static lw_status read_end(directory *d) {
    LW_TRY(find_end(d));
    const uint8_t *end = d->data + d->end;
    d->n = le16(end + 10), d->bytes = le32(end + 12), d->at = le32(end + 16);
    if (d->end >= LOCATOR && starts(d, d->end - LOCATOR, LOCATOR, "PK\6\7")) LW_TRY(read_end_64(d));
    else if (le16(end + 4) || le16(end + 6) || le16(end + 8) != d->n)
        return lwi_fail(LW_UNSUPPORTED, "zip: the file is one of several parts");
    if (d->at > d->end || d->bytes > d->end - d->at)
        return lwi_fail(LW_CORRUPT,
                        "zip: a directory of %llu bytes at offset %llu is not in the file",
                        (unsigned long long)d->bytes, (unsigned long long)d->at);
    if (d->n > d->bytes / ENTRY)
        return lwi_fail(LW_CORRUPT, "zip: %llu entries in a directory of %llu bytes",
                        (unsigned long long)d->n, (unsigned long long)d->bytes);
    return LW_OK;
}

/* Numbers that do not fit stand in an extra field, in this order. */
static lw_status read_extra_64(record *r, const char *name) {
    uint64_t *const wide[] = {&r->size, &r->packed, &r->at};
    size_t at = 0, used = 0, length = 0;
    while (at + 4 <= r->extra_size && le16(r->extra + at) != EXTRA_64)
        at += 4 + (size_t)le16(r->extra + at + 2);
    if (at + 4 <= r->extra_size) length = le16(r->extra + at + 2);
    if (length && !lwi_within(at + 4, length, r->extra_size)) length = 0;
    for (size_t i = 0; i < 3; i++) {
        if (*wide[i] != UINT32_MAX) continue;
        if (length < used + 8)
            return lwi_fail(LW_CORRUPT, "zip: entry '%s' has no sizes of 64 bits", name);
        *wide[i] = le64(r->extra + at + 4 + used);
        used += 8;
    }
    if (r->disk == UINT16_MAX && length >= used + 4) r->disk = le32(r->extra + at + 4 + used);
    return LW_OK;
}

static lw_status read_record(const directory *d, uint64_t at, record *r) {
    const uint64_t end = d->at + d->bytes;
    if (end - at < ENTRY || memcmp(d->data + at, "PK\1\2", 4))
        return lwi_fail(LW_CORRUPT, "zip: there is no entry of the directory at offset %llu",
                        (unsigned long long)at);
    const uint8_t *p = d->data + at;
    *r = (record){.name = p + ENTRY,
                  .name_size = le16(p + 28),
                  .extra_size = le16(p + 30),
                  .flags = le16(p + 8),
                  .method = le16(p + 10),
                  .disk = le16(p + 34),
                  .crc = le32(p + 16),
                  .packed = le32(p + 20),
                  .size = le32(p + 24),
                  .at = le32(p + 42)};
    r->extra = r->name + r->name_size;
    r->length = ENTRY + r->name_size + r->extra_size + le16(p + 32);
    if (r->length > end - at)
        return lwi_fail(LW_CORRUPT, "zip: the entry of the directory at offset %llu is cut",
                        (unsigned long long)at);
    return LW_OK;
}

static bool climbs(const char *name) {
    for (const char *part = name; part; part = strchr(part, '/')) {
        part += *part == '/';
        if (!strncmp(part, "..", 2) && (part[2] == '/' || !part[2])) return true;
    }
    return false;
}

static lw_status check_name(const record *r, const char *name) {
    if (!r->name_size || r->name_size > LONGEST_NAME || memchr(r->name, 0, r->name_size))
        return lwi_fail(LW_CORRUPT, "zip: the entry '%.64s' has no proper name", name);
    if (*name == '/' || strchr(name, '\\') || name[1] == ':' || climbs(name))
        return lwi_fail(LW_CORRUPT, "zip: the name '%s' leads out of the archive", name);
    return LW_OK;
}

static lw_status check_record(const record *r, const char *name) {
    if (r->flags & ENCRYPTED) return lwi_fail(LW_UNSUPPORTED, "zip: entry '%s' is encrypted", name);
    if (r->disk) return lwi_fail(LW_UNSUPPORTED, "zip: entry '%s' is in another part", name);
    if (r->method != LWI_ZIP_STORED && r->method != LWI_ZIP_DEFLATED)
        return lwi_fail(LW_UNSUPPORTED, "zip: entry '%s' is packed by method %u", name, r->method);
    if (r->method == LWI_ZIP_STORED ? r->size != r->packed
                                    : r->size / (DEFLATE_RATIO + 1) > r->packed)
        return lwi_fail(LW_CORRUPT, "zip: entry '%s' claims %llu bytes made of %llu", name,
                        (unsigned long long)r->size, (unsigned long long)r->packed);
    return LW_OK;
}

/* A local header may leave sizes out, or say that 64 bits are needed, but not say others. */
static lw_status check_local(const record *r, const uint8_t *local, const char *name) {
    const uint32_t crc = le32(local + 14), packed = le32(local + 18), size = le32(local + 22);
    bool same = le16(local + 8) == r->method && le16(local + 26) == r->name_size &&
                !memcmp(local + LOCAL, r->name, r->name_size) && !(le16(local + 6) & ENCRYPTED);
    if (!(le16(local + 6) & LATE_SIZES))
        same = same && crc == r->crc && (packed == r->packed || packed == UINT32_MAX) &&
               (size == r->size || size == UINT32_MAX);
    if (same) return LW_OK;
    return lwi_fail(LW_CORRUPT, "zip: entry '%s' and its local header do not agree", name);
}

static lw_status find_bytes(const directory *d, const record *r, lwi_zip_entry *e, range *taken) {
    if (r->at > d->at || !starts(d, r->at, LOCAL, "PK\3\4") ||
        !lwi_within((uint64_t)r->at + LOCAL, r->name_size, d->size))
        return lwi_fail(LW_CORRUPT, "zip: entry '%s' has no local header at offset %llu", e->name,
                        (unsigned long long)r->at);
    const uint8_t *local = d->data + r->at;
    const uint64_t begin = r->at + LOCAL + le16(local + 26) + le16(local + 28);
    LW_TRY(check_local(r, local, e->name));
    if (begin > d->at || r->packed > d->at - begin)
        return lwi_fail(LW_CORRUPT,
                        "zip: entry '%s' of %llu bytes is not in front of the directory", e->name,
                        (unsigned long long)r->packed);
    e->data = d->data + begin;
    e->bytes = (size_t)r->packed;
    e->size = (size_t)r->size;
    e->crc = r->crc;
    e->method = (int)r->method;
    *taken = (range){r->at, begin + r->packed, e->name};
    return LW_OK;
}

static lw_status add_entry(lwi_zip *zip, const directory *d, record *r, range *taken) {
    lwi_zip_entry *e = zip->entries + zip->n;
    LW_TRY(lwi_arena_string(zip->arena, (const char *)r->name, r->name_size, &e->name));
    LW_TRY(check_name(r, e->name));
    LW_TRY(read_extra_64(r, e->name));
    LW_TRY(check_record(r, e->name));
    LW_TRY(find_bytes(d, r, e, taken));
    if (lwi_zip_find(zip, e->name))
        return lwi_fail(LW_CORRUPT, "zip: entry '%s' occurs twice", e->name);
    if (e->name[r->name_size - 1] == '/' && !e->size) return LW_OK; /* a folder */
    return lwi_strmap_set(&zip->names, e->name, (int)zip->n++);
}

static int by_begin(const void *a, const void *b) {
    const uint64_t x = ((const range *)a)->begin, y = ((const range *)b)->begin;
    return x < y ? -1 : x > y;
}

static lw_status check_overlaps(range *ranges, size_t n) {
    qsort(ranges, n, sizeof *ranges, by_begin);
    for (size_t i = 1; i < n; i++)
        if (ranges[i].begin < ranges[i - 1].end)
            return lwi_fail(LW_CORRUPT, "zip: entries '%s' and '%s' overlap", ranges[i - 1].name,
                            ranges[i].name);
    return LW_OK;
}

static lw_status read_entries(lwi_zip *zip, const directory *d) {
    range *ranges = NULL;
    record r;
    uint64_t at = d->at;
    LW_TRY(lwi_arena_alloc(zip->arena, (size_t)d->n, sizeof *zip->entries, &zip->entries));
    LW_TRY(lwi_arena_alloc(zip->arena, (size_t)d->n, sizeof *ranges, &ranges));
    for (size_t i = 0; i < d->n; i++, at += r.length) {
        LW_TRY(read_record(d, at, &r));
        LW_TRY(add_entry(zip, d, &r, ranges + i));
    }
    return check_overlaps(ranges, (size_t)d->n);
}

static lw_status find_root(lwi_zip *zip) {
    const char *slash = zip->n ? strchr(zip->entries[0].name, '/') : NULL;
    zip->root = "";
    if (!slash) return LW_OK;
    return lwi_arena_string(zip->arena, zip->entries[0].name,
                            (size_t)(slash + 1 - zip->entries[0].name), &zip->root);
}

lw_status lwi_zip_open(lwi_arena *arena, const void *data, size_t size, lwi_zip *zip) {
    directory d = {.data = data, .size = size};
    lwi_zip made = {.arena = arena};
    lwi_strmap_init(&made.names, &arena->allocator);
    lw_status status = read_end(&d);
    if (status == LW_OK) status = read_entries(&made, &d);
    if (status == LW_OK) status = find_root(&made);
    if (status == LW_OK) *zip = made;
    else lwi_zip_close(&made);
    return status;
}

void lwi_zip_close(lwi_zip *zip) { lwi_strmap_free(&zip->names); }

const lwi_zip_entry *lwi_zip_find(const lwi_zip *zip, const char *name) {
    const int i = lwi_strmap_get(&zip->names, name);
    return i < 0 ? NULL : zip->entries + i;
}

const lwi_zip_entry *lwi_zip_record(const lwi_zip *zip, const char *name) {
    char path[LONGEST_NAME + 1];
    const int n = snprintf(path, sizeof path, "%s%s", zip->root, name);
    return n < 0 || (size_t)n >= sizeof path ? NULL : lwi_zip_find(zip, path);
}

lw_status lwi_zip_bytes(const lwi_zip_entry *entry, lwi_arena *arena, size_t most,
                        const uint8_t **bytes) {
    uint8_t *made = NULL;
    if (entry->method == LWI_ZIP_STORED) {
        *bytes = entry->data;
        return LW_OK;
    }
    if (entry->size > most)
        return lwi_fail(LW_LIMIT, "zip: entry '%s' has %zu bytes, at most %zu", entry->name,
                        entry->size, most);
    LW_TRY(lwi_arena_alloc(arena, entry->size, 1, &made));
    const lw_status status = lwi_inflate(entry->data, entry->bytes, made, entry->size);
    if (status != LW_OK) return lwi_fail_prefix(status, "zip: entry '%s'", entry->name);
    if (lwi_crc32(0, made, entry->size) != entry->crc)
        return lwi_fail(LW_CORRUPT, "zip: entry '%s' does not have its check sum", entry->name);
    *bytes = made;
    return LW_OK;
}
