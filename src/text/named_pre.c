/* SPDX-License-Identifier: MIT */
#include "text/named_pre.h"

#include "text/unicode_class.h"

/* Contractions, words with what stands before them, numbers of N digits, the rest: the pattern that
 * cl100k_base began. */
#define ENDINGS "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
#define CL100K(letters, numbers, others)                                                           \
    ENDINGS "|[^\\r\\n\\p{L}\\p{N}]?" letters "+|\\p{N}" numbers "| ?" others                      \
            "+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"
#define UPPER "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]"
#define LOWER "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]"
/* o200k_base: words end where a capital letter follows small ones. */
#define O200K(endings, numbers)                                                                    \
    "[^\\r\\n\\p{L}\\p{N}]?" UPPER "*" LOWER "+" endings "|[^\\r\\n\\p{L}\\p{N}]?" UPPER "+" LOWER \
    "*" endings "|\\p{N}" numbers                                                                  \
    "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"

#define GPT2 "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+"
/* tiktoken's own form: white space at the end of the text is one piece. */
#define TIKTOKEN                                                                                   \
    "'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}++|\\p{N}{1,3}+| ?[^\\s\\p{L}\\p{N}]++"    \
    "[\\r\\n]*+|\\s++\\z|\\s*[\\r\\n]|\\s+(?!\\S)|\\s"
#define TIKTOKEN_GPT2                                                                              \
    "'(?:[sdmt]|ll|ve|re)| ?\\p{L}++| ?\\p{N}++| ?[^\\s\\p{L}\\p{N}]++|\\s++\\z|\\s+(?!\\S)|\\s"
#define LLAMA3 CL100K("\\p{L}", "{1,3}", "[^\\s\\p{L}\\p{N}]")
#define QWEN2 CL100K("\\p{L}", "", "[^\\s\\p{L}\\p{N}]")
#define QWEN35 CL100K("[\\p{L}\\p{M}]", "", "[^\\s\\p{L}\\p{M}\\p{N}]")
#define TEKKEN O200K("", "")
#define GPT4O O200K(ENDINGS "?", "{1,3}")
#define HAN "[\\p{Han}]+"
#define NOT_HAN_UPPER "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}&&[^\\p{Han}]]"
#define NOT_HAN_LOWER "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}&&[^\\p{Han}]]"
#define KIMI                                                                                       \
    HAN "|[^\\r\\n\\p{L}\\p{N}]?" NOT_HAN_UPPER "*" NOT_HAN_LOWER "+" ENDINGS                      \
        "?|[^\\r\\n\\p{L}\\p{N}]?" NOT_HAN_UPPER "+" NOT_HAN_LOWER "*" ENDINGS                     \
        "?|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"
#define BLOOM " ?[^(\\s|[.,!?…。，、।۔،])]+"
#define CJK "[一-龥\xe0\xa0\x80-一가-\xed\x9f\xbf]+"
#define DEEPSEEK_LETTERS "\\s?[\\p{Lu}\\p{Ll}\\p{Lt}]+"
#define DEEPSEEK_MARKS "\\s?[!-/:-~！-／：-～‘-‟　-。]+"

/* Steps: a regular expression, or one of these words. */
static const char digits[] = "digits", each_digit[] = "each digit", punctuation[] = "punctuation",
                  bytes[] = "bytes", nfc[] = "NFC";

enum { MOST_STEPS = 6 };

static const struct entry {
    const char *names; /* separated by spaces */
    lwi_named_pre pre;
    const char *steps[MOST_STEPS];
} entries[] = {
    {"gpt-2 phi-2 jina-es jina-de jina-v1-en jina-v2-es jina-v2-de jina-v2-code gigachat "
     "roberta-bpe mellum modern-bert a.x-4.0 jais trillion granite-docling exaone4 whisper",
     {0},
     {GPT2}},
    {"mpt olmo gpt-neox", {0}, {nfc, GPT2}},
    {"llama3 llama-v3 llama-bpe falcon3 falcon-h1 pixtral midm-2.0 lfm2 jina-v5-nano",
     {.whole_first = true, .adds_bos = true},
     {LLAMA3}},
    {"dbrx smaug-bpe chatglm-bpe glm4", {0}, {LLAMA3}},
    {"qwen2 stablelm2", {0}, {nfc, QWEN2}},
    {"deepseek-r1-qwen megrez kormo bailingmoe bailingmoe2 llada-moe grok-2 hunyuan solar-open",
     {0},
     {QWEN2}},
    {"qwen35", {0}, {nfc, QWEN35}},
    {"tekken", {.whole_first = true, .adds_bos = true}, {TEKKEN}},
    {"gpt-4o llama4 o200k_base minimax-m2", {0}, {GPT4O}},
    {"cl100k_base", {0}, {TIKTOKEN}},
    {"r50k_base", {0}, {TIKTOKEN_GPT2}},
    {"kimi-k2", {0}, {KIMI}},
    {"starcoder refact smollm codeshell exaone minerva-7b", {0}, {each_digit, GPT2}},
    {"command-r", {0}, {nfc, each_digit, GPT2}},
    {"falcon", {.in_alphabet = true}, {punctuation, GPT2, bytes, digits, "[0-9][0-9][0-9]"}},
    {"deepseek-coder", {0}, {"[\\r\\n]", "\\s?\\p{L}+", "\\s?\\p{P}+", CJK, each_digit}},
    {"deepseek-llm", {0}, {"[\\r\\n]", DEEPSEEK_LETTERS, DEEPSEEK_MARKS, "\\s+$", CJK, each_digit}},
    {"deepseek-v3 hunyuan-dense joyai-llm",
     {0},
     {"\\p{N}{1,3}", "[一-龥぀-ゟ゠-ヿ]+",
      "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?"
      "[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"}},
    {"bloom gpt3-finnish poro-chat", {0}, {BLOOM}},
    {"viking", {0}, {BLOOM, each_digit}},
    {"default", {0}, {"[\\p{P}\\$\\+<=>\\^~\\|]+", GPT2, "\\p{N}+", "[0-9][0-9][0-9]"}},
};

lw_string lwi_named_pre_name(size_t i) {
    if (i >= sizeof entries / sizeof *entries) return (lw_string){NULL, 0};
    return (lw_string){entries[i].names, strcspn(entries[i].names, " ")};
}

static bool has_name(const char *names, lw_string name) {
    for (const char *at = names; *at;) {
        const size_t n = strcspn(at, " ");
        if (n == name.size && !memcmp(at, name.data, n)) return true;
        at += n + (at[n] == ' ');
    }
    return false;
}

static lw_status add_step(const char *step, lwi_normalizer *normalizer,
                          lwi_pretokenizer *pretokenizer) {
    lwi_pre_step s = {.behaviour = LWI_PRE_ISOLATED};
    if (step == nfc)
        return lwi_normalizer_add(normalizer,
                                  (lwi_normal_step){.kind = LWI_NORMAL_FORM, .form = LWI_NFC});
    if (step == digits || step == each_digit) {
        s.kind = LWI_PRE_DIGITS;
        if (step == digits) s.behaviour = LWI_PRE_CONTIGUOUS;
        LW_TRY(lwi_unicode_needed("a pre-tokenizer of digits"));
    } else if (step == punctuation) {
        s.kind = LWI_PRE_PUNCTUATION;
        s.behaviour = LWI_PRE_CONTIGUOUS;
        LW_TRY(lwi_unicode_needed("a pre-tokenizer of punctuation"));
    } else if (step == bytes) {
        s.kind = LWI_PRE_ALPHABET;
    } else {
        return lwi_pretokenizer_add_pattern(pretokenizer, (lw_string){step, strlen(step)},
                                            LWI_PRE_ISOLATED, false);
    }
    return lwi_pretokenizer_add(pretokenizer, s);
}

lw_status lwi_named_pre_steps(lw_string name, lwi_normalizer *normalizer,
                              lwi_pretokenizer *pretokenizer, lwi_named_pre *pre) {
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
        if (!has_name(entries[i].names, name)) continue;
        for (size_t k = 0; k < MOST_STEPS && entries[i].steps[k]; k++)
            LW_TRY(add_step(entries[i].steps[k], normalizer, pretokenizer));
        *pre = entries[i].pre;
        return LW_OK;
    }
    return lwi_fail(LW_UNSUPPORTED, "tokenizer: the pre-tokenizer '%.*s' is not known",
                    name.size > 100 ? 100 : (int)name.size, name.data);
}

/* ---------------------------------------------------------- tokenizer.json */

#define ALPHABET                                                                                   \
    "{\"type\":\"ByteLevel\",\"add_prefix_space\":false,\"trim_offsets\":true,"                    \
    "\"use_regex\":false}"

static lw_status step_json(const char *step, lwi_buffer *json) {
    if (step == digits || step == each_digit)
        return lwi_buffer_text(json, step == digits
                                         ? "{\"type\":\"Digits\",\"individual_digits\":false}"
                                         : "{\"type\":\"Digits\",\"individual_digits\":true}");
    if (step == punctuation)
        return lwi_buffer_text(json, "{\"type\":\"Punctuation\",\"behavior\":\"Contiguous\"}");
    if (step == bytes) return lwi_buffer_text(json, ALPHABET);
    LW_TRY(lwi_buffer_text(json, "{\"type\":\"Split\",\"pattern\":{\"Regex\":"));
    LW_TRY(lwi_buffer_json_string(json, step, strlen(step)));
    return lwi_buffer_text(json, "},\"behavior\":\"Isolated\",\"invert\":false}");
}

lw_status lwi_named_pre_json(lw_string name, lwi_buffer *json) {
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
        const struct entry *e = entries + i;
        if (!has_name(e->names, name)) continue;
        const bool form = e->steps[0] == nfc;
        LW_TRY(lwi_buffer_text(json, form ? "\"normalizer\":{\"type\":\"NFC\"},\n"
                                          : "\"normalizer\":null,\n"));
        LW_TRY(lwi_buffer_text(json, "\"pre_tokenizer\":{\"type\":\"Sequence\","
                                     "\"pretokenizers\":["));
        for (size_t k = form; k < MOST_STEPS && e->steps[k]; k++) {
            LW_TRY(lwi_buffer_text(json, k > form ? ",\n" : ""));
            LW_TRY(step_json(e->steps[k], json));
        }
        /* the alphabet comes last, unless it is among the steps */
        return lwi_buffer_text(json, e->pre.in_alphabet ? "]},\n" : "," ALPHABET "]},\n");
    }
    return lwi_fail(LW_UNSUPPORTED, "tokenizer: the pre-tokenizer '%.*s' is not known",
                    name.size > 100 ? 100 : (int)name.size, name.data);
}
