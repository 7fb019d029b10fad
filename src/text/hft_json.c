/* SPDX-License-Identifier: MIT */
#include "text/hft_tokenizer.h"

lw_string lwi_hft_text(const lwi_json_item *item) {
    if (!lwi_json_is(item, LWI_JSON_STRING)) return (lw_string){NULL, 0};
    return (lw_string){item->text, item->size};
}

lw_status lwi_hft_keep(lw_tokenizer *t, const lwi_json_item *object, const char *key,
                       lw_string *text) {
    const lw_string found = lwi_hft_text(lwi_json_get(object, key));
    return lwi_tokenizer_keep(t, found.data, found.size, text);
}

void lwi_hft_pattern(const lwi_json_item *item, lw_string *text, lw_string *regex) {
    *text = lwi_hft_text(lwi_json_get(item, "String"));
    *regex = lwi_hft_text(lwi_json_get(item, "Regex"));
}

lwi_prepend lwi_hft_prepend(const lwi_json_item *item) {
    const char *scheme = lwi_json_text(item, "prepend_scheme", NULL);
    if (scheme && !strcmp(scheme, "never")) return LWI_PREPEND_NEVER;
    if (scheme && !strcmp(scheme, "first")) return LWI_PREPEND_FIRST;
    if (!scheme && !lwi_json_bool(item, "add_prefix_space", true)) return LWI_PREPEND_NEVER;
    return LWI_PREPEND_ALWAYS;
}
