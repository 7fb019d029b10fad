/* SPDX-License-Identifier: MIT
 * Which kind of file a tokenizer is in. */
#include "text/gguf_tokenizer.h"
#include "text/hf_tokenizer.h"

/* Takes over the mapped file. */
static lw_status load_gguf(lwi_file file, lw_tokenizer **tokenizer) {
    lwi_arena arena;
    lwi_gguf gguf = {0};
    lw_tokenizer *t = NULL;
    lwi_arena_init(&arena, &lwi_malloc_allocator);
    lw_status status = lwi_gguf_read(&arena, file.data, file.size, &gguf);
    if (status == LW_OK) {
        status = lwi_gguf_tokenizer(&gguf, &t);
        lwi_gguf_free(&gguf);
    }
    lwi_arena_free(&arena);
    if (status == LW_OK) {
        t->files[0] = file;
        *tokenizer = t;
    } else {
        lwi_file_unmap(&file);
    }
    return status;
}

lw_status lw_tokenizer_load(const char *path, lw_tokenizer **tokenizer) {
    lwi_file file = {0};
    LW_TRY(lwi_file_map(path, &file));
    if (lwi_is_gguf(file.data, file.size)) return load_gguf(file, tokenizer);
    const lw_status status = lwi_hf_tokenizer((lw_string){(const char *)file.data, file.size},
                                              (lw_string){NULL, 0}, tokenizer);
    lwi_file_unmap(&file);
    return status;
}
