/* SPDX-License-Identifier: MIT
 * PagedAttention: keys and values go into the cache, then each head of each token attends, or on
 * tensor cores those of several tokens that share a head of keys together; of few tokens that may
 * see much, in several ranges, so that all of the device has work. */
#include "backend/gpu/gpu_few.h"
#include "base/q8_row.h"
#include "ops/paged_attention.h"

enum { Q, K, V, POSITIONS, SEQUENCES, BLOCKS, CACHE, COSINES, SINES, SINKS, BIAS };
enum { PLAN = 20, MOST = 768 /* elements of a head, of kernels/paged.k */ };
enum { LEAST = 512, MANY = 512 };
enum { ROWS = 128, WIDE = 128, WIDEST = 256, MULTIPLE = 8 }; /* of kernels/half_paged.k */
enum { FEW = 16, FEW_EACH = 4 };

/* How the tokens attend. */
typedef struct attending {
    const char *kernel;
    size_t groups[3], splits; /* ranges; groups[2]: those of a sequence, times ranges */
    bool is_tiles;            /* on tensor cores */
} attending;
enum { ATTEND_Y = 10, JOIN_Y = 1 /* arguments */, ROUNDED = 32 /* numbers */ };

static void write_plan(const lwi_call *c, const lwi_paged *p, int32_t plan[PLAN]) {
    const size_t size = lwi_dtype_size(p->dtype);
    const int64_t numbers[PLAN] = {(int64_t)p->tokens,
                                   (int64_t)p->heads,
                                   (int64_t)p->kv_heads,
                                   (int64_t)p->key,
                                   (int64_t)p->value,
                                   (int64_t)p->positions,
                                   (int64_t)p->per_sequence,
                                   (int64_t)p->window,
                                   (int64_t)p->chunk,
                                   (int64_t)p->half,
                                   p->interleaved,
                                   lwi_gpu_type_of(p->dtype),
                                   c->in[CACHE]->dims[0],
                                   c->in[BLOCKS]->dims[0],
                                   (int64_t)(p->block / size),
                                   (int64_t)(p->layer / size),
                                   (int64_t)p->reach,
                                   lwi_has(c, SINKS) | lwi_has(c, BIAS) << 1,
                                   (int64_t)(p->key_bytes / size),
                                   (int64_t)(p->value_bytes / size)};
    for (int i = 0; i < PLAN; i++)
        plan[i] = (int32_t)numbers[i];
}

/* An item for each code of its blocks, which may be more than it has elements. */
static size_t items_of_q8(size_t row) {
    return (row + LWI_Q8_CODES - 1) / LWI_Q8_CODES * LWI_Q8_CODES;
}

static lw_status launch_store(const lwi_call *c, const lwi_paged *p, const int32_t plan[PLAN],
                              lwi_gpu_step *step) {
    static const size_t inputs[] = {K, V, POSITIONS, SEQUENCES, BLOCKS, CACHE, COSINES, SINES};
    const bool bytes = p->dtype == LW_UINT8;
    const size_t row = bytes ? items_of_q8(p->key) + items_of_q8(p->value) : p->key + p->value;
    const size_t n = p->tokens * p->kv_heads * row;
    lwi_gpu_launch *launch = NULL;
    LW_TRY(lwi_gpu_items(step, bytes ? "paged_store_q8" : "paged_store", n, &launch));
    LW_TRY(lwi_gpu_data(step, launch, plan, PLAN * sizeof *plan));
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++)
        lwi_gpu_in(launch, c, inputs[i]);
    lwi_gpu_mistake(step, launch);
    lwi_gpu_int(launch, (int64_t)n);
    return LW_OK;
}

/* Ranges of what a token may see at most, of at least LEAST positions, so that there are some
 * `many` groups; by the sizes of the plan alone. */
static size_t count_splits(const lwi_paged *p, size_t groups, size_t many) {
    const size_t reach = p->chunk    ? p->chunk
                         : p->window ? p->window
                                     : p->per_sequence * p->positions;
    const size_t wanted = groups ? many / groups : 1, most = reach / LEAST;
    const size_t splits = wanted < most ? wanted : most;
    return splits > 1 ? splits : 1;
}

/* The kernel on tensor cores; NULL: there is none for such a cache, or sequences have too few
 * tokens to fill its rows. With a cache of float32 it multiplies bfloat16. */
static const char *tiles_kernel(const lwi_gpu_step *step, const lwi_paged *p, size_t sequences) {
    static const char *const names[3][3] = {
        {"paged_tiles_64_f16", "paged_tiles_128_f16", "paged_tiles_256_f16"},
        {"paged_tiles_64_q8", "paged_tiles_128_q8", "paged_tiles_256_q8"},
        {"paged_tiles_64_f32", "paged_tiles_128_f32", "paged_tiles_256_f32"}};
    const bool floats = p->dtype == LW_FLOAT32;
    const size_t size = p->key > p->value ? p->key : p->value, align = 16;
    const size_t type = floats ? 2 : p->dtype == LW_UINT8;
    if (!(floats ? step->device->multiplies_bf16 : step->device->multiplies_f16) ||
        p->tokens < FEW || p->tokens < FEW_EACH * sequences)
        return NULL;
    if (size > WIDEST || p->key % MULTIPLE || p->value % MULTIPLE ||
        p->heads / p->kv_heads > (size > WIDE ? ROWS / 2 : ROWS))
        return NULL;
    if (p->dtype != LW_UINT8 && (p->block % align || p->layer % align)) return NULL;
    return names[type][size > 64 ? 1 + (size > WIDE) : 0];
}

static attending choose(const lwi_call *c, const lwi_paged *p, const lwi_gpu_step *step) {
    const size_t sequences = (size_t)c->in[BLOCKS]->dims[0],
                 size = p->key > p->value ? p->key : p->value;
    attending a = {tiles_kernel(step, p, sequences), {p->tokens, p->heads, 1}, 1, false};
    if (a.kernel) {
        const size_t rows = size > WIDE ? ROWS / 2 : ROWS, tokens = rows / (p->heads / p->kv_heads);
        a.groups[0] = (p->tokens + tokens - 1) / tokens;
        a.groups[1] = p->kv_heads;
        a.groups[2] = sequences;
    }
    a.splits = count_splits(p, a.groups[0] * a.groups[1] * a.groups[2], a.kernel ? MANY / 2 : MANY);
    a.groups[2] *= a.splits;
    a.is_tiles = a.kernel != NULL;
    if (!a.kernel) a.kernel = "paged_attend";
    return a;
}

/* The cache of one token's sequence is written to by those who read it. */
static bool is_stored_by_readers(const lwi_paged *p) {
    return p->tokens == 1 && p->dtype != LW_UINT8;
}

/* Where the ranges lie in scratch memory: behind Y in 8 bits. */
static size_t ranges_place(const lwi_call *c) {
    return (lwi_gpu_rounded_bytes(c->out[0]->count) + LWI_ALIGN - 1) & ~(size_t)(LWI_ALIGN - 1);
}

/* Two arguments for that. makes: the argument of Y. */
static void add_rounded(const lwi_paged *p, size_t makes, lwi_gpu_launch *launch) {
    if (p->value % ROUNDED == 0) {
        launch->rounds = launch->n;
        launch->makes = makes;
    }
    lwi_gpu_out(launch, 0);
    lwi_gpu_int(launch, 0);
}

static lw_status launch_attend(const lwi_call *c, const lwi_paged *p, const int32_t plan[PLAN],
                               const attending *a, lwi_gpu_step *step) {
    static const size_t inputs[] = {Q,       POSITIONS, SEQUENCES, BLOCKS, CACHE,
                                    COSINES, SINES,     SINKS,     BIAS};
    const size_t ranges = a->splits > 1 ? p->tokens * p->heads * a->splits * (2 + p->value) : 0;
    lwi_gpu_launch *launch = NULL;
    LW_TRY(lwi_gpu_groups(step, a->kernel, a->groups[0], a->groups[1], a->groups[2], &launch));
    LW_TRY(lwi_gpu_data(step, launch, plan, PLAN * sizeof *plan));
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++)
        lwi_gpu_in(launch, c, inputs[i]);
    lwi_gpu_out(launch, 0);
    lwi_gpu_scratch_at(step, launch, ranges_place(c), ranges * sizeof(float));
    lwi_gpu_mistake(step, launch);
    lwi_gpu_float(launch, (double)p->scale);
    lwi_gpu_float(launch, (double)p->softcap);
    lwi_gpu_int(launch, (int64_t)a->splits);
    if (a->is_tiles) return LW_OK;
    lwi_gpu_in(launch, c, K);
    lwi_gpu_in(launch, c, V);
    lwi_gpu_int(launch, is_stored_by_readers(p));
    add_rounded(p, ATTEND_Y, launch);
    if (a->splits > 1) launch->rounds = 0;
    return LW_OK;
}

static lw_status launch_join(const lwi_call *c, const lwi_paged *p, size_t splits,
                             lwi_gpu_step *step) {
    lwi_gpu_launch *launch = NULL;
    LW_TRY(lwi_gpu_items(step, "paged_join", c->out[0]->count, &launch));
    lwi_gpu_scratch_at(step, launch, ranges_place(c), 0);
    lwi_gpu_out(launch, 0);
    lwi_gpu_int(launch, (int64_t)splits);
    lwi_gpu_int(launch, (int64_t)p->value);
    lwi_gpu_int(launch, (int64_t)c->out[0]->count);
    add_rounded(p, JOIN_Y, launch);
    return LW_OK;
}

lw_status lwi_gpu_paged_attention(const lwi_call *c, lwi_gpu_step *step, bool *taken) {
    lwi_paged p = {0};
    int32_t plan[PLAN];
    LW_TRY(lwi_paged_read(c, &p));
    if (c->in[Q]->dtype != LW_FLOAT32) return lwi_gpu_refuse(step, "its types");
    if (p.dtype == LW_UINT8 && (p.key % 2 || p.value % 2))
        return lwi_gpu_refuse(step, "a cache of 8 bits for heads of odd sizes");
    if (p.key > MOST || p.value > MOST || p.tokens * p.kv_heads * (p.key + p.value) >= INT32_MAX ||
        p.block >= INT32_MAX)
        return lwi_gpu_refuse(step, "heads of more than 768 elements");
    const attending a = choose(c, &p, step);
    write_plan(c, &p, plan);
    if (!is_stored_by_readers(&p)) LW_TRY(launch_store(c, &p, plan, step));
    LW_TRY(launch_attend(c, &p, plan, &a, step));
    if (a.splits > 1) LW_TRY(launch_join(c, &p, a.splits, step));
    step->written = 1 + CACHE;
    *taken = true;
    return LW_OK;
}
