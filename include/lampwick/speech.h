/* SPDX-License-Identifier: MIT
 *
 * lampwick speech: sound in, text out, with models of the family Whisper. Part of liblampwick-llm.
 * The rules of lampwick.h hold: lw_status, lw_last_error(), outputs untouched by a failed call.
 *
 *   lw_speech *speech = NULL;
 *   lw_transcriber *transcriber = NULL;
 *   lw_transcript *transcript = NULL;
 *   lw_segment segment = {sizeof segment};
 *   if (!lw_speech_load("whisper-tiny", NULL, &speech) &&
 *       !lw_transcriber_new(speech, NULL, &transcriber) &&
 *       !lw_transcribe(transcriber, samples, n, &transcript))
 *       for (size_t i = 0; lw_transcript_segment(transcript, i, &segment) == LW_OK; i++)
 *           printf("%.2f %.*s\n", segment.start, (int)segment.text.size, segment.text.data);
 *   lw_transcript_free(transcript);
 *   lw_transcriber_free(transcriber);
 *   lw_speech_free(speech);
 *
 * Samples are float32 in -1..1, one channel, LW_SPEECH_RATE of them a second: lampwick/media.h
 * reads files, mixes channels and changes the rate. A lw_speech is immutable and may be shared by
 * any number of threads; a lw_transcriber belongs to one thread at a time.
 */
#ifndef LAMPWICK_SPEECH_H
#define LAMPWICK_SPEECH_H

#include <lampwick.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { LW_SPEECH_RATE = 16000 };

/* ---------------------------------------------------------------- features */

/* The log-mel spectrum that Whisper's encoder reads: a new float32 tensor [bands, n / 160], one
 * frame for each hundredth of a second, of windows of 400 samples; before the sound stands its
 * mirror image, behind it silence. What is 80 dB below the loudest place is cut. Errors: LW_RANGE
 * (bands are 1 to 200), LW_LIMIT, LW_NO_MEMORY. */
LW_API LW_MUST_CHECK lw_status lw_log_mel(const float *samples, size_t n, int bands,
                                          lw_value **features);

/* ------------------------------------------------------------------- model */

typedef struct lw_speech lw_speech; /* weights, tokenizer, special tokens */

/* Opens a Hugging Face folder (config.json, model.safetensors, tokenizer.json; what
 * generation_config.json forbids is heeded), or a GGUF file that lw_llm_quantize has made of one.
 * options may be NULL. Errors: those of lw_model_load and lw_tokenizer_load; LW_UNSUPPORTED (no
 * speech model), LW_CORRUPT. */
LW_API LW_MUST_CHECK lw_status lw_speech_load(const char *path, const lw_model_options *options,
                                              lw_speech **speech);
LW_API void lw_speech_free(lw_speech *speech);
LW_API const lw_model *lw_speech_model(const lw_speech *speech);

typedef struct lw_speech_info {
    size_t size;
    size_t bands, frames; /* features of a window: [bands, frames] */
    size_t vocabulary;
    size_t languages; /* 0: the model knows one only */
    bool translates;
} lw_speech_info;
LW_API LW_MUST_CHECK lw_status lw_speech_describe(const lw_speech *speech, lw_speech_info *info);
/* "en"; NULL: no such index. Owned by the model. */
LW_API const char *lw_speech_language(const lw_speech *speech, size_t index);

/* ----------------------------------------------------------- transcription */

typedef struct lw_transcriber lw_transcriber;
typedef struct lw_transcript lw_transcript;

typedef struct lw_word {
    double start, end;  /* in seconds */
    double probability; /* mean of its tokens' */
    lw_string text;     /* as in the segment's, with the space before it and with punctuation */
} lw_word;

typedef struct lw_segment {
    size_t size;
    double start, end; /* in seconds */
    lw_string text;    /* UTF-8, mostly with a space before it; not zero-terminated */
    const int32_t *tokens;
    size_t n_tokens;
    /* Of the window that the segment is a part of: */
    double temperature;     /* at which its tokens were drawn; 0: the likeliest ones were taken */
    double average_logprob; /* natural logarithm of the tokens' probabilities, its mean */
    double compression;     /* size of the text by its size when deflated; 0: not known */
    double no_speech;       /* probability */
    const lw_word *words;   /* with word_times; start and end are those of the words then */
    size_t n_words;
} lw_segment;

/* Zeros mean the defaults, which are those of OpenAI's whisper. */
typedef struct lw_transcriber_options {
    size_t size;
    const lw_context_options *context; /* threads and so on; NULL: defaults */
    const char *language;              /* "en"; NULL: it is detected from the first window */
    bool translate;                    /* into English */
    bool no_timestamps;                /* one segment a window */
    bool word_times;                   /* of each word, from where the model looks at */
    bool forget;                       /* what was said before is not shown to the model */
    const char *prompt;                /* text that stands before the first window; NULL: none */
    /* A window whose text looks wrong is tried again at the temperatures 0.2, 0.4 ... 1.0: */
    double least_logprob;    /* its average is below this; 0: -1 */
    double most_compression; /* it repeats itself: compression is above this; 0: 2.4. Not heeded in
                                a build without zlib */
    double most_no_speech;   /* skip a window that is likelier than this to hold no speech and has a
                                low average; 0: 0.6 */
    bool no_fallback;        /* at temperature 0 only */
    uint64_t seed;
    /* At temperature 0 so many texts are followed together and the likeliest is taken in the end (a
     * beam search); 0: 1, at most 32. It ends when beam_size * patience texts have; patience 0: 1.
     */
    size_t beam_size;
    double patience;
    size_t best_of; /* at other temperatures, so many are drawn, and the likeliest is taken; 0: 1 */
    /* What is likely is divided by ((5 + tokens) / 6) to this power, to 1; 0: by tokens. */
    double length_penalty;
    /* Called for each segment as it is there; false ends the run with LW_CANCELLED. */
    bool (*segment)(void *user, const lw_segment *segment);
    void *user;
} lw_transcriber_options;

/* options may be NULL; texts in them are copied. Errors: LW_NOT_FOUND (no such language), LW_RANGE,
 * LW_UNSUPPORTED (the model does not translate), LW_NO_MEMORY. */
LW_API LW_MUST_CHECK lw_status lw_transcriber_new(const lw_speech *speech,
                                                  const lw_transcriber_options *options,
                                                  lw_transcriber **transcriber);
LW_API void lw_transcriber_free(lw_transcriber *transcriber);
/* Errors: LW_CANCELLED, LW_LIMIT, LW_NO_MEMORY. */
LW_API LW_MUST_CHECK lw_status lw_transcribe(lw_transcriber *transcriber, const float *samples,
                                             size_t n, lw_transcript **transcript);

LW_API void lw_transcript_free(lw_transcript *transcript);
/* "en"; "" if the model knows one language only. */
LW_API const char *lw_transcript_language(const lw_transcript *transcript);
/* Of all segments; owned by the transcript. */
LW_API lw_string lw_transcript_text(const lw_transcript *transcript);
/* Set segment->size first; what it points to is the transcript's. LW_RANGE past the last. */
LW_API LW_MUST_CHECK lw_status lw_transcript_segment(const lw_transcript *transcript, size_t index,
                                                     lw_segment *segment);

#ifdef __cplusplus
}
#endif
#endif
