/* SPDX-License-Identifier: MIT
 * Each allocation of a transcription fails in turn, from loading the model to the last segment:
 * that must give an error with a sentence. A sanitizer sees the rest.
 *
 *     failing_speech MODEL STEP
 *
 * STEP: of every so many allocations one fails. */
#include <lampwick/speech.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* The linker gives every call of malloc to __wrap_malloc (-Wl,--wrap=malloc). */
void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
static long calls, fails_at = -1;

void *__wrap_malloc(size_t size) { return calls++ == fails_at ? NULL : __real_malloc(size); }

static lw_status transcribe(const char *path) {
    enum { SAMPLES = 20000 };
    static float samples[SAMPLES];
    const lw_context_options context = {.size = sizeof context, .threads = 1};
    const lw_transcriber_options options = {.size = sizeof options,
                                            .context = &context,
                                            .prompt = "lamp",
                                            .no_fallback = true,
                                            .beam_size = 2,
                                            .word_times = true};
    lw_speech *speech = NULL;
    lw_transcriber *transcriber = NULL;
    lw_transcript *transcript = NULL;
    for (int i = 0; i < SAMPLES; i++)
        samples[i] = 0.3f * sinf((float)i * 0.2f);
    lw_status status = lw_speech_load(path, NULL, &speech);
    if (status == LW_OK) status = lw_transcriber_new(speech, &options, &transcriber);
    if (status == LW_OK) status = lw_transcribe(transcriber, samples, SAMPLES, &transcript);
    lw_transcript_free(transcript);
    lw_transcriber_free(transcriber);
    lw_speech_free(speech);
    return status;
}

int main(int argc, char **argv) {
    if (argc < 3) return 2;
    const long step = strtol(argv[2], NULL, 10);
    calls = 0;
    if (transcribe(argv[1]) != LW_OK) return fprintf(stderr, "%s\n", lw_last_error()), 1;
    const long all = calls;
    long failed = 0, worked = 0;
    for (long i = 0; i<all; i += step> 0 ? step : 1) {
        fails_at = i;
        calls = 0;
        const lw_status status = transcribe(argv[1]);
        fails_at = -1;
        if (status == LW_OK) worked++; /* what it was for could be left out */
        else if (status != LW_NO_MEMORY || !*lw_last_error()) {
            printf("allocation %ld: %s, '%s'\n", i, lw_status_name(status), lw_last_error());
            failed++;
        }
    }
    printf("%ld allocations, %ld needless, %ld wrong\n", all, worked, failed);
    return failed > 0;
}
