/* SPDX-License-Identifier: MIT
 * Tokens of a text, as commands need them. */
#include <stdlib.h>

#include "llm_options.h"
#include "text.h"

lw_status lwi_llm_encode(const lw_llm *llm, const char *text, size_t size, int32_t **tokens,
                         size_t *n) {
    const lw_tokenizer *tokenizer = lw_llm_tokenizer(llm);
    if (!tokenizer)
        return lw_fail(LW_NOT_FOUND, "the model has no tokenizer: give --tokenizer FILE");
    size_t room = size + 16;
    int32_t *made = lwi_resize(NULL, room, sizeof *made);
    lw_status status =
        lw_tokenizer_encode(tokenizer, text, size, LW_ENCODE_ADD_SPECIAL, made, room, n);
    if (status == LW_OK && *n > room) {
        room = *n;
        made = lwi_resize(made, room, sizeof *made);
        status = lw_tokenizer_encode(tokenizer, text, size, LW_ENCODE_ADD_SPECIAL, made, room, n);
    }
    if (status == LW_OK) *tokens = made;
    else free(made);
    return status;
}
