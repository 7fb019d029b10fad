/* SPDX-License-Identifier: MIT
 * How probable tokens were, as answers tell it. */
#include <stdio.h>

#include "base/utf8.h"
#include "serve/completion.h"

enum { TOKEN_BYTES = 256, MOST_TOP = 20 };

void lwi_logprobs_init(lwi_logprobs *l) {
    l->tokens = l->numbers = l->tops = l->offsets = lwi_json_writer_new(&lwi_malloc_allocator);
}

void lwi_logprobs_free(lwi_logprobs *l) {
    lwi_json_writer_free(&l->tokens);
    lwi_json_writer_free(&l->numbers);
    lwi_json_writer_free(&l->tops);
    lwi_json_writer_free(&l->offsets);
}

/* The token's bytes; longer ones than fit are cut. */
static size_t token_bytes(const lwi_choice *choice, int32_t token, char bytes[TOKEN_BYTES]) {
    const lw_tokenizer *tokenizer = lw_llm_tokenizer(choice->all->model->llm);
    size_t size = 0;
    if (lw_tokenizer_bytes(tokenizer, token, bytes, TOKEN_BYTES, &size) != LW_OK) return 0;
    return size < TOKEN_BYTES ? size : TOKEN_BYTES;
}

/* "token", "logprob" and "bytes" of an entry whose object is open. */
static void put_entry(lwi_json_writer *json, const lwi_choice *choice,
                      const lw_token_probability *p) {
    char bytes[TOKEN_BYTES];
    const size_t size = token_bytes(choice, p->token, bytes);
    lwi_put_key(json, "token");
    lwi_put_string(json, bytes, size);
    lwi_put_key(json, "logprob");
    lwi_put_float(json, p->logprob);
    lwi_put_key(json, "bytes");
    lwi_put_open(json, '[');
    for (size_t i = 0; i < size; i++)
        lwi_put_integer(json, (unsigned char)bytes[i]);
    lwi_put_close(json, ']');
}

static void note_chat(lwi_choice *choice, const lw_token_probability *chosen,
                      const lw_token_probability *top, size_t n) {
    lwi_json_writer *json = &choice->logprobs.tokens;
    lwi_put_open(json, '{');
    put_entry(json, choice, chosen);
    lwi_put_key(json, "top_logprobs");
    lwi_put_open(json, '[');
    for (size_t i = 0; i < n; i++) {
        lwi_put_open(json, '{');
        put_entry(json, choice, &top[i]);
        lwi_put_close(json, '}');
    }
    lwi_put_close(json, ']');
    lwi_put_close(json, '}');
}

static bool is_utf8(const char *at, size_t size) {
    const char *end = at + size;
    while (at < end)
        if (lwi_utf8_next(&at, end) == LWI_UTF8_BAD) return false;
    return true;
}

/* The token's text; one that is not whole characters as "bytes:\xe2\x80", so that no two tokens
 * look the same. */
static void put_token(lwi_json_writer *json, const lwi_choice *choice, int32_t token) {
    char bytes[TOKEN_BYTES], text[4 * TOKEN_BYTES + 8];
    const size_t size = token_bytes(choice, token, bytes);
    if (is_utf8(bytes, size)) {
        lwi_put_string(json, bytes, size);
        return;
    }
    size_t n = (size_t)snprintf(text, sizeof text, "bytes:");
    for (size_t i = 0; i < size; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "\\x%02x", (unsigned char)bytes[i]);
    lwi_put_string(json, text, n);
}

static void note_text(lwi_choice *choice, const lw_token_probability *chosen,
                      const lw_token_probability *top, size_t n) {
    char bytes[TOKEN_BYTES];
    lwi_logprobs *l = &choice->logprobs;
    put_token(&l->tokens, choice, chosen->token);
    lwi_put_float(&l->numbers, chosen->logprob);
    lwi_put_integer(&l->offsets, (int64_t)l->offset);
    l->offset += token_bytes(choice, chosen->token, bytes);
    lwi_put_open(&l->tops, '{');
    for (size_t i = 0; i < n; i++) {
        put_token(&l->tops, choice, top[i].token);
        l->tops.filled = false;
        lwi_put_json(&l->tops, ":", 1);
        l->tops.filled = false;
        lwi_put_float(&l->tops, top[i].logprob);
    }
    lwi_put_close(&l->tops, '}');
}

lw_status lwi_choice_note_logprobs(lwi_choice *choice, lw_session *session, int32_t token) {
    lw_token_probability chosen = {token, 0}, top[MOST_TOP];
    const size_t n = choice->all->n_top < MOST_TOP ? choice->all->n_top : MOST_TOP;
    if (!choice->all->logprobs) return LW_OK;
    LW_TRY(lw_session_logprobs(session, &chosen, top, n));
    (choice->all->chat ? note_chat : note_text)(choice, &chosen, top, n);
    return choice->logprobs.tokens.status;
}

/* The entries become an array, and begin anew. */
static void put_array(lwi_json_writer *json, const char *key, lwi_json_writer *entries) {
    lwi_put_key(json, key);
    lwi_put_open(json, '[');
    if (entries->status != LW_OK) json->status = entries->status;
    if (entries->text.size) lwi_put_json(json, entries->text.data, entries->text.size);
    lwi_put_close(json, ']');
    entries->text.size = 0;
    entries->filled = false;
}

void lwi_put_logprobs(lwi_json_writer *json, lwi_choice *choice) {
    lwi_logprobs *l = &choice->logprobs;
    if (!choice->all->logprobs) {
        lwi_put_null(json);
        return;
    }
    lwi_put_open(json, '{');
    if (choice->all->chat) {
        put_array(json, "content", &l->tokens);
        lwi_put_key_text(json, "refusal", NULL);
    } else {
        put_array(json, "tokens", &l->tokens);
        put_array(json, "token_logprobs", &l->numbers);
        put_array(json, "top_logprobs", &l->tops);
        put_array(json, "text_offset", &l->offsets);
    }
    lwi_put_close(json, '}');
}
