/* SPDX-License-Identifier: MIT
 * lampwick transcribe: sound files to text. */
#include <stdio.h>
#include <string.h>

#include <lampwick/media.h>
#include <lampwick/speech.h>

#include "commands.h"
#include "json.h"
#include "session.h"
#include "stopwatch.h"
#include "text.h"

typedef struct transcribe_options {
    lwi_engine engine;
    const char *language, *format, *prompt;
    bool translate, timestamps, word_times, forget, no_fallback, statistics;
    int seed, beam_size, best_of;
    double patience, length_penalty;
} transcribe_options;

/* ------------------------------------------------------------------ formats */

static lw_string strip(lw_string text) {
    while (text.size && strchr(" \t\r\n", *text.data)) {
        text.data++;
        text.size--;
    }
    while (text.size && strchr(" \t\r\n", text.data[text.size - 1]))
        text.size--;
    return text;
}

/* "01:02:03.450"; hours are left out where they may be. */
static void print_time(double seconds, bool hours, char point) {
    const long long ms = (long long)(seconds * 1000 + 0.5);
    if (hours || ms >= 3600000) printf("%02lld:", ms / 3600000);
    printf("%02lld:%02lld%c%03lld", ms / 60000 % 60, ms / 1000 % 60, point, ms % 1000);
}

/* In subtitles "-->" stands between times only, and empty lines between segments. */
static void print_subtitle(lw_string text) {
    for (size_t i = 0; i < text.size; i++)
        if (text.size - i >= 3 && !memcmp(text.data + i, "-->", 3)) {
            fputs("->", stdout);
            i += 2;
        } else if ((unsigned char)text.data[i] >= ' ') putchar(text.data[i]);
        else putchar(' ');
    putchar('\n');
}

static void print_range(const lw_segment *segment, bool hours, char point) {
    print_time(segment->start, hours, point);
    fputs(" --> ", stdout);
    print_time(segment->end, hours, point);
}

static bool print_text(void *user, const lw_segment *segment) {
    (void)user;
    print_subtitle(strip(segment->text));
    fflush(stdout);
    return true;
}

/* Each word as if it were a segment. */
static bool print_words(void *user, const lw_segment *segment,
                        bool (*print)(void *user, const lw_segment *segment)) {
    for (size_t i = 0; i < segment->n_words; i++) {
        const lw_word *word = segment->words + i;
        const lw_segment one = {
            .size = sizeof one, .start = word->start, .end = word->end, .text = word->text};
        print(user, &one);
    }
    return true;
}

static bool print_timed(void *user, const lw_segment *segment) {
    if (segment->words) return print_words(user, segment, print_timed);
    putchar('[');
    print_range(segment, false, '.');
    fputs("]  ", stdout);
    return print_text(user, segment);
}

static bool print_vtt(void *user, const lw_segment *segment) {
    if (segment->words) return print_words(user, segment, print_vtt);
    print_range(segment, false, '.');
    putchar('\n');
    print_text(user, segment);
    putchar('\n');
    return true;
}

static bool print_srt(void *user, const lw_segment *segment) {
    if (segment->words) return print_words(user, segment, print_srt);
    printf("%d\n", ++*(int *)user);
    print_range(segment, true, ',');
    putchar('\n');
    print_text(user, segment);
    putchar('\n');
    return true;
}

static void print_json_words(lwi_json *json, const lw_segment *segment) {
    lwi_show_key(json, "words");
    lwi_show_open(json, '[');
    for (size_t i = 0; i < segment->n_words; i++) {
        const lw_word *word = segment->words + i;
        lwi_show_open(json, '{');
        lwi_show_key(json, "word");
        lwi_show_string(json, word->text.data, word->text.size);
        lwi_show_set_number(json, "start", word->start);
        lwi_show_set_number(json, "end", word->end);
        lwi_show_set_number(json, "probability", word->probability);
        lwi_show_close(json, '}');
    }
    lwi_show_close(json, ']');
}

static void print_json_segment(lwi_json *json, const lw_segment *segment) {
    lwi_show_open(json, '{');
    lwi_show_set_number(json, "start", segment->start);
    lwi_show_set_number(json, "end", segment->end);
    lwi_show_key(json, "text");
    lwi_show_string(json, segment->text.data, segment->text.size);
    lwi_show_key(json, "tokens");
    const bool flat = json->flat;
    json->flat = true;
    lwi_show_open(json, '[');
    for (size_t i = 0; i < segment->n_tokens; i++)
        lwi_show_integer(json, segment->tokens[i]);
    lwi_show_close(json, ']');
    json->flat = flat;
    lwi_show_set_number(json, "temperature", segment->temperature);
    lwi_show_set_number(json, "avg_logprob", segment->average_logprob);
    lwi_show_set_number(json, "compression_ratio", segment->compression);
    lwi_show_set_number(json, "no_speech_prob", segment->no_speech);
    if (segment->words) print_json_words(json, segment);
    lwi_show_close(json, '}');
}

static void print_json(lwi_json *json, const char *path, const lw_transcript *transcript) {
    const lw_string text = lw_transcript_text(transcript);
    lw_segment segment = {.size = sizeof segment};
    lwi_show_open(json, '{');
    lwi_show_set_text(json, "file", path);
    lwi_show_set_text(json, "language", lw_transcript_language(transcript));
    lwi_show_key(json, "text");
    lwi_show_string(json, text.data, text.size);
    lwi_show_key(json, "segments");
    lwi_show_open(json, '[');
    for (size_t i = 0; lw_transcript_segment(transcript, i, &segment) == LW_OK; i++)
        print_json_segment(json, &segment);
    lwi_show_close(json, ']');
    lwi_show_close(json, '}');
}

/* -------------------------------------------------------------------- sounds */

static lw_status load_sound(const char *path, lw_value **sound) {
    lw_value *samples = NULL, *mono = NULL;
    int rate = 0;
    lw_status status = lw_media_audio_load(path, &samples, &rate);
    if (status == LW_OK) status = lw_media_audio_mono(samples, &mono);
    if (status == LW_OK) status = lw_media_audio_resample(mono, rate, LW_SPEECH_RATE, sound);
    lw_value_free(samples);
    lw_value_free(mono);
    return status;
}

static lw_status transcribe(lw_transcriber *transcriber, const transcribe_options *o,
                            const char *path, lwi_json *json) {
    lw_value *sound = NULL;
    lw_transcript *transcript = NULL;
    const double begin = lwi_seconds();
    lw_status status = load_sound(path, &sound);
    const size_t n = lw_tensor_count(sound);
    if (status == LW_OK) status = lw_transcribe(transcriber, lw_tensor_data(sound), n, &transcript);
    if (status == LW_OK && json) print_json(json, path, transcript);
    if (status == LW_OK && o->statistics) {
        const double length = (double)n / LW_SPEECH_RATE, took = lwi_seconds() - begin;
        fprintf(stderr, "%.1f s of sound in %.2f s, %.1f times as fast\n", length, took,
                length / took);
    }
    lw_transcript_free(transcript);
    lw_value_free(sound);
    return status;
}

static lw_transcriber_options options_of(const transcribe_options *o,
                                         const lw_context_options *context, int *number) {
    lw_transcriber_options options = {.size = sizeof options,
                                      .context = context,
                                      .language = o->language,
                                      .translate = o->translate,
                                      .word_times = o->word_times,
                                      .forget = o->forget,
                                      .prompt = o->prompt,
                                      .no_fallback = o->no_fallback,
                                      .seed = (uint64_t)o->seed,
                                      .beam_size = (size_t)o->beam_size,
                                      .best_of = (size_t)o->best_of,
                                      .patience = o->patience,
                                      .length_penalty = o->length_penalty,
                                      .user = number};
    if (!o->format || !strcmp(o->format, "text"))
        options.segment = o->timestamps || o->word_times ? print_timed : print_text;
    else if (!strcmp(o->format, "vtt")) options.segment = print_vtt;
    else if (!strcmp(o->format, "srt")) options.segment = print_srt;
    return options;
}

static lw_status transcribe_all(const lw_speech *speech, const transcribe_options *o, char **paths,
                                int n) {
    lw_transcriber *transcriber = NULL;
    lwi_json json = {0};
    int number = 0;
    const lw_context_options context = lwi_engine_context(&o->engine);
    const lw_transcriber_options options = options_of(o, &context, &number);
    const bool shows_json = o->format && !strcmp(o->format, "json");
    lw_status status = lw_transcriber_new(speech, &options, &transcriber);
    if (status == LW_OK && shows_json) lwi_show_open(&json, '[');
    if (status == LW_OK && options.segment == print_vtt) printf("WEBVTT\n\n");
    for (int i = 0; status == LW_OK && i < n; i++)
        status = transcribe(transcriber, o, paths[i], shows_json ? &json : NULL);
    if (status == LW_OK && shows_json) lwi_show_close(&json, ']');
    lw_transcriber_free(transcriber);
    return status;
}

static int run(const void *given, char **arguments, int n) {
    const transcribe_options *o = given;
    const bool subtitles = o->format && (!strcmp(o->format, "srt") || !strcmp(o->format, "vtt"));
    const lw_model_options model = {.size = sizeof model, .skip_passes = o->engine.skip_passes};
    lw_speech *speech = NULL;
    if (subtitles && n > 2) return lwi_misuse("subtitles are made of one sound at a time");
    lw_status status = lw_speech_load(arguments[0], &model, &speech);
    if (status == LW_OK) status = transcribe_all(speech, o, arguments + 1, n - 1);
    lw_speech_free(speech);
    return status == LW_OK ? LWI_EXIT_OK : lwi_complain("%s", lw_last_error());
}

#define AT(member) offsetof(transcribe_options, member)
static const lwi_option table[] = {
    {"language", 'l', LWI_TEXT, AT(language), "CODE", NULL,
     "that is spoken: en, de ... (found from the sound)"},
    {"translate", 0, LWI_FLAG, AT(translate), NULL, NULL, "write English, whatever is spoken"},
    {"format", 'f', LWI_TEXT, AT(format), "KIND", "text|srt|vtt|json", "of the output (text)"},
    {"timestamps", 0, LWI_FLAG, AT(timestamps), NULL, NULL, "text with times before it"},
    {"word-times", 0, LWI_FLAG, AT(word_times), NULL, NULL,
     "times of words: in JSON beside the segments', else a line or subtitle for each word"},
    {"prompt", 0, LWI_TEXT, AT(prompt), "TEXT", NULL,
     "text that came before: names, spellings, style"},
    {"forget", 0, LWI_FLAG, AT(forget), NULL, NULL,
     "do not show the model what was said before a window of 30 seconds"},
    {"no-fallback", 0, LWI_FLAG, AT(no_fallback), NULL, NULL,
     "the likeliest tokens only, even where the text looks wrong"},
    {"seed", 's', LWI_COUNT, AT(seed), "N", NULL, "of the draws where it looks wrong (0)"},
    {"beam-size", 0, LWI_COUNT, AT(beam_size), "N", NULL,
     "follow N texts together and take the likeliest (1)"},
    {"patience", 0, LWI_NUMBER, AT(patience), "X", NULL,
     "a search ends when X times as many texts have (1)"},
    {"best-of", 0, LWI_COUNT, AT(best_of), "N", NULL,
     "texts that are drawn where it looks wrong (1)"},
    {"length-penalty", 0, LWI_NUMBER, AT(length_penalty), "X", NULL,
     "0 to 1: how much length counts in choosing among texts (the mean of all tokens)"},
    {"statistics", 0, LWI_FLAG, AT(statistics), NULL, NULL, "print the speed in the end"},
    LWI_ENGINE_OPTIONS(transcribe_options, engine),
};

const lwi_command lwi_cmd_transcribe = {
    .name = "transcribe",
    .arguments = "MODEL SOUND...",
    .summary = "speech in sound files as text",
    .about =
        "Opens a Whisper model (a Hugging Face folder, or a GGUF file made of one) and writes down "
        "what is said, segment by segment. Sounds of any rate and number of channels are mixed and "
        "resampled.",
    .examples = "lampwick transcribe whisper-tiny talk.wav\n"
                "lampwick transcribe whisper-tiny talk.flac --format srt >talk.srt\n"
                "lampwick transcribe whisper-tiny rede.wav --language de --translate",
    LWI_OPTIONS(table),
    .least = 2,
    .most = -1,
    .size = sizeof(transcribe_options),
    .run = run,
};
