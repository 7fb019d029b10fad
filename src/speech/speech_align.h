/* SPDX-License-Identifier: MIT
 * Times of tokens and of words. */
#ifndef LWI_SPEECH_ALIGN_H
#define LWI_SPEECH_ALIGN_H

#include "speech/transcriber.h"

enum { LWI_SCORES_NAME = 40 };

/* Of a text of n tokens, words only, in the window that has been encoded, of whose states the sound
 * fills `frames`: starts [n + 1] is the state at which each token begins and the last one ends;
 * probabilities [n]. n is not 0 and fits into the context with what stands around it. */
lw_status lwi_speech_align(lw_transcriber *t, const int32_t *text, size_t n, size_t frames,
                           size_t *starts, double *probabilities);

/* Fills in the words of the pieces of a window, which begins at `begin` seconds and of whose
 * features the sound fills `frames`, and moves the pieces' ends to theirs; *last_speech: where
 * words ended before. text holds the words' texts. */
lw_status lwi_speech_words(lw_transcriber *t, lwi_piece *pieces, size_t n, double begin,
                           size_t frames, double *last_speech);

#endif
