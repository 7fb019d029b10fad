/* SPDX-License-Identifier: MIT
 * Sizes and places of 4 GiB and more, and more than 65535 entries, take ZIP64's forms. */
#include "files/zip_writer.h"

#include "files/crc32.h"
#include "files/little_endian.h"

#include <string.h>

enum {
    LOCAL = 30,
    ENTRY = 46,
    END = 22,
    END_64 = 56,
    LOCATOR = 20,
    EXTRA = 4,    /* what stands in front of an extra field */
    WIDE = 2 * 8, /* both sizes in such a field */
    ALIGN = 64,
    EXTRA_64 = 1,
    PADDING = 0x4246, /* "FB", as PyTorch calls its own */
    UTF8 = 0x800,
    VERSION = 45
};

lwi_zip_writer lwi_zip_writer_new(lwi_file_writer *file, const lw_allocator *allocator) {
    return (lwi_zip_writer){file, lwi_buffer_new(allocator), 0};
}

void lwi_zip_writer_free(lwi_zip_writer *zip) { lwi_buffer_free(&zip->directory); }

static uint64_t at_most(uint64_t number, uint64_t most) { return number < most ? number : most; }

/* What the local header and the directory have in common: version to checksum, sizes, name. */
static void put_common(uint8_t *p, uint32_t crc, size_t size, size_t name, size_t extra) {
    lwi_put_little_endian(p, 2, VERSION);
    lwi_put_little_endian(p + 2, 2, UTF8);
    lwi_put_little_endian(p + 8, 2, 0x21); /* 1 January 1980 */
    lwi_put_little_endian(p + 10, 4, crc);
    lwi_put_little_endian(p + 14, 4, at_most(size, UINT32_MAX));
    lwi_put_little_endian(p + 18, 4, at_most(size, UINT32_MAX));
    lwi_put_little_endian(p + 22, 2, name);
    lwi_put_little_endian(p + 24, 2, extra);
}

static lw_status write_local(lwi_zip_writer *zip, const char *name, uint32_t crc, size_t size) {
    uint8_t header[LOCAL] = {'P', 'K', 3, 4}, extra[EXTRA + WIDE + EXTRA + ALIGN] = {0};
    const size_t n = strlen(name), wide = size >= UINT32_MAX ? EXTRA + WIDE : 0;
    const size_t least = zip->file->written + LOCAL + n + wide + EXTRA;
    const size_t padding = (ALIGN - least % ALIGN) % ALIGN;
    if (wide) {
        lwi_put_little_endian(extra, 2, EXTRA_64);
        lwi_put_little_endian(extra + 2, 2, WIDE);
        lwi_put_little_endian(extra + EXTRA, 8, size);
        lwi_put_little_endian(extra + EXTRA + 8, 8, size);
    }
    lwi_put_little_endian(extra + wide, 2, PADDING);
    lwi_put_little_endian(extra + wide + 2, 2, padding);
    memset(extra + wide + EXTRA, 'Z', padding);
    put_common(header + 4, crc, size, n, wide + EXTRA + padding);
    LW_TRY(lwi_file_writer_add(zip->file, header, LOCAL));
    LW_TRY(lwi_file_writer_add(zip->file, name, n));
    return lwi_file_writer_add(zip->file, extra, wide + EXTRA + padding);
}

static lw_status note_entry(lwi_zip_writer *zip, const char *name, uint32_t crc, size_t size,
                            size_t at) {
    uint8_t entry[ENTRY] = {'P', 'K', 1, 2, VERSION}, extra[EXTRA + WIDE + 8];
    const size_t n = strlen(name);
    size_t used = EXTRA;
    for (int i = 0; i < 2 && size >= UINT32_MAX; i++, used += 8)
        lwi_put_little_endian(extra + used, 8, size);
    if (at >= UINT32_MAX) lwi_put_little_endian(extra + used, 8, at), used += 8;
    if (used == EXTRA) used = 0;
    lwi_put_little_endian(extra, 2, EXTRA_64);
    lwi_put_little_endian(extra + 2, 2, used ? used - EXTRA : 0);
    put_common(entry + 6, crc, size, n, used);
    lwi_put_little_endian(entry + 42, 4, at_most(at, UINT32_MAX));
    LW_TRY(lwi_buffer_put(&zip->directory, entry, ENTRY));
    LW_TRY(lwi_buffer_put(&zip->directory, name, n));
    return lwi_buffer_put(&zip->directory, extra, used);
}

lw_status lwi_zip_writer_add(lwi_zip_writer *zip, const char *name, const void *data, size_t size) {
    const uint32_t crc = lwi_crc32(0, data, size);
    if (strlen(name) > UINT16_MAX) return lwi_fail(LW_LIMIT, "the name '%.60s' is too long", name);
    LW_TRY(note_entry(zip, name, crc, size, zip->file->written));
    LW_TRY(write_local(zip, name, crc, size));
    zip->n++;
    return lwi_file_writer_add(zip->file, data, size);
}

static lw_status write_end_64(lwi_zip_writer *zip, size_t at) {
    uint8_t end[END_64 + LOCATOR] = {'P', 'K', 6, 6}, *locator = end + END_64;
    lwi_put_little_endian(end + 4, 8, END_64 - 12);
    lwi_put_little_endian(end + 12, 2, VERSION);
    lwi_put_little_endian(end + 14, 2, VERSION);
    lwi_put_little_endian(end + 24, 8, zip->n);
    lwi_put_little_endian(end + 32, 8, zip->n);
    lwi_put_little_endian(end + 40, 8, zip->directory.size);
    lwi_put_little_endian(end + 48, 8, at);
    memcpy(locator, "PK\6\7", 4);
    lwi_put_little_endian(locator + 8, 8, at + zip->directory.size);
    lwi_put_little_endian(locator + 16, 4, 1);
    return lwi_file_writer_add(zip->file, end, sizeof end);
}

lw_status lwi_zip_writer_end(lwi_zip_writer *zip) {
    uint8_t end[END] = {'P', 'K', 5, 6};
    const size_t at = zip->file->written, size = zip->directory.size;
    LW_TRY(lwi_file_writer_add(zip->file, zip->directory.data, size));
    if (at >= UINT32_MAX || size >= UINT32_MAX || zip->n >= UINT16_MAX)
        LW_TRY(write_end_64(zip, at));
    lwi_put_little_endian(end + 8, 2, at_most(zip->n, UINT16_MAX));
    lwi_put_little_endian(end + 10, 2, at_most(zip->n, UINT16_MAX));
    lwi_put_little_endian(end + 12, 4, at_most(size, UINT32_MAX));
    lwi_put_little_endian(end + 16, 4, at_most(at, UINT32_MAX));
    return lwi_file_writer_add(zip->file, end, END);
}
