/* SPDX-License-Identifier: MIT
 * The post-processors of tokenizer.json: the tokens that they put around a single text, and between
 * two. */
#include "text/hft_tokenizer.h"

static lw_status put(lw_tokenizer *t, lwi_around *around, int64_t id) {
    if (id < 0 || id >= (int64_t)t->vocabulary.count)
        return lwi_fail(LW_CORRUPT, "tokenizer.json: the post-processor adds token %lld",
                        (long long)id);
    if (around->n == LWI_MOST_AROUND)
        return lwi_fail(LW_LIMIT, "tokenizer.json: more than %d tokens around a text",
                        LWI_MOST_AROUND);
    around->ids[around->n++] = (int32_t)id;
    return LW_OK;
}

/* A later processor's tokens stand outside those of an earlier one. */
static lw_status put_outside(lw_tokenizer *t, const lwi_around *before, const lwi_around *after) {
    lwi_around outer = *before;
    for (size_t i = 0; i < t->before.n; i++)
        LW_TRY(put(t, &outer, t->before.ids[i]));
    t->before = outer;
    for (size_t i = 0; i < after->n; i++)
        LW_TRY(put(t, &t->after, after->ids[i]));
    return LW_OK;
}

/* All numbers of a special token of the template. */
static lw_status put_special(lw_tokenizer *t, const lwi_json_item *template, const char *name,
                             lwi_around *around) {
    const lwi_json_item *token = lwi_json_get(lwi_json_get(template, "special_tokens"), name);
    const lwi_json_item *ids = lwi_json_get(token, "ids");
    for (size_t i = 0; lwi_json_is(ids, LWI_JSON_ARRAY) && i < ids->size; i++)
        LW_TRY(put(t, around, ids->items[i].is_integer ? ids->items[i].integer : -1));
    return LW_OK;
}

/* What stands between the first and the second text. */
static lw_status pair_template(lw_tokenizer *t, const lwi_json_item *item) {
    const lwi_json_item *list = lwi_json_get(item, "pair");
    size_t texts = 0;
    for (size_t i = 0; lwi_json_is(list, LWI_JSON_ARRAY) && i < list->size; i++) {
        const lwi_json_item *token = lwi_json_get(list->items + i, "SpecialToken");
        const lwi_json_item *text = lwi_json_get(list->items + i, "Sequence");
        if (token && texts == 1)
            LW_TRY(put_special(t, item, lwi_json_text(token, "id", ""), &t->between));
        if (!text) continue;
        const lwi_json_item *type = lwi_json_get(text, "type_id");
        t->second_type = type && type->is_integer && type->integer == 1;
        texts++;
    }
    t->has_pair |= texts == 2;
    return LW_OK;
}

static lw_status template(lw_tokenizer *t, const lwi_json_item *item) {
    const lwi_json_item *list = lwi_json_get(item, "single");
    lwi_around before = {0}, after = {0}, *around = &before;
    for (size_t i = 0; lwi_json_is(list, LWI_JSON_ARRAY) && i < list->size; i++) {
        const lwi_json_item *token = lwi_json_get(list->items + i, "SpecialToken");
        if (!token) around = &after; /* the text itself */
        else LW_TRY(put_special(t, item, lwi_json_text(token, "id", ""), around));
    }
    LW_TRY(pair_template(t, item));
    return put_outside(t, &before, &after);
}

/* ["[CLS]", 101] */
static int64_t id_of(const lwi_json_item *pair) {
    const bool whole = lwi_json_is(pair, LWI_JSON_ARRAY) && pair->size == 2 &&
                       pair->items[1].kind == LWI_JSON_NUMBER && pair->items[1].is_integer;
    return whole ? pair->items[1].integer : -1;
}

/* RoBERTa separates two texts twice, and has no types. */
static lw_status cls_and_sep(lw_tokenizer *t, const lwi_json_item *item, bool roberta) {
    lwi_around before = {0}, after = {0};
    LW_TRY(put(t, &before, id_of(lwi_json_get(item, "cls"))));
    LW_TRY(put(t, &after, id_of(lwi_json_get(item, "sep"))));
    for (size_t i = 0; i < (roberta ? 2 : 1); i++)
        LW_TRY(put(t, &t->between, after.ids[0]));
    t->has_pair = true;
    t->second_type = !roberta;
    return put_outside(t, &before, &after);
}

lw_status lwi_hft_post_processor(lw_tokenizer *t, const lwi_json_item *item) {
    if (!item || item->kind == LWI_JSON_NULL) return LW_OK;
    const char *type = lwi_json_text(item, "type", "");
    const lwi_json_item *list = lwi_json_get(item, "processors");
    if (!strcmp(type, "ByteLevel")) return LW_OK; /* is about offsets */
    if (!strcmp(type, "TemplateProcessing")) return template(t, item);
    if (!strcmp(type, "BertProcessing") || !strcmp(type, "RobertaProcessing"))
        return cls_and_sep(t, item, *type == 'R');
    if (strcmp(type, "Sequence"))
        return lwi_fail(LW_UNSUPPORTED, "tokenizer.json: the post-processor '%.100s' is not known",
                        type);
    for (size_t i = 0; lwi_json_is(list, LWI_JSON_ARRAY) && i < list->size; i++)
        LW_TRY(lwi_hft_post_processor(t, list->items + i));
    return LW_OK;
}
