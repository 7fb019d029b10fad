/* SPDX-License-Identifier: MIT
 * The archive that torch 2.7 and older write: the program beside two files of torch.save. */
#include "files/torch_file.h"
#include "format/torch_export/pt2.h"

#include <string.h>

enum { MOST_FILE = 1 << 30 };

const char lwi_pt2_saved_program[] = "serialized_exported_program.json";

/* The tensors of a file that torch.save has written, a dictionary. It may hold none. */
static lw_status read_file(lwi_pt2 *p, const char *name) {
    const lwi_torch_options options = {.key = "", .keep_prefixes = true, .any_class = true};
    const lwi_zip_entry *e = lwi_zip_find(&p->zip, name);
    const uint8_t *bytes = NULL;
    lwi_torch_file file = {0};
    if (!e) return lwi_fail(LW_CORRUPT, "the archive has no file '%s'", name);
    LW_TRY(lwi_zip_bytes(e, &p->network->arena, MOST_FILE, &bytes));
    const lw_status status = lwi_torch_read(&p->network->arena, bytes, e->size, &options, &file);
    if (status == LW_NOT_FOUND) return LW_OK;
    if (status != LW_OK) return lwi_fail_prefix(status, "%s", name);
    LW_TRY(lwi_arena_grow(&p->memory, &p->saved_tensors, &p->cap_saved, p->n_saved + file.n,
                          sizeof *p->saved_tensors));
    for (size_t i = 0; i < file.n; i++) {
        LW_TRY(lwi_strmap_set(&p->saved, file.tensors[i].name, (int)p->n_saved));
        p->saved_tensors[p->n_saved++] = &file.tensors[i];
    }
    return LW_OK;
}

lw_status lwi_pt2_read_saved(lwi_pt2 *p) {
    LW_TRY(read_file(p, "serialized_constants.pt"));
    return read_file(p, "serialized_state_dict.pt");
}
