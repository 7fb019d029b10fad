/* SPDX-License-Identifier: MIT
 * A libFuzzer target: any bytes are a safetensors, GGUF or zip file, or an error is said. What was
 * accepted lies within the bytes. */
#include "files/gguf_file.h"
#include "files/safetensors_file.h"
#include "files/zip_file.h"

enum { MOST_UNPACKED = 1 << 24 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile uint8_t seen;

static void touch(const uint8_t *bytes, size_t n) {
    if (n) seen = bytes[0] ^ bytes[n - 1];
}

static void read_safetensors(lwi_arena *arena, const uint8_t *data, size_t size) {
    lwi_safetensors all;
    lwi_safetensors_init(&all, arena);
    if (lwi_safetensors_add(&all, data, size) == LW_OK)
        for (size_t i = 0; i < all.n; i++)
            touch(all.tensors[i].data, all.tensors[i].bytes);
    lwi_safetensors_free(&all);
}

static void read_gguf(lwi_arena *arena, const uint8_t *data, size_t size) {
    lwi_gguf gguf;
    if (lwi_gguf_read(arena, data, size, &gguf) != LW_OK) return;
    for (size_t i = 0; i < gguf.n_tensors; i++)
        touch(gguf.tensors[i].data, gguf.tensors[i].bytes);
    for (size_t i = 0; i < gguf.n_pairs; i++) {
        const lwi_gguf_pair *pair = gguf.pairs + i;
        const lw_string *strings = NULL;
        touch(pair->data, pair->bytes);
        if (pair->kind == LWI_GGUF_ARRAY && pair->element == LWI_GGUF_STRING &&
            lwi_gguf_strings(arena, pair, &strings) == LW_OK && pair->count)
            touch((const uint8_t *)strings[pair->count - 1].data, strings[pair->count - 1].size);
        else if (pair->kind == LWI_GGUF_ARRAY && pair->element != LWI_GGUF_STRING && pair->count)
            (void)lwi_gguf_element(pair, pair->count - 1);
    }
    lwi_gguf_free(&gguf);
}

static void read_zip(lwi_arena *arena, const uint8_t *data, size_t size) {
    lwi_zip zip;
    if (lwi_zip_open(arena, data, size, &zip) != LW_OK) return;
    for (size_t i = 0; i < zip.n; i++) {
        const uint8_t *bytes = NULL;
        if (lwi_zip_bytes(zip.entries + i, arena, MOST_UNPACKED, &bytes) == LW_OK)
            touch(bytes, zip.entries[i].size);
    }
    lwi_zip_close(&zip);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    lwi_arena arena;
    lwi_arena_init(&arena, &lwi_malloc_allocator);
    if (lwi_is_gguf(data, size)) read_gguf(&arena, data, size);
    else if (lwi_is_zip(data, size)) read_zip(&arena, data, size);
    else read_safetensors(&arena, data, size);
    lwi_arena_free(&arena);
    return 0;
}
