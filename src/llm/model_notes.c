/* SPDX-License-Identifier: MIT */
#include "llm/model_notes.h"

#include <stdlib.h>
#include <string.h>

const char *lwi_model_text(const lw_model *model, const char *name) {
    const char *key = NULL, *value = NULL;
    for (size_t i = 0; lw_model_metadata(model, i, &key, &value) == LW_OK; i++)
        if (!strcmp(key, name)) return value;
    return "";
}

bool lwi_model_size(const lw_model *model, const char *name, size_t *size) {
    const char *value = lwi_model_text(model, name);
    if (!*value) return false;
    *size = strtoull(value, NULL, 10);
    return true;
}
