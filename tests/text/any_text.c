/* SPDX-License-Identifier: MIT */
#include "any_text.h"

#include <string.h>

enum { ROOM = 512 };

static const char *const texts[] = {
    "",
    " A lamp,  needs\ta wick?!\n\n 'tis 1234567 don't DON'T <s> </s> <|im_end|> [CLS] <0x0A>",
    "na\xc3\xafve \xe4\xb8\xad\xe6\x96\x87 \xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa9 "
    "\xef\xac\x81 "
    "\xc4\xb0 \xe2\x96\x81\xe2\x96\x81the \xed\x95\x9c\xea\xb8\x80 e\xcc\x81 \xd0\x9f\xd1\x80",
    "\xff\xfe bad \xe4\xb8 bytes \xf0\x9f",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
};

static lw_status decode_all(const lw_tokenizer *t, const int32_t *tokens, size_t n) {
    char out[ROOM];
    size_t size = 0;
    const char *text = NULL;
    lw_detokenizer *d = NULL;
    lw_status status = lw_tokenizer_decode(t, tokens, n, LW_DECODE_SKIP_SPECIAL, out, ROOM, &size);
    if (status == LW_OK) status = lw_detokenizer_new(t, 0, &d);
    for (size_t i = 0; i < n && status == LW_OK; i++) {
        lw_string piece;
        status = lw_detokenizer_feed(d, tokens[i], &text, &size);
        if (status == LW_OK) status = lw_tokenizer_bytes(t, tokens[i], out, ROOM, &size);
        if (status == LW_OK) status = lw_tokenizer_piece(t, tokens[i], &piece);
    }
    if (status == LW_OK) status = lw_detokenizer_finish(d, &text, &size);
    lw_detokenizer_free(d);
    return status;
}

lw_status use_tokenizer(const lw_tokenizer *tokenizer) {
    lw_tokenizer_info info = {.size = sizeof info};
    lw_status status = lw_tokenizer_get_info(tokenizer, &info);
    for (size_t i = 0; i < sizeof texts / sizeof *texts && status == LW_OK; i++)
        for (unsigned flags = 0; flags < 4 && status == LW_OK; flags++) {
            int32_t tokens[ROOM];
            size_t n = 0;
            status =
                lw_tokenizer_encode(tokenizer, texts[i], strlen(texts[i]), flags, tokens, ROOM, &n);
            if (status == LW_OK) status = decode_all(tokenizer, tokens, n < ROOM ? n : ROOM);
        }
    return status;
}
