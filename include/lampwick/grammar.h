/* SPDX-License-Identifier: MIT
 *
 * lampwick grammars: which tokens may come next, so that what a language model writes has a given
 * form. Part of the optional library liblampwick-llm. The rules of lampwick.h hold. Grammars and
 * schemas are hostile until checked: sizes, depth and work are limited (LW_LIMIT).
 *
 *   lw_grammar *grammar = NULL;
 *   lw_vocabulary *vocabulary = NULL;
 *   lw_matcher *matcher = NULL;
 *   if (!lw_grammar_new_schema(schema, size, &grammar) &&
 *       !lw_vocabulary_new(tokens, count, &vocabulary) &&
 *       !lw_matcher_new(grammar, vocabulary, &matcher))
 *       for (;;) {
 *           const uint64_t *mask;
 *           if (lw_matcher_mask(matcher, &mask)) break;
 *           token = sample(logits, mask, lw_matcher_complete(matcher));   may be the end if
 * complete if (token == end || lw_matcher_token(matcher, token)) break;
 *       }
 */
#ifndef LAMPWICK_GRAMMAR_H
#define LAMPWICK_GRAMMAR_H

#include <lampwick/chat.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A grammar: immutable, any number of threads may share it. */
typedef struct lw_grammar lw_grammar;
/* GBNF, the notation of llama.cpp, with a rule `root` (docs/grammars.md). LW_CORRUPT with the line,
 * LW_UNSUPPORTED for a rule that begins with itself, LW_LIMIT. */
LW_API LW_MUST_CHECK lw_status lw_grammar_new(const char *gbnf, size_t size, lw_grammar **grammar);
/* Texts of JSON that are valid for a JSON schema (docs/grammars.md: what is understood; what is not
 * gives LW_UNSUPPORTED and its name, nothing is left out silently). "{}": any JSON. */
LW_API LW_MUST_CHECK lw_status lw_grammar_new_schema(const char *json, size_t size,
                                                     lw_grammar **grammar);
/* The GBNF that lw_grammar_new_schema makes. */
LW_API LW_MUST_CHECK lw_status lw_schema_gbnf(const char *json, size_t size, lw_text *gbnf);
LW_API void lw_grammar_free(lw_grammar *grammar);

/* The bytes of all tokens, in the order that masks need; immutable, to be shared. */
typedef struct lw_vocabulary lw_vocabulary;
/* Token i is the bytes of tokens[i], which are copied; one without bytes is never allowed. */
LW_API LW_MUST_CHECK lw_status lw_vocabulary_new(const lw_string *tokens, size_t count,
                                                 lw_vocabulary **vocabulary);
LW_API void lw_vocabulary_free(lw_vocabulary *vocabulary);

/* Where a text stands in a grammar. Borrows both; belongs to one thread at a time. */
typedef struct lw_matcher lw_matcher;
/* vocabulary NULL: only for texts. */
LW_API LW_MUST_CHECK lw_status lw_matcher_new(const lw_grammar *grammar,
                                              const lw_vocabulary *vocabulary,
                                              lw_matcher **matcher);
LW_API void lw_matcher_free(lw_matcher *matcher);
/* Back to the start. */
LW_API LW_MUST_CHECK lw_status lw_matcher_reset(lw_matcher *matcher);
/* Remembers where the text stands, and goes back there: for tokens that are only tried. A new
 * matcher has its start marked. */
LW_API void lw_matcher_mark(lw_matcher *matcher);
LW_API void lw_matcher_back(lw_matcher *matcher);
/* Bit i % 64 of word i / 64: token i may come next. Owned by the matcher, until its next call. */
LW_API LW_MUST_CHECK lw_status lw_matcher_mask(lw_matcher *matcher, const uint64_t **mask);
/* The token, or the bytes, have come. LW_RANGE and no change if the grammar does not allow them. */
LW_API LW_MUST_CHECK lw_status lw_matcher_token(lw_matcher *matcher, size_t token);
LW_API LW_MUST_CHECK lw_status lw_matcher_text(lw_matcher *matcher, const char *text, size_t size);
/* What has come is a whole text of the grammar: it may end here. */
LW_API bool lw_matcher_complete(const lw_matcher *matcher);

#ifdef __cplusplus
}
#endif
#endif
