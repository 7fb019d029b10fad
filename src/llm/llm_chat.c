/* SPDX-License-Identifier: MIT
 * Conversations as prompts: by the template that came with the model, or another one. */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "llm/llm_session.h"

/* What many models were trained on. */
static const char chatml[] = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}"
                             "<|im_end|>\n{% endfor %}"
                             "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";

lw_status lwi_llm_use_template(lw_llm *llm, const char *name) {
    lwi_file file = {0};
    lw_chat_template *chat = NULL;
    if (!strcmp(name, "chatml")) LW_TRY(lw_chat_template_new(chatml, sizeof chatml - 1, &chat));
    else {
        LW_TRY(lwi_file_map(name, &file));
        const char *text = file.data ? (const char *)file.data : "";
        const lw_status status = lw_chat_template_new(text, file.size, &chat);
        lwi_file_unmap(&file);
        if (status != LW_OK) return lwi_fail_prefix(status, "%s", name);
    }
    lw_chat_template_free(llm->chat);
    llm->chat = chat;
    return LW_OK;
}

const lw_chat_template *lw_llm_chat_template(const lw_llm *llm) { return llm ? llm->chat : NULL; }

/* A special token as text, zero-terminated; "" if there is none. */
static void token_text(const lw_tokenizer *tokenizer, int32_t token, char *text, size_t size) {
    lw_string piece = {NULL, 0};
    if (token < 0 || lw_tokenizer_piece(tokenizer, token, &piece) != LW_OK) piece.size = 0;
    snprintf(text, size, "%.*s", (int)piece.size, piece.data ? piece.data : "");
}

lw_status lw_llm_render_chat(const lw_llm *llm, const lw_chat_input *input, lw_text *prompt) {
    char bos[64], eos[64];
    lw_tokenizer_info info = {.size = sizeof info};
    if (!llm || !input || input->size < sizeof *input)
        return lwi_fail(LW_INVALID, "lw_llm_render_chat: an argument is NULL or size not set");
    if (!llm->tokenizer) return lwi_fail(LW_NOT_FOUND, "the model has no tokenizer");
    if (!llm->chat)
        return lwi_fail(LW_NOT_FOUND, "the model has no chat template: give another one "
                                      "(--template FILE, or --template chatml)");
    lw_chat_input own = *input;
    LW_TRY(lw_tokenizer_get_info(llm->tokenizer, &info));
    token_text(llm->tokenizer, info.bos, bos, sizeof bos);
    token_text(llm->tokenizer, info.eos, eos, sizeof eos);
    if (!own.bos_token) own.bos_token = bos;
    if (!own.eos_token) own.eos_token = eos;
    return lw_chat_render(llm->chat, &own, prompt);
}
