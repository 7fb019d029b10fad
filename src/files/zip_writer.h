/* SPDX-License-Identifier: MIT
 * Zip files whose entries are stored as they are, each at a multiple of 64 bytes, as PyTorch has
 * them. */
#ifndef LWI_ZIP_WRITER_H
#define LWI_ZIP_WRITER_H

#include "base/byte_buffer.h"
#include "base/file_writer.h"

typedef struct lwi_zip_writer {
    lwi_file_writer *file;
    lwi_buffer directory;
    size_t n;
} lwi_zip_writer;

lwi_zip_writer lwi_zip_writer_new(lwi_file_writer *file, const lw_allocator *allocator);
void lwi_zip_writer_free(lwi_zip_writer *zip);
lw_status lwi_zip_writer_add(lwi_zip_writer *zip, const char *name, const void *data, size_t size);
/* The directory, behind all entries. */
lw_status lwi_zip_writer_end(lwi_zip_writer *zip);

#endif
