/* SPDX-License-Identifier: MIT
 * One run of the model over what the sessions of a batch have been fed. */
#include "llm/llm_session.h"

#include <string.h>

/* What a step takes from the sessions. */
typedef struct step {
    lw_batch *b;
    size_t tokens, rows, outputs;
    size_t pooled;       /* tokens that needed no run of the decoder */
    bool logits, states; /* are wanted */
    bool vectors;        /* some sessions pool the states */
} step;

static lw_status make_room(lw_batch *b, int input, size_t n) {
    return lwi_grow(&b->allocator, &b->numbers[input], &b->room[input], n, sizeof(int32_t));
}

size_t lwi_sequence_pending(const lw_session *s) {
    const size_t redo = s->wants_state && s->has_logits && !s->has_state;
    if (s->vectors && !s->has_state) return s->n;
    return s->n - s->done + redo;
}

static lw_status add_token(step *st, const lw_session *s, size_t at, int32_t token) {
    lw_batch *b = st->b;
    for (int i = LWI_TOKENS; i <= LWI_TYPES; i++)
        LW_TRY(make_room(b, i, st->tokens + 1));
    b->numbers[LWI_TOKENS][st->tokens] = token;
    b->numbers[LWI_POSITIONS][st->tokens] = (int32_t)at;
    b->numbers[LWI_TYPES][st->tokens] = at >= s->second;
    b->numbers[LWI_SEQUENCES][st->tokens++] = (int32_t)st->rows;
    return LW_OK;
}

/* The logits after token `at` of a session, the last one of the step so far. */
static lw_status add_output(step *st, lw_session *s, size_t at) {
    lw_batch *b = st->b;
    LW_TRY(make_room(b, LWI_OUTPUTS, st->outputs + 1));
    LW_TRY(lwi_grow(&b->allocator, &b->chosen, &b->cap_chosen, st->outputs + 1, sizeof *b->chosen));
    b->numbers[LWI_OUTPUTS][st->outputs] = (int32_t)st->tokens - 1;
    b->chosen[st->outputs++] = (lwi_batch_output){s, at};
    /* a recurrent model would have to begin anew for a state that is asked for later */
    st->states |= s->wants_state || s->vectors || s->llm->state_elements;
    st->logits |= !s->vectors;
    st->vectors |= s->vectors;
    return LW_OK;
}

static bool wants_output(const lw_session *s, size_t at) {
    if (s->vectors) return lwi_pooling_wants(s, at);
    return at + 1 == s->n || (s->scores && at >= s->scored_from);
}

/* Tokens that a step takes of a session, where `most` fit. Those of an encoder come all together,
 * in a step of their own if they must. */
static size_t tokens_of(const step *st, const lw_session *s, size_t most) {
    const size_t left = s->n - s->done, stop = lwi_sequence_boundary(s);
    if (s->llm->encoder) return left <= most || st->tokens == 0 ? left : 0;
    if ((s->scores || s->vectors) && most > lwi_score_rows(s->llm)) most = lwi_score_rows(s->llm);
    const size_t n = left < most ? left : most;
    return s->done < stop && s->done + n > stop ? stop - s->done : n;
}

static lw_status add_guesses(step *st, lw_session *s) {
    for (size_t i = 0; i < s->ahead.n; i++) {
        LW_TRY(add_token(st, s, s->n + i, s->ahead.guesses[i]));
        LW_TRY(add_output(st, s, s->n + i));
    }
    return LW_OK;
}

/* Where the memory of a session lies. */
static lw_status add_row(step *st, const lw_session *s) {
    lw_batch *b = st->b;
    LW_TRY(make_room(b, LWI_SLOTS, st->rows + 1));
    b->numbers[LWI_SLOTS][st->rows] = s->slot;
    LW_TRY(make_room(b, LWI_STRETCHED, st->rows + 1));
    b->numbers[LWI_STRETCHED][st->rows] = s->stretched;
    LW_TRY(make_room(b, LWI_RANGES, 2 * (st->rows + 1)));
    if (b->per_sequence == 0) return LW_OK;
    LW_TRY(make_room(b, LWI_BLOCKS, (st->rows + 1) * b->per_sequence));
    int32_t *row = b->numbers[LWI_BLOCKS] + st->rows * b->per_sequence;
    for (size_t i = 0; i < b->per_sequence; i++)
        row[i] = i < s->n_blocks ? s->blocks[i] : -1;
    return LW_OK;
}

static lw_status add_session(step *st, lw_session *s, size_t most) {
    lwi_sequence_stretch(s);
    if (s->llm->source_layers && s->vectors) {
        size_t tokens = 0;
        LW_TRY(lwi_source_pool(s, st->b->step_tokens, &tokens));
        st->pooled += tokens;
        return LW_OK;
    }
    LW_TRY(lwi_source_encode(s, st->b->step_tokens));
    if (s->vectors) LW_TRY(lwi_pooling_begin(s));
    else if (s->done == s->n) lwi_sequence_redo(s, s->n - 1); /* once more, for its state */
    LW_TRY(lwi_sequence_reuse(s));
    const size_t n = tokens_of(st, s, most);
    if (n == 0) return LW_OK;
    LW_TRY(lwi_speculation_guess(s, n < most ? most - n : 0));
    LW_TRY(lwi_sequence_reserve(s, s->done + n + s->ahead.n));
    LW_TRY(add_row(st, s));
    for (size_t at = s->done; at < s->done + n; at++) {
        LW_TRY(add_token(st, s, at, s->tokens[at]));
        if (wants_output(s, at)) LW_TRY(add_output(st, s, at));
    }
    LW_TRY(add_guesses(st, s));
    s->taken = n;
    s->place = st->rows;
    st->rows++;
    return LW_OK;
}

/* Sessions that wait for one token come first: a long prompt must not hold them up. What a session
 * begins with may be in the cache already. */
static lw_status collect(step *st) {
    lw_batch *b = st->b;
    for (int prompts = 0; prompts < 2; prompts++) {
        lw_session *s = b->sessions;
        for (size_t i = 0; i < b->n_sessions; i++, s = s->next) {
            const size_t n = lwi_sequence_pending(s);
            const size_t left = st->tokens < b->step_tokens ? b->step_tokens - st->tokens : 0;
            if (n == 0 || (n > 1) != prompts || left == 0) continue;
            LW_TRY(add_session(st, s, left));
        }
    }
    if (b->sessions) b->sessions = b->sessions->next;
    return LW_OK;
}

/* Values over the numbers, made anew only where shape or place have changed. */
static lw_status wrap(lw_batch *b, int input, size_t n, size_t columns) {
    const int64_t dims[2] = {(int64_t)n, (int64_t)columns};
    if (b->values[input] && b->shape[input] == n &&
        lw_tensor_data(b->values[input]) == (void *)b->numbers[input])
        return LW_OK;
    lw_value *value = NULL;
    LW_TRY(lw_tensor_wrap(LW_INT32, columns ? 2 : 1, dims, b->numbers[input], &value));
    lw_value_free(b->values[input]);
    b->values[input] = value;
    b->shape[input] = n;
    return LW_OK;
}

/* Where the sources of the sessions lie, once all of them are there. */
static void put_ranges(const step *st) {
    const lw_session *s = st->b->sessions;
    for (size_t i = 0; i < st->b->n_sessions; i++, s = s->next) {
        int32_t *range = st->b->numbers[LWI_RANGES] + 2 * s->place;
        if (!s->taken) continue;
        range[0] = (int32_t)s->source.first;
        range[1] = (int32_t)s->source.n;
    }
}

static lw_status wrap_all(const step *st) {
    lw_batch *b = st->b;
    for (int i = LWI_TOKENS; i <= LWI_TYPES; i++)
        LW_TRY(wrap(b, i, st->tokens, 0));
    LW_TRY(wrap(b, LWI_SLOTS, st->rows, 0));
    LW_TRY(wrap(b, LWI_STRETCHED, st->rows, 0));
    put_ranges(st);
    LW_TRY(wrap(b, LWI_RANGES, st->rows, 2));
    if (b->llm->cache_elements) LW_TRY(wrap(b, LWI_BLOCKS, st->rows, b->per_sequence));
    LW_TRY(make_room(b, LWI_OUTPUTS, 1));
    return wrap(b, LWI_OUTPUTS, st->outputs, 0);
}

/* All outputs are logits of one session, which has room for them. */
static lw_session *only_session(const step *st) {
    if (st->rows != 1 || st->outputs == 0 || st->vectors) return NULL;
    lw_session *s = st->b->chosen[0].session;
    return !s->scores && st->outputs == 1 + s->ahead.n ? s : NULL;
}

static lw_status wrap_output(const step *st, size_t width, float *own, float **shared,
                             size_t *capacity, lw_value **value) {
    lw_batch *b = st->b;
    const int64_t dims[2] = {(int64_t)st->outputs, (int64_t)width};
    if (own) return lw_tensor_wrap(LW_FLOAT32, 2, dims, own, value);
    LW_TRY(lwi_grow(&b->allocator, shared, capacity, st->outputs * width + 1, sizeof **shared));
    return lw_tensor_wrap(LW_FLOAT32, 2, dims, *shared, value);
}

/* Row 0 of a session is of its last token, the others are of guesses. */
static void hand_out_logits(const step *st, size_t i, lw_session *s) {
    const lw_batch *b = st->b;
    const size_t v = b->llm->vocabulary, w = b->llm->width;
    const size_t at = b->chosen[i].at, row = at + 1 - s->n;
    const bool only = only_session(st) != NULL;
    if (s->scores) lwi_session_note_score(s, at, b->logits + i * v);
    if (at + 1 < s->n) return;
    if (!only) memcpy(s->logits + row * v, b->logits + i * v, v * sizeof(float));
    if (row > 0) return;
    if (!only && st->states) memcpy(s->state, b->states + i * w, w * sizeof(float));
    s->has_logits = true;
    s->has_state = st->states;
    s->row = 0;
    s->chosen_from = NULL;
    s->ahead.left = s->ahead.n;
}

static void hand_out(const step *st) {
    const lw_batch *b = st->b;
    for (size_t i = 0; i < st->outputs; i++) {
        lw_session *s = b->chosen[i].session;
        if (s->vectors) lwi_pooling_take(s, b->chosen[i].at, b->states + i * b->llm->width);
        else hand_out_logits(st, i, s);
    }
}

/* Those that the model has. */
static size_t gather_inputs(const step *st, lw_io *inputs) {
    const lw_batch *b = st->b;
    static const char *const names[LWI_INPUTS] = {"tokens",  "positions", "sequences", "types",
                                                  "slots",   "stretched", "ranges",    "blocks",
                                                  "outputs", "cache",     "state"};
    size_t n = 0;
    for (int i = 0; i < LWI_INPUTS; i++) {
        const bool attention = i == LWI_BLOCKS || i == LWI_CACHE;
        const bool recurrent = i == LWI_SLOTS || i == LWI_STATE;
        if ((attention && !b->llm->cache_elements) || (recurrent && !b->llm->state_elements) ||
            (i == LWI_STRETCHED && !b->llm->original_context) ||
            (i == LWI_RANGES && !b->llm->source_layers) || (i == LWI_TYPES && !b->llm->types))
            continue;
        lw_value *memory = attention ? b->cache_value : b->slots.value;
        inputs[n++] = (lw_io){names[i], i < LWI_CACHE ? b->values[i] : memory};
    }
    return n + lwi_source_inputs(b, inputs + n);
}

/* Something must be wanted of the graph, so that it is run at all. */
static lw_status wrap_outputs(const step *st, lw_io *outputs, size_t *n) {
    lw_batch *b = st->b;
    const lw_session *only = only_session(st);
    if (st->logits || !st->states) {
        outputs[*n].name = "logits";
        LW_TRY(wrap_output(st, b->llm->vocabulary, only ? only->logits : NULL, &b->logits,
                           &b->cap_logits, &outputs[(*n)++].value));
    }
    if (!st->states) return LW_OK;
    outputs[*n].name = "embeddings";
    return wrap_output(st, b->llm->width, only ? only->state : NULL, &b->states, &b->cap_states,
                       &outputs[(*n)++].value);
}

static lw_status run(const step *st) {
    lw_batch *b = st->b;
    lw_io *outputs = b->outputs;
    size_t n_out = 0;
    outputs[0].value = outputs[1].value = NULL;
    LW_TRY(wrap_all(st));
    const size_t n_in = gather_inputs(st, b->inputs);
    lw_status status = wrap_outputs(st, outputs, &n_out);
    const size_t observed = lwi_observe_outputs(b, outputs + n_out);
    if (status == LW_OK)
        status = lw_context_run(b->context, b->inputs, n_in, outputs, n_out + observed);
    if (status == LW_OK) status = lwi_observe_take(b, outputs + n_out);
    for (size_t i = 0; i < n_out; i++)
        lw_value_free(outputs[i].value);
    return status;
}

/* Sessions know how far they are by the tokens of the step. */
static void advance(const step *st) {
    lw_batch *b = st->b;
    lw_session *s = b->sessions;
    for (size_t i = 0; i < b->n_sessions; i++, s = s->next) {
        s->done += s->taken;
        if (s->taken) lwi_sequence_keep_blocks(s);
        if (s->taken && s->vectors) lwi_pooling_advance(s);
        s->taken = 0;
    }
}

/* A run that was broken off may have changed the state of some layers. */
static void give_up(const step *st, bool ran) {
    lw_session *s = st->b->sessions;
    for (size_t i = 0; i < st->b->n_sessions; i++, s = s->next) {
        if (ran && s->taken && s->llm->state_elements) lwi_sequence_redo(s, 0);
        s->taken = 0;
    }
}

lw_status lwi_batch_step(lw_batch *batch, size_t *tokens) {
    step st = {.b = batch};
    lw_status status = collect(&st);
    const bool ran = status == LW_OK && st.tokens;
    if (ran) status = run(&st);
    if (status != LW_OK) {
        give_up(&st, ran);
        return status;
    }
    if (st.tokens) {
        hand_out(&st);
        advance(&st);
    }
    *tokens = st.tokens + st.pooled;
    return LW_OK;
}
