/* SPDX-License-Identifier: MIT
 * lampwick tokenize: the tokens of a text, or the text of tokens. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lampwick/tokenizer.h>

#include "commands.h"
#include "json.h"
#include "text.h"

typedef struct tokenize_options {
    bool count, decode, json, ids, plain, special, skip_special;
    const char *file;
} tokenize_options;

static void print_tokens(const lw_tokenizer *tokenizer, const tokenize_options *o,
                         const int32_t *tokens, size_t n) {
    for (size_t i = 0; i < n; i++) {
        lw_string piece = {"", 0};
        if (o->ids) {
            printf("%s%" PRId32, i ? " " : "", tokens[i]);
            continue;
        }
        if (lw_tokenizer_piece(tokenizer, tokens[i], &piece)) continue; /* it has just been made */
        printf("%8" PRId32 "  ", tokens[i]);
        char *text = lwi_text("%.*s", (int)piece.size, piece.data);
        lwi_print_text(text, SIZE_MAX);
        printf("\n");
        free(text);
    }
    if (o->ids) printf("\n");
}

static void print_json(const lw_tokenizer *tokenizer, const int32_t *tokens, size_t n) {
    lwi_json json = {0};
    lwi_show_open(&json, '[');
    for (size_t i = 0; i < n; i++) {
        lw_string piece = {"", 0};
        if (lw_tokenizer_piece(tokenizer, tokens[i], &piece)) continue;
        lwi_show_open(&json, '{');
        json.flat = true;
        lwi_show_set_integer(&json, "id", tokens[i]);
        lwi_show_key(&json, "piece");
        lwi_show_string(&json, piece.data, piece.size);
        lwi_show_close(&json, '}');
        json.flat = false;
    }
    lwi_show_close(&json, ']');
}

static int encode(const lw_tokenizer *tokenizer, const tokenize_options *o, const char *text,
                  size_t size) {
    const unsigned flags =
        (o->plain ? 0 : LW_ENCODE_ADD_SPECIAL) | (o->special ? LW_ENCODE_PARSE_SPECIAL : 0);
    size_t n = 0, room = size + 16;
    int32_t *tokens = lwi_resize(NULL, room, sizeof *tokens);
    lw_status status = lw_tokenizer_encode(tokenizer, text, size, flags, tokens, room, &n);
    if (status == LW_OK && n > room) {
        tokens = lwi_resize(tokens, n, sizeof *tokens);
        status = lw_tokenizer_encode(tokenizer, text, size, flags, tokens, n, &n);
    }
    if (status == LW_OK && o->count) printf("%zu\n", n);
    else if (status == LW_OK && o->json) print_json(tokenizer, tokens, n);
    else if (status == LW_OK) print_tokens(tokenizer, o, tokens, n);
    free(tokens);
    return status == LW_OK ? LWI_EXIT_OK : lwi_complain("%s", lw_last_error());
}

/* Numbers, separated by spaces or commas. */
static int read_numbers(const char *text, size_t size, int32_t **tokens, size_t *n) {
    char *copy = lwi_text("%.*s", (int)size, text);
    int code = LWI_EXIT_OK;
    *tokens = lwi_resize(NULL, size / 2 + 1, sizeof **tokens);
    *n = 0;
    for (char *at = copy + strspn(copy, " ,\n\r\t[]"); *at && !code;
         at += strspn(at, " ,\n\r\t[]")) {
        char *end = NULL;
        errno = 0;
        const long number = strtol(at, &end, 10);
        if (end == at || errno || number < 0 || number > INT32_MAX)
            code = lwi_misuse("--decode takes numbers of tokens, not '%.40s'", at);
        else (*tokens)[(*n)++] = (int32_t)number;
        at = end;
    }
    free(copy);
    return code;
}

static lw_status print_decoded(const lw_tokenizer *tokenizer, const int32_t *tokens, size_t n,
                               unsigned flags) {
    size_t size = 0;
    lw_status status = lw_tokenizer_decode(tokenizer, tokens, n, flags, NULL, 0, &size);
    if (status != LW_OK) return status;
    char *text = lwi_resize(NULL, size + 1, 1);
    status = lw_tokenizer_decode(tokenizer, tokens, n, flags, text, size, &size);
    if (status == LW_OK) {
        fwrite(text, 1, size, stdout);
        printf("\n");
    }
    free(text);
    return status;
}

static int decode(const lw_tokenizer *tokenizer, const tokenize_options *o, const char *text,
                  size_t size) {
    int32_t *tokens = NULL;
    size_t n = 0;
    int code = read_numbers(text, size, &tokens, &n);
    const unsigned flags = o->skip_special ? LW_DECODE_SKIP_SPECIAL : 0;
    if (!code && print_decoded(tokenizer, tokens, n, flags))
        code = lwi_complain("%s", lw_last_error());
    free(tokens);
    return code;
}

static int run(const void *given, char **arguments, int n) {
    const tokenize_options *o = given;
    const char *file = o->file ? o->file : n < 2 ? "/dev/stdin" : NULL;
    lw_tokenizer *tokenizer = NULL;
    uint8_t *read = NULL;
    size_t size = 0;
    if (o->file && n > 1) return lwi_misuse("a text and --file are given; one is needed");
    if (lw_tokenizer_load(arguments[0], &tokenizer)) return lwi_complain("%s", lw_last_error());
    int code = LWI_EXIT_OK;
    if (file && !lwi_read_file(file, &read, &size))
        code = lwi_complain("cannot read '%s': %s", file, strerror(errno));
    const char *text = file ? (const char *)read : arguments[1];
    if (!file) size = strlen(text);
    if (!code) code = (o->decode ? decode : encode)(tokenizer, o, text, size);
    free(read);
    lw_tokenizer_free(tokenizer);
    return code;
}

#define AT(member) offsetof(tokenize_options, member)
static const lwi_option table[] = {
    {"file", 'f', LWI_TEXT, AT(file), "FILE", NULL, "read the text from a file"},
    {"count", 'c', LWI_FLAG, AT(count), NULL, NULL, "print only how many tokens there are"},
    {"ids", 'i', LWI_FLAG, AT(ids), NULL, NULL, "print only the numbers, on one line"},
    {"json", 0, LWI_FLAG, AT(json), NULL, NULL, "print JSON"},
    {"decode", 'd', LWI_FLAG, AT(decode), NULL, NULL,
     "the text is numbers of tokens; print theirs"},
    {"special", 0, LWI_FLAG, AT(special), NULL, NULL,
     "the text may name control tokens (<|im_end|>)"},
    {"plain", 0, LWI_FLAG, AT(plain), NULL, NULL, "put no tokens around the text"},
    {"skip-special", 0, LWI_FLAG, AT(skip_special), NULL, NULL, "decode control tokens to nothing"},
};

const lwi_command lwi_cmd_tokenize = {
    .name = "tokenize",
    .arguments = "MODEL [TEXT]",
    .summary = "the tokens of a text, or the text of tokens",
    .about = "Reads the tokenizer of a .gguf file or a Hugging Face folder, or a tokenizer.json, "
             "SentencePiece .model, .tiktoken, GPT-2, WordPiece or RWKV vocabulary, and prints the "
             "number and piece of each token. Without TEXT, the standard input is read.",
    .examples = "lampwick tokenize model.gguf \"A lamp needs a wick.\"\n"
                "lampwick tokenize tokenizer.json --count --file book.txt\n"
                "lampwick tokenize model.gguf --decode \"1 403 407 261\"",
    LWI_OPTIONS(table),
    .least = 1,
    .most = 2,
    .size = sizeof(tokenize_options),
    .run = run,
};
