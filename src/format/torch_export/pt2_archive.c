/* SPDX-License-Identifier: MIT
 * Where things lie in an archive (torch/export/pt2_archive). Everything is in one folder:
 *   models/NAME.json                           the program
 *   data/weights/NAME_weights_config.json      of each weight: its file and what it is
 *   data/constants/NAME_constants_config.json  likewise
 *   data/weights/weight_0 ...                  bytes */
#include "format/torch_export/pt2.h"

#include <stdio.h>
#include <string.h>

enum { PATH = 512, DEPTH = 512, MOST_JSON = 1 << 30 };

static bool ends_with(const char *text, size_t n, const char *end) {
    const size_t m = strlen(end);
    return n >= m && !memcmp(text + n - m, end, m);
}

const lwi_zip_entry *lwi_pt2_file(const lwi_pt2 *p, const char *folder, const char *name) {
    char path[PATH];
    const int n = snprintf(path, sizeof path, "%s/%s/%s", p->root, folder, name);
    return n > 0 && n < PATH ? lwi_zip_find(&p->zip, path) : NULL;
}

static lw_status parse(lwi_pt2 *p, const lwi_zip_entry *e, const lwi_json_item **root) {
    const lwi_json_limits limits = {.depth = DEPTH, .python_numbers = true};
    const uint8_t *text = NULL;
    LW_TRY(lwi_zip_bytes(e, &p->memory, MOST_JSON, &text));
    const lw_status status = lwi_json_parse(&p->memory, (const char *)text, e->size, &limits, root);
    if (status != LW_OK) return lwi_fail_prefix(status, "%s", e->name);
    if (!lwi_json_is(*root, LWI_JSON_OBJECT))
        return lwi_fail(LW_CORRUPT, "%s is no JSON object", e->name);
    return LW_OK;
}

/* Programs are R/models/NAME.json; the one called "model" is taken if there are several. */
static lw_status find_program(lwi_pt2 *p, const lwi_zip_entry **found) {
    const size_t n_root = strlen(p->root);
    size_t n = 0;
    for (size_t i = 0; i < p->zip.n; i++) {
        const lwi_zip_entry *e = &p->zip.entries[i];
        const char *rest = e->name + n_root;
        if (strncmp(e->name, p->root, n_root) != 0 || strncmp(rest, "/models/", 8) != 0) continue;
        rest += 8;
        const size_t size = strlen(rest);
        if (!ends_with(rest, size, ".json") || size <= 5) continue;
        const bool usual = !strcmp(rest, "model.json");
        if (!usual && ++n > 1) continue;
        *found = e;
        LW_TRY(lwi_arena_string(&p->memory, rest, size - 5, &p->model));
        if (usual) return LW_OK;
    }
    if (n == 1) return LW_OK;
    if (n > 1)
        return lwi_fail(LW_UNSUPPORTED, "the archive holds %zu programs and none is named 'model'",
                        n);
    for (size_t i = 0; i < p->zip.n; i++)
        if (strstr(p->zip.entries[i].name, "/data/aotinductor/"))
            return lwi_fail(LW_UNSUPPORTED,
                            "this is an AOTInductor package: it holds machine code, "
                            "not a program; export it with torch.export.save");
    return lwi_fail(LW_UNSUPPORTED, "the archive holds no program (models/NAME.json)");
}

/* {"config": {name: payload}} */
static lw_status read_table(lwi_pt2 *p, const char *folder, const char *const ends[2],
                            lwi_json_index *table) {
    const lwi_zip_entry *e = NULL;
    const lwi_json_item *root = NULL;
    char name[PATH];
    for (int i = 0; i < 2 && !e; i++) {
        snprintf(name, sizeof name, "%s%s", p->model, ends[i]);
        e = lwi_pt2_file(p, folder, name);
    }
    if (!e) return LW_OK;
    LW_TRY(parse(p, e, &root));
    const lwi_json_item *config = lwi_json_get(root, "config");
    if (!lwi_json_is(config, LWI_JSON_OBJECT))
        return lwi_fail(LW_CORRUPT, "%s has no 'config'", e->name);
    return lwi_json_index_make(&p->memory, config, table);
}

static lw_status check_byte_order(const lwi_pt2 *p) {
    char path[PATH];
    snprintf(path, sizeof path, "%s/byteorder", p->root);
    const lwi_zip_entry *e = lwi_zip_find(&p->zip, path);
    if (!e || (e->size == 6 && e->bytes == 6 && !memcmp(e->data, "little", 6))) return LW_OK;
    return lwi_fail(LW_UNSUPPORTED, "its numbers are not little-endian");
}

static lw_status check_version(const lwi_pt2 *p) {
    enum { MAJOR = 8 };
    const int64_t major = lwi_json_int(lwi_json_get(p->program, "schema_version"), "major", -1);
    if (major == MAJOR) return LW_OK;
    return lwi_fail(LW_UNSUPPORTED,
                    "version %lld of torch.export's schema is not known, only %d is",
                    (long long)major, MAJOR);
}

static lw_status open_saved(lwi_pt2 *p, const lwi_zip_entry *program) {
    LW_TRY(parse(p, program, &p->program));
    LW_TRY(check_version(p));
    return lwi_pt2_read_saved(p);
}

lw_status lwi_pt2_open(lwi_pt2 *p) {
    const lwi_zip_entry *e = lwi_zip_find(&p->zip, lwi_pt2_saved_program);
    if (e) return open_saved(p, e);
    const char *first = p->zip.n ? p->zip.entries[0].name : "";
    LW_TRY(lwi_arena_string(&p->memory, first, strcspn(first, "/"), &p->root));
    LW_TRY(find_program(p, &e));
    LW_TRY(check_byte_order(p));
    LW_TRY(parse(p, e, &p->program));
    LW_TRY(check_version(p));
    LW_TRY(read_table(p, "data/weights",
                      (const char *const[]){"_weights_config.json", "_model_param_config.json"},
                      &p->weights));
    return read_table(
        p, "data/constants",
        (const char *const[]){"_constants_config.json", "_model_constants_config.json"},
        &p->constants);
}
