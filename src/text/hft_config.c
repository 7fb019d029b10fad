/* SPDX-License-Identifier: MIT
 * Which tokens are the special ones: what tokenizer_config.json says, or else the usual names. */
#include "text/hft_tokenizer.h"

typedef struct special {
    const char *key; /* in tokenizer_config.json */
    int32_t *token;
    const char *names; /* that are usual, separated by spaces */
} special;

static lw_string name_in(const lwi_json_item *config, const char *key) {
    const lwi_json_item *item = lwi_json_get(config, key);
    const lw_string text = lwi_hft_text(item);
    return text.data ? text : lwi_hft_text(lwi_json_get(item, "content"));
}

/* Among the added tokens first, then in the whole vocabulary. */
static int32_t find(const lw_tokenizer *t, lw_string name, bool anywhere) {
    for (size_t i = 0; i < t->n_added; i++)
        if (t->added[i].text.size == name.size &&
            !memcmp(t->added[i].text.data, name.data, name.size))
            return t->added[i].id;
    return anywhere ? lwi_vocabulary_find_written(&t->vocabulary, name.data, name.size)
                    : LWI_NO_TOKEN;
}

static void read_special(const lw_tokenizer *t, const lwi_json_item *config, special s) {
    const lw_string name = name_in(config, s.key);
    if (name.size) *s.token = find(t, name, true);
    for (const char *at = s.names; *s.token < 0 && !config && *at;) {
        const size_t n = strcspn(at, " ");
        *s.token = find(t, (lw_string){at, n}, false);
        at += n + (at[n] == ' ');
    }
}

lw_status lwi_hft_config(lw_tokenizer *t, const lwi_json_item *config) {
    const special specials[] = {
        {"bos_token", &t->bos, "<s> <bos> <|begin_of_text|> <|startoftext|> [CLS]"},
        {"eos_token", &t->eos, "</s> <eos> <|end_of_text|> <|endoftext|> [SEP]"},
        {"pad_token", &t->pad, "<pad> [PAD] <|padding|>"},
        {"unk_token", &t->unknown, "<unk> [UNK]"},
        {"sep_token", &t->sep, "[SEP]"},
        {"cls_token", &t->cls, "[CLS]"},
        {"mask_token", &t->mask, "<mask> [MASK]"}};
    for (size_t i = 0; i < sizeof specials / sizeof *specials; i++)
        read_special(t, config, specials[i]);
    return LW_OK;
}
