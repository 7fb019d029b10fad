/* SPDX-License-Identifier: MIT */
#include "backend/cpu/gemm_plan.h"

#include "backend/cpu/drop_denormals.h"

#include <string.h>

enum {
    DOTS = 4,          /* columns that dot products are cut to multiples of */
    FEW_DOTS = 4,      /* rows of A, for which dot products beat packing B */
    LEAST_DOT = 16,    /* elements of K that fill a vector */
    FEW_ROWS = 42,     /* of A, for which copying B costs more than reading it where it lies */
    NARROW = 128,      /* columns of a B whose rows are so short that it is as good as packed */
    PAGE = 1024,       /* floats */
    PIECE = 1 << 18,   /* floats of B that are packed before their pages are given back */
    LEAST_PAIRS = 32,  /* elements of K for which bfloat16 pays, */
    LEAST_HALVES = 48, /* and float16 */
    PADDING = 16,      /* floats between copied rows */
    SHALLOW = 16,      /* elements of K whose B is so small that Y had better be written in rows */
    COPY = 4,          /* what it costs to copy an element, where to read it costs 1 */
    MOST_COLUMNS = 4,  /* blocks of B's columns that are packed for one copy of A */
    STEPS = 16,        /* what blocks of K are multiples of */
    TILE_ROWS = 14,    /* what rows are cut to multiples of */
    THREAD = 1 << 14,  /* cycles that are worth a thread */
    PORTION = 1 << 18, /* cycles of a task, if there are enough */
};

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }
static size_t divide_up(size_t a, size_t b) { return (a + b - 1) / b; }
static size_t round_up(size_t a, size_t b) { return divide_up(a, b) * b; }

/* ------------------------------------------------------------- constant B */

typedef struct packing {
    const lwi_gemm_plan *plan;
    const lwi_call *call;
    const float *b;
    float *panels;
    size_t pieces; /* of a matrix */
    size_t step;   /* rows of a piece; columns if the matrix is transposed */
    size_t steps;  /* pieces of a block of rows */
} packing;

/* `rows` rows of B from row k on, which are in one block of `depth`; columns [first, first + n),
 * first is a multiple of the panels' width. */
static void pack_rows(const lwi_gemm_plan *p, const float *b, size_t k, size_t rows, size_t first,
                      size_t n, float *panels) {
    const lwi_kernels *kernels = lwi_cpu_kernels();
    const lwi_matmul_side *side = &p->x.b;
    const size_t block = k - k % p->depth;
    const size_t steps = lwi_gemm_column(p, smaller(p->depth, p->x.k - block));
    float *to = panels + lwi_gemm_before(p, block) * p->padded + first * steps +
                lwi_gemm_steps(p, k - block) * p->width;
    const float *const from = b + k * side->row + first * side->column;
    if (p->halves) {
        kernels->pack_f16(from, side->row, side->column, rows, n, NULL, to, steps * p->width);
        return;
    }
    (p->pairs ? kernels->pack_bf16 : kernels->pack_f32)(from, side->row, side->column, rows, n, to,
                                                        steps * p->width);
    for (size_t j = 0; !p->pairs && j < n; j += p->width, to += steps * p->width)
        lwi_drop_denormals(to, rows * p->width);
}

/* Piece by piece along the rows of the file, whose pages can go then: some rows of a block ... */
static void pack_some_rows(const packing *k, size_t piece, const float *b, float *panels) {
    const lwi_gemm_plan *p = k->plan;
    const size_t in_block = piece % k->steps * k->step;
    const size_t row = piece / k->steps * p->depth + in_block;
    if (row >= p->x.k) return;
    const size_t rows = smaller(smaller(k->step, p->depth - in_block), p->x.k - row);
    pack_rows(p, b, row, rows, 0, p->x.n, panels);
    lwi_forget(k->call, b + row * p->x.n, rows * p->x.n * sizeof *b);
}

/* ... or some columns of a matrix that is transposed, or whose columns must be seen whole. */
static void pack_some_columns(const packing *k, size_t piece, const float *b, float *panels) {
    const lwi_gemm_plan *p = k->plan;
    const size_t first = piece * k->step, n = smaller(k->step, p->x.n - first);
    for (size_t row = 0; row < p->x.k; row += p->depth)
        pack_rows(p, b, row, smaller(p->depth, p->x.k - row), first, n, panels);
    if (p->x.b.column != 1) lwi_forget(k->call, b + first * p->x.k, p->x.k * n * sizeof *b);
}

static bool packs_rows(const lwi_gemm_plan *p) { return p->x.b.column == 1 && !p->halves; }

static void pack_pieces(void *arg, size_t begin, size_t end) {
    const packing *k = arg;
    const lwi_gemm_plan *p = k->plan;
    for (size_t i = begin; i < end; i++) {
        const size_t matrix = i / k->pieces;
        (packs_rows(p) ? pack_some_rows : pack_some_columns)(
            k, i % k->pieces, k->b + matrix * p->x.k * p->x.n, k->panels + matrix * p->matrix);
    }
}

static lw_status pack_constant(void *arg, const lw_value *from, void *to) {
    packing *k = arg;
    const lwi_gemm_plan *p = k->plan;
    const size_t matrices = from->count / (p->x.k * p->x.n);
    k->b = from->data;
    k->panels = to;
    if (packs_rows(p)) {
        k->step = round_up(PIECE / p->x.n + 1, STEPS);
        k->steps = divide_up(p->depth, k->step);
        k->pieces = divide_up(p->x.k, p->depth) * k->steps;
    } else {
        k->step = round_up(PIECE / p->x.k + 1, p->width);
        k->pieces = divide_up(p->x.n, k->step);
    }
    lwi_parallel(k->call, matrices * k->pieces, 1, pack_pieces, k);
    if (p->halves && p->x.b.column == 1) lwi_forget(k->call, from->data, from->bytes);
    return LW_OK;
}

/* Matrices follow one another in B. */
static bool stands_plain(const lwi_matmul *x) {
    return (x->b.column == 1 && x->b.row == x->n) || (x->b.row == 1 && x->b.column == x->k);
}

static lw_status pack_b(lwi_call *c, lwi_gemm_plan *p) {
    const lw_value *b = c->in[p->input_b];
    const void *panels = NULL;
    const size_t width = lwi_cpu_kernels()->gemm_f32_columns;
    const uint64_t variant =
        (uint64_t)p->depth << 16 | width << 2 | (p->x.b.column != 1) << 1 | (p->x.b.row != 1);
    const size_t bytes = b->count / (p->x.k * p->x.n) * p->matrix * sizeof(float);
    packing k = {.plan = p, .call = c};
    const char *form = p->pairs ? "gemm_bf16" : p->halves ? "gemm_f16" : "gemm_f32";
    LW_TRY((p->pairs || p->halves ? lwi_packed_anywhere : lwi_packed_later)(
        c, p->input_b, form, variant, bytes, pack_constant, &k, &panels));
    p->panels = panels;
    return LW_OK;
}

/* ------------------------------------------------------------------- tasks */

/* Cycles at the best; reading B may be what takes the time. */
static double cycles_of(const lwi_matmul *x) {
    const double b = (double)x->k * (double)x->n * (double)x->batch;
    const double products = (double)x->m * b / 32;
    return products > b / 4 ? products : b / 4;
}

/* Cuts a product in `parts`, so that tasks read as little as possible, packed weights no more often
 * than there are threads. */
static void cut(lwi_gemm_plan *p, size_t parts, size_t threads) {
    const size_t m = p->x.m, n = p->x.n, width = p->form == LWI_GEMM_DOT ? DOTS : p->width;
    double best = -1;
    p->row_step = m;
    p->column_step = n;
    for (size_t rows = 1; rows <= parts; rows++) {
        const size_t columns = parts / rows;
        if (rows * columns != parts || rows > divide_up(m, 4) || columns > divide_up(n, width))
            continue;
        if (p->form == LWI_GEMM_PANELS && rows > threads) break;
        const double a = p->copied ? COPY : 1, b = p->form == LWI_GEMM_PACK ? COPY : 1;
        const double cost = a * (double)columns * (double)m + b * (double)rows * (double)n;
        if (best >= 0 && cost >= best) continue;
        best = cost;
        p->row_step = divide_up(m, rows);
        if (p->row_step > 2 * TILE_ROWS) p->row_step = round_up(p->row_step, TILE_ROWS);
        p->column_step = round_up(divide_up(n, columns), width);
    }
}

static void share(lwi_gemm_plan *p, size_t threads) {
    const double cycles = cycles_of(&p->x);
    size_t useful = threads, portions = 2;
    if (cycles / THREAD < (double)threads) useful = 1 + (size_t)(cycles / THREAD);
    while (portions > 1 && cycles / (double)(portions * useful) < PORTION)
        portions--;
    p->row_step = p->x.m;
    p->column_step = p->x.n;
    if (useful > 1 && p->x.batch < 2 * useful)
        for (size_t parts = useful * portions; parts > 1; parts--) {
            cut(p, parts, useful);
            if (p->row_step < p->x.m || p->column_step < p->x.n) break;
        }
    const size_t rows = p->depth <= SHALLOW                      ? TILE_ROWS
                        : p->depth > LWI_GEMM_DEPTH && !p->pairs ? LWI_GEMM_ROWS / 2
                                                                 : LWI_GEMM_ROWS;
    p->block = divide_up(p->row_step, divide_up(p->row_step, rows));
    size_t most = p->copied ? MOST_COLUMNS * LWI_GEMM_COLUMNS : LWI_GEMM_COLUMNS;
    if (p->depth > LWI_GEMM_DEPTH) most /= 2; /* a constant that is not packed yet */
    p->columns = p->form == LWI_GEMM_PACK ? smaller(round_up(p->column_step, p->width), most)
                                          : p->column_step;
    p->row_tasks = divide_up(p->x.m, p->row_step);
    p->column_tasks = divide_up(p->x.n, p->column_step);
}

/* -------------------------------------------------------------------- plan */

/* Whether the kernel for dot products does least: packing B would cost more than few rows gain, and
 * a single column would fill a panel with zeros. */
static bool wants_dots(const lwi_gemm_plan *p) {
    const lwi_matmul *x = &p->x;
    if (p->fill || x->b.row != 1 || x->a.column != 1 || x->k < LEAST_DOT) return false;
    return x->n == 1 || (x->m <= FEW_DOTS && x->b.column != 1);
}

static void choose_form(lwi_gemm_plan *p, bool aligned) {
    const lwi_matmul_side *b = &p->x.b;
    const bool near = !p->fill && aligned && (p->x.m <= FEW_ROWS || b->row <= NARROW);
    p->form = p->panels ? LWI_GEMM_PANELS : b->column == 1 && near ? LWI_GEMM_PLACE : LWI_GEMM_PACK;
}

/* Rows whose distance is a multiple of 4 KiB would push one another out of the caches. */
static bool collides(const lwi_matmul *x) {
    return x->a.row % PAGE == 0 && x->a.row > 0 && x->m > TILE_ROWS && x->n >= LWI_GEMM_COLUMNS;
}

lw_status lwi_gemm_plan_make(lwi_call *c, size_t a, size_t b, lwi_gemm_plan *p) {
    LW_TRY(lwi_matmul_shape(c, a, b, &p->x));
    lwi_matmul_fold(&p->x);
    return lwi_gemm_plan_cut(c, a, b, p);
}

/* Whether B is packed once for the model. */
static bool is_packable(const lwi_call *c, const lwi_gemm_plan *p) {
    return !p->fill && c->host->packed && c->in[p->input_b]->fixed == LWI_FIXED_MODEL &&
           stands_plain(&p->x) && p->x.k > 0 && p->x.n > 0;
}

/* Sums that are cut cost another pass over Y. Panels are read as they are needed, so that only the
 * block of A has to be lower for the depth. */
static void cut_depth(lwi_gemm_plan *p, bool panels) {
    const size_t most = panels ? 2 * LWI_GEMM_DEPTH : LWI_GEMM_DEPTH;
    p->depths = p->x.k <= most ? 1 : divide_up(p->x.k, most);
    p->depth = p->depths == 1 ? p->x.k : round_up(divide_up(p->x.k, p->depths), STEPS);
    p->depths = p->depths == 1 ? 1 : divide_up(p->x.k, p->depth);
    const size_t last = p->depths == 0 ? 0 : (p->depths - 1) * p->depth;
    p->matrix = (lwi_gemm_before(p, last) + lwi_gemm_column(p, p->x.k - last)) * p->padded;
}

static void use_dots(lwi_gemm_plan *p) {
    p->form = LWI_GEMM_DOT;
    p->width = 1;
    p->depths = 1;
    p->depth = p->x.k;
}

/* Memory of a task for copies of A and B. */
static size_t work_of(const lwi_gemm_plan *p) {
    size_t floats = p->copied ? p->block * p->copy_row : 0;
    if (p->form == LWI_GEMM_PACK) floats += p->columns * round_up(p->depth, STEPS);
    return floats * sizeof(float);
}

lw_status lwi_gemm_plan_cut(lwi_call *c, size_t a, size_t b, lwi_gemm_plan *p) {
    const lwi_kernels *k = lwi_cpu_kernels();
    if (c->out[0]->count == 0) return LW_OK;
    if (p->scale == 0) p->x.k = 0; /* and to the kernel, 0 means no scaling */
    p->input_a = a;
    p->input_b = b;
    const bool turned = p->x.a.column != 1 && p->x.k > 1, dots = wants_dots(p);
    const bool packable = is_packable(c, p) && !(dots && p->x.n == 1);
    const bool rounds = c->host->fast && packable && !turned;
    p->halves = rounds && k->has_f16 && p->x.k >= LEAST_HALVES && p->x.n >= LWI_F16_COLUMNS;
    p->pairs = rounds && k->gemm_bf16_is_fast && !k->has_f16 && p->x.k >= LEAST_PAIRS;
    p->width = k->gemm_f32_columns;
    p->padded = round_up(p->x.n, p->width);
    cut_depth(p, packable);
    if (packable) LW_TRY(pack_b(c, p));
    const bool left = packable && !p->panels && c->packed >> b & 1;
    if (packable && !p->panels && !left) {
        p->pairs = p->halves = false;
        cut_depth(p, false);
    }
    choose_form(p, !left || (uintptr_t)c->in[b]->data % sizeof(float) == 0);
    if (dots && !p->panels && !left) use_dots(p);
    p->copied = turned || p->pairs || p->halves || (p->form != LWI_GEMM_DOT && collides(&p->x));
    p->copy_row = lwi_gemm_steps(p, p->depth) + PADDING;
    share(p, c->host->threads ? (size_t)c->host->threads(c->state) : 1);
    p->single = p->x.batch * p->row_tasks * p->column_tasks == 1 && p->depths == 1 && !p->copied &&
                p->form != LWI_GEMM_PACK && (!p->finish || p->x.m <= TILE_ROWS);
    p->deep = lwi_gemm_is_deep(p);
    if (p->deep) LW_TRY(lwi_kept(c, 1, sizeof *p->turn, &p->turn));
    p->work = work_of(p);
    return LW_OK;
}
