/* SPDX-License-Identifier: MIT
 * TopK by keys: numbers whose order is that of the results, best greatest. A row is looked at as
 * `width` parts; the k-th of their greatest keys is a bound that the k best reach, and not many
 * others do. What exceeds the bound is sorted; what equals it follows in the order of the row. */
#include "backend/cpu/cpu_backend.h"
#include "ops/work_slots.h"
#include "base/sort_keys.h"
#include "ops/topk.h"

enum {
    GRAIN = 1 << 12,  /* elements that a thread is worth waking for */
    PART = 16,        /* parts come in multiples of this */
    FEW = 16,         /* of so few a bound is found by insertion */
    USUAL_PARTS = 64, /* for few results of a long row */
};

/* Memory for one row. */
typedef struct room {
    void *keys, *maxima;
    uint32_t *places;
    lwi_keyed *items, *spare;
    int64_t *best;
} room;

typedef struct job {
    lwi_call *call;
    lwi_topk t;
    size_t width; /* 0: all elements are sorted */
    lwi_work_slots slots;
    void (*row)(const struct job *j, size_t row, const room *m);
} job;

/* Least first means best first. */
static uint64_t rank_i32(int32_t key) { return (uint32_t)key ^ 0x7fffffffu; }
static uint64_t rank_i64(int64_t key) { return (uint64_t)key ^ INT64_MAX; }

/* ROW(BITS) makes choose_iBITS: the places of the k best keys of a row. */
#define BOUND(BITS)                                                                                \
    static int##BITS##_t bound_few_i##BITS(const int##BITS##_t *x, size_t n, size_t k) {           \
        int##BITS##_t best[FEW];                                                                   \
        for (size_t i = 0; i < n; i++) {                                                           \
            if (i >= k && x[i] <= best[k - 1]) continue;                                           \
            size_t at = i < k ? i : k - 1;                                                         \
            for (; at > 0 && best[at - 1] < x[i]; at--)                                            \
                best[at] = best[at - 1];                                                           \
            best[at] = x[i];                                                                       \
        }                                                                                          \
        return best[k - 1];                                                                        \
    }                                                                                              \
    static int##BITS##_t bound_i##BITS(const job *j, const room *m) {                              \
        const int##BITS##_t *maxima = m->maxima;                                                   \
        if (j->t.k <= FEW) return bound_few_i##BITS(maxima, j->width, j->t.k);                     \
        for (size_t i = 0; i < j->width; i++)                                                      \
            m->items[i] = (lwi_keyed){rank_i##BITS(maxima[i]), i};                                 \
        lwi_sort_keys(m->items, m->spare, j->width, BITS / 8);                                     \
        return maxima[m->items[j->t.k - 1].place];                                                 \
    }
BOUND(32)
BOUND(64)

static void write_best(const room *m, size_t sorted, size_t k, const uint32_t *equal) {
    for (size_t i = 0; i < k; i++)
        m->best[i] = (int64_t)(i < sorted ? m->items[i].place : equal[i - sorted]);
}

#define CHOOSE(BITS)                                                                               \
    static void sort_all_i##BITS(const job *j, const room *m) {                                    \
        const int##BITS##_t *keys = m->keys;                                                       \
        for (size_t i = 0; i < j->t.dim; i++)                                                      \
            m->items[i] = (lwi_keyed){rank_i##BITS(keys[i]), i};                                   \
        lwi_sort_keys(m->items, m->spare, j->t.dim, BITS / 8);                                     \
        write_best(m, j->t.dim, j->t.k, NULL);                                                     \
    }                                                                                              \
    static void choose_i##BITS(const job *j, const room *m) {                                      \
        const int##BITS##_t *keys = m->keys;                                                       \
        const lwi_kernels *kernels = lwi_cpu_kernels();                                            \
        if (j->width == 0) {                                                                       \
            sort_all_i##BITS(j, m);                                                                \
            return;                                                                                \
        }                                                                                          \
        kernels->top_maxima_i##BITS(keys, j->t.dim, j->width, m->maxima);                          \
        const int##BITS##_t bound = bound_i##BITS(j, m);                                           \
        if (bound == INT##BITS##_MIN) {                                                            \
            sort_all_i##BITS(j, m);                                                                \
            return;                                                                                \
        }                                                                                          \
        const size_t found = kernels->top_above_i##BITS(keys, j->t.dim, bound - 1, m->places);     \
        size_t above = 0, equal = 0;                                                               \
        for (size_t i = 0; i < found; i++) {                                                       \
            const uint32_t place = m->places[i];                                                   \
            if (keys[place] > bound)                                                               \
                m->items[above++] = (lwi_keyed){rank_i##BITS(keys[place]), place};                 \
            else m->places[equal++] = place;                                                       \
        }                                                                                          \
        lwi_sort_keys(m->items, m->spare, above, BITS / 8);                                        \
        write_best(m, above, j->t.k, m->places);                                                   \
    }
CHOOSE(32)
CHOOSE(64)

/* KEY of x has the order of x. */
#define ROW(DTYPE, T, BITS, KEY)                                                                   \
    static void row_##T(const job *j, size_t row, const room *m) {                                 \
        const T *from = (const T *)j->t.x + lwi_topk_row(&j->t, row);                              \
        int##BITS##_t *keys = m->keys;                                                             \
        const uint##BITS##_t turn = j->t.largest ? 0 : UINT##BITS##_MAX;                           \
        for (size_t i = 0; i < j->t.dim; i++) {                                                    \
            const T x = from[i * j->t.inner];                                                      \
            keys[i] = (int##BITS##_t)((uint##BITS##_t)(KEY) ^ turn);                               \
        }                                                                                          \
        choose_i##BITS(j, m);                                                                      \
    }

static int64_t key_of_double(double x) {
    union {
        double number;
        int64_t bits;
    } u = {x + 0.0};
    return x != x ? INT64_MAX : u.bits ^ (u.bits >> 63 & INT64_MAX);
}

#define TYPES(X)                                                                                   \
    X(LW_FLOAT32, float, 32, lwi_key_of_float(x) ^ 0x80000000u)                                    \
    X(LW_FLOAT64, double, 64, key_of_double(x))                                                    \
    X(LW_INT8, int8_t, 32, x)                                                                      \
    X(LW_INT16, int16_t, 32, x)                                                                    \
    X(LW_INT32, int32_t, 32, x)                                                                    \
    X(LW_INT64, int64_t, 64, x)                                                                    \
    X(LW_UINT8, uint8_t, 32, x)                                                                    \
    X(LW_UINT16, uint16_t, 32, x)                                                                  \
    X(LW_UINT32, uint32_t, 32, x ^ 0x80000000u)                                                    \
    X(LW_UINT64, uint64_t, 64, x ^ (uint64_t)INT64_MIN)
TYPES(ROW)

/* The same for floats that lie side by side. */
static void row_of_floats(const job *j, size_t row, const room *m) {
    const float *x = (const float *)j->t.x + lwi_topk_row(&j->t, row);
    lwi_cpu_kernels()->top_keys_f32(x, j->t.dim, !j->t.largest, m->keys);
    choose_i32(j, m);
}

static void choose_row(lwi_call *c, job *j) {
#define CASE(DTYPE, T, ...) [DTYPE] = row_##T,
    static void (*const ROWS[LW_DTYPE_COUNT])(const job *, size_t, const room *) = {TYPES(CASE)};
    const lw_dtype dtype = c->in[0]->dtype;
    j->row = dtype == LW_FLOAT32 && j->t.inner == 1 ? row_of_floats : ROWS[dtype];
}

/* Twice as many parts as results: about 1.4 k keys reach the bound then if they lie at random. */
static size_t choose_width(const lwi_topk *t) {
    size_t width = (2 * t->k + PART - 1) / PART * PART;
    if (width < USUAL_PARTS && t->dim >= 4 * USUAL_PARTS) width = USUAL_PARTS;
    return width <= t->dim / 2 ? width : 0;
}

static size_t aligned(size_t bytes) { return (bytes + 63) / 64 * 64; }

/* The parts of a slot; returns how many bytes they have. */
static size_t divide(const job *j, char *slot, room *m) {
    const size_t n = j->t.dim,
                 sizes[] = {n * sizeof(int64_t),  n * sizeof(int64_t),  n * sizeof *m->places,
                            n * sizeof *m->items, n * sizeof *m->spare, j->t.k * sizeof *m->best};
    size_t at[6], bytes = 0;
    for (size_t i = 0; i < 6; i++) {
        at[i] = bytes;
        bytes += aligned(sizes[i]);
    }
    if (!slot) return bytes;
    *m = (room){slot + at[0],
                slot + at[1],
                (uint32_t *)(void *)(slot + at[2]),
                (lwi_keyed *)(void *)(slot + at[3]),
                (lwi_keyed *)(void *)(slot + at[4]),
                (int64_t *)(void *)(slot + at[5])};
    return bytes;
}

static void run_rows(void *arg, size_t begin, size_t end) {
    job *j = arg;
    unsigned slot;
    room m;
    divide(j, lwi_work_slots_take(&j->slots, &slot), &m);
    for (size_t r = begin; r < end; r++) {
        j->row(j, r, &m);
        lwi_topk_write(j->call, &j->t, r, m.best);
    }
    lwi_work_slots_give(&j->slots, slot);
}

static lw_status run(lwi_call *c) {
    job j = {.call = c};
    LW_TRY(lwi_topk_read(c, &j.t));
    if (j.t.rows == 0) return LW_OK;
    choose_row(c, &j);
    j.width = choose_width(&j.t);
    LW_TRY(lwi_work_slots_make(c, divide(&j, NULL, NULL), &j.slots));
    lwi_parallel(c, j.t.rows, 1 + GRAIN / j.t.dim, run_rows, &j);
    return LW_OK;
}

const lwi_kernel *lwi_cpu_topk_claim(const lwi_call *c);
const lwi_kernel *lwi_cpu_topk_claim(const lwi_call *c) {
    static const lwi_kernel kernel = {NULL, run};
    return c->in[0]->count <= UINT32_MAX ? &kernel : NULL;
}
