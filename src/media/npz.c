/* SPDX-License-Identifier: MIT
 * Zip files of npy files (PKWARE, APPNOTE 6.3.10), stored or deflated. The central directory says
 * what is there. */
#include <stdlib.h>
#include <string.h>

#ifdef LWI_HAVE_ZLIB
#include <zlib.h>
#endif

#include "base/checked.h"
#include "media_bytes.h"

typedef struct member {
    char *name;
    uint32_t method;
    uint64_t packed, size, at; /* at: its local header */
} member;

struct lw_media_npz {
    lwi_bytes file;
    member *members;
    size_t n;
};

enum { STORED = 0, DEFLATED = 8, ENTRY = 46, END = 22, LOCAL = 30 };

static uint64_t le64(const uint8_t *p) { return lwi_le32(p) | (uint64_t)lwi_le32(p + 4) << 32; }

/* Sizes that do not fit in 32 bits stand in the extra field 1, in this order. */
static void read_zip64(const uint8_t *extra, size_t n, member *m) {
    size_t at = 0;
    while (at + 4 <= n) {
        const size_t length = lwi_le16(extra + at + 2);
        if (length > n - at - 4) return;
        if (lwi_le16(extra + at) == 1) {
            uint64_t *const wide[] = {&m->size, &m->packed, &m->at};
            size_t used = 0;
            for (size_t i = 0; i < 3; i++)
                if (*wide[i] == UINT32_MAX && used + 8 <= length) {
                    *wide[i] = le64(extra + at + 4 + used);
                    used += 8;
                }
        }
        at += 4 + length;
    }
}

static bool ends_with_npy(const uint8_t *name, size_t n) {
    return n > 4 && !memcmp(name + n - 4, ".npy", 4);
}

static lw_status add_member(lw_media_npz *npz, const uint8_t *entry) {
    const size_t name = lwi_le16(entry + 28), extra = lwi_le16(entry + 30);
    const size_t kept = ends_with_npy(entry + ENTRY, name) ? name - 4 : name;
    member *grown = realloc(npz->members, (npz->n + 1) * sizeof *grown);
    if (grown) npz->members = grown;
    char *copy = grown ? calloc(kept + 1, 1) : NULL;
    if (!copy) return lwi_media_fail(LW_NO_MEMORY, "out of memory");
    memcpy(copy, entry + ENTRY, kept);
    member *m = &npz->members[npz->n++];
    *m = (member){copy, lwi_le16(entry + 10), lwi_le32(entry + 20), lwi_le32(entry + 24),
                  lwi_le32(entry + 42)};
    read_zip64(entry + ENTRY + name, extra, m);
    return LW_OK;
}

/* The end record, which a comment may follow. */
static bool find_end(lwi_bytes file, size_t *at) {
    if (file.size < END) return false;
    const size_t last = file.size - END, first = last > 65535 ? last - 65535 : 0;
    for (size_t i = last + 1; i-- > first;)
        if (lwi_starts(file, i, "PK\5\6", 4)) {
            *at = i;
            return true;
        }
    return false;
}

static lw_status read_directory(lw_media_npz *npz) {
    const lwi_bytes file = npz->file;
    size_t end;
    if (!find_end(file, &end)) return lwi_media_fail(LW_CORRUPT, "not an npz (zip) file");
    const size_t n = lwi_le16(file.data + end + 10);
    size_t at = lwi_le32(file.data + end + 16);
    for (size_t i = 0; i < n; i++) {
        if (!lwi_within(at, ENTRY, file.size) || !lwi_starts(file, at, "PK\1\2", 4))
            return lwi_media_fail(LW_CORRUPT, "malformed zip directory");
        const uint8_t *entry = file.data + at;
        const size_t length =
            ENTRY + (size_t)lwi_le16(entry + 28) + lwi_le16(entry + 30) + lwi_le16(entry + 32);
        if (!lwi_within(at, length, file.size))
            return lwi_media_fail(LW_CORRUPT, "malformed zip directory");
        const lw_status status = add_member(npz, entry);
        if (status) return status;
        at += length;
    }
    return LW_OK;
}

lw_status lw_media_npz_open(const char *path, lw_media_npz **npz) {
    lw_media_npz *made = calloc(1, sizeof *made);
    if (!made) return lwi_media_fail(LW_NO_MEMORY, "out of memory");
    lw_status status = lwi_media_read(path, &made->file);
    if (!status) status = read_directory(made);
    if (status) lw_media_npz_close(made);
    else *npz = made;
    return status;
}

void lw_media_npz_close(lw_media_npz *npz) {
    if (!npz) return;
    for (size_t i = 0; i < npz->n; i++)
        free(npz->members[i].name);
    free(npz->members);
    free((void *)npz->file.data);
    free(npz);
}

size_t lw_media_npz_count(const lw_media_npz *npz) { return npz->n; }

const char *lw_media_npz_name(const lw_media_npz *npz, size_t index) {
    return index < npz->n ? npz->members[index].name : NULL;
}

#ifdef LWI_HAVE_ZLIB
static bool inflate_into(lwi_bytes packed, uint8_t *to, size_t size) {
    z_stream z = {.next_in = (Bytef *)(uintptr_t)packed.data, .next_out = to};
    if (packed.size > UINT32_MAX || size > UINT32_MAX || inflateInit2(&z, -15) != Z_OK)
        return false;
    z.avail_in = (uInt)packed.size;
    z.avail_out = (uInt)size;
    const int result = inflate(&z, Z_FINISH);
    inflateEnd(&z);
    return result == Z_STREAM_END && !z.avail_out;
}

static lw_status load_deflated(lwi_bytes packed, uint64_t size, lw_value **tensor) {
    /* Deflate packs at most 1032 to 1: a larger claim is a lie that would only cost memory. */
    if (size / 1033 > packed.size) return lwi_media_fail(LW_CORRUPT, "malformed zip member");
    uint8_t *data = malloc((size_t)size + 1);
    if (!data) return lwi_media_fail(LW_NO_MEMORY, "out of memory");
    const lw_status status = inflate_into(packed, data, (size_t)size)
                                 ? lw_media_npy_load_memory(data, (size_t)size, tensor)
                                 : lwi_media_fail(LW_CORRUPT, "malformed zip member");
    free(data);
    return status;
}
#else
static lw_status load_deflated(lwi_bytes packed, uint64_t size, lw_value **tensor) {
    (void)packed, (void)size, (void)tensor;
    return lwi_media_fail(LW_UNSUPPORTED, "the npz file is compressed and this build lacks zlib");
}
#endif

lw_status lw_media_npz_load(const lw_media_npz *npz, size_t index, lw_value **tensor) {
    if (index >= npz->n) return lwi_media_fail(LW_RANGE, "the npz has no member %zu", index);
    const member *m = &npz->members[index];
    const lwi_bytes file = npz->file;
    if (!lwi_within(m->at, LOCAL, file.size) || !lwi_starts(file, m->at, "PK\3\4", 4))
        return lwi_media_fail(LW_CORRUPT, "malformed zip member %s", m->name);
    const uint8_t *local = file.data + m->at;
    const size_t start = m->at + LOCAL + lwi_le16(local + 26) + lwi_le16(local + 28);
    if (!lwi_within(start, m->packed, file.size))
        return lwi_media_fail(LW_CORRUPT, "malformed zip member %s", m->name);
    const lwi_bytes packed = {file.data + start, m->packed};
    if (m->method == STORED) return lw_media_npy_load_memory(packed.data, packed.size, tensor);
    if (m->method == DEFLATED) return load_deflated(packed, m->size, tensor);
    return lwi_media_fail(LW_UNSUPPORTED, "%s: zip method %u is not supported", m->name, m->method);
}
