/* SPDX-License-Identifier: MIT */
#include "backend/cpu/cpu_q_gemm.h"

/* Blocks of A stay in cache while panels of B pass: small ones where B is in the second level too,
 * so that few bytes of y are open; else large ones, so that B is fetched seldom, and its next panel
 * meanwhile, if it is not too long. WORTH is the number of multiplications below which a thread is
 * not worth waking. */
enum {
    BLOCK_BYTES = 192 << 10,
    BLOCK_ROWS = 112,
    LARGE_BLOCK = 448 << 10,
    PAIR_DEPTH = 384,
    AHEAD_BYTES = 48 << 10,
    WORTH = 2 << 20
};

/* Work is cut into blocks of lines (or of rows, where there is one line) and groups of panels. */
typedef struct cutting {
    const lwi_q_gemm *g;
    const lwi_kernels *kernels;
    size_t width, panels;
    size_t rows, row_blocks;   /* rows of a block; blocks of a line */
    size_t lines, line_blocks; /* lines of a block */
    size_t group, groups;      /* panels of a group */
    size_t step;               /* panels at a time */
    size_t element;            /* bytes of one of y */
} cutting;

/* w->step panels from `panel` on. part of parts: of the next ones, what is fetched while this line
 * is computed. */
static void run_panel(const cutting *w, size_t panel, size_t line, size_t row, size_t rows,
                      size_t part, size_t parts) {
    lwi_gemm_i8_job j = w->g->job;
    const size_t total = j.rows, first = panel * w->width;
    lwi_i8_output output = *j.output;
    const size_t column = w->g->locate(w->g->arg, line, &j) + first;
    const size_t left = j.columns - first;
    j.columns = left < w->step * w->width ? left : w->step * w->width;
    j.rows = rows;
    j.once = w->g->lines == 1 && rows == total;
    j.a += row * j.a_row;
    j.b += panel * j.b_panel;
    if (panel + 2 * w->step <= w->panels && w->step * j.b_panel <= AHEAD_BYTES) {
        j.ahead_bytes = w->step * j.b_panel / parts;
        j.ahead = j.b + w->step * j.b_panel + part * j.ahead_bytes;
    }
    j.start += first;
    j.zero_b += column;
    j.y = (char *)j.y + (row * j.y_row + first) * w->element;
    j.row_sums = w->g->row_sums ? w->g->row_sums + line * total + row : NULL;
    output.scale = j.output->scale + column;
    output.addend = j.output->addend ? j.output->addend + column : NULL;
    j.output = &output;
    w->kernels->gemm_i8(&j);
}

static void run_blocks(void *arg, size_t begin, size_t end) {
    const cutting *w = arg;
    for (size_t i = begin; i < end; i++) {
        const size_t block = i / w->groups, group = i % w->groups;
        const size_t row = block % w->row_blocks * w->rows;
        const size_t line = block / w->row_blocks * w->lines;
        const size_t rows = w->g->job.rows - row < w->rows ? w->g->job.rows - row : w->rows;
        const size_t last = line + w->lines < w->g->lines ? line + w->lines : w->g->lines;
        const size_t end_panel =
            (group + 1) * w->group < w->panels ? (group + 1) * w->group : w->panels;
        for (size_t p = group * w->group; p < end_panel; p += w->step)
            for (size_t l = line; l < last; l++)
                run_panel(w, p, l, row, rows, l - line, last - line);
    }
}

static void sum_rows(void *arg, size_t begin, size_t end) {
    const cutting *w = arg;
    for (size_t line = begin; line < end; line++) {
        lwi_gemm_i8_job j = w->g->job;
        w->g->locate(w->g->arg, line, &j);
        w->kernels->row_sums_i8(&j, w->g->row_sums + line * j.rows);
    }
}

static void cut(cutting *w, size_t threads) {
    const lwi_gemm_i8_job *j = &w->g->job;
    /* Windows of neighbouring rows overlap. */
    const size_t k = j->segments * j->length, row_bytes = k < j->a_row ? k : j->a_row;
    const bool far = k * j->columns > 2 * BLOCK_BYTES;
    size_t most = (far ? LARGE_BLOCK : BLOCK_BYTES) / (row_bytes + 1);
    if (most < BLOCK_ROWS / 2) most = BLOCK_ROWS / 2;
    if (most > BLOCK_ROWS && !far) most = BLOCK_ROWS;
    w->rows = j->rows < most ? j->rows : most;
    w->row_blocks = (j->rows + w->rows - 1) / w->rows;
    w->rows = (j->rows + w->row_blocks - 1) / w->row_blocks; /* of nearly equal height */
    w->lines = w->row_blocks > 1 ? 1 : most / w->rows;
    if (w->lines < 1) w->lines = 1;
    /* Two panels make whole cache lines of codes, if both stay in the first level. */
    w->step = k <= PAIR_DEPTH ? 2 : 1;
    w->group = (w->panels + w->step - 1) / w->step * w->step;
    w->groups = 1;
    const size_t wanted = threads > 1 ? 4 * threads : 1;
    for (;;) {
        w->line_blocks = (w->g->lines + w->lines - 1) / w->lines;
        const size_t blocks = w->line_blocks * w->row_blocks;
        if (blocks * w->groups >= wanted) break;
        if (w->group > w->step) w->group = (w->group / w->step + 1) / 2 * w->step;
        else if (w->lines > 1) w->lines = (w->lines + 1) / 2;
        else break;
        w->groups = (w->panels + w->group - 1) / w->group;
    }
}

void lwi_q_gemm_run(const lwi_call *c, const lwi_q_gemm *g) {
    const lwi_gemm_i8_job *j = &g->job;
    cutting w = {.g = g, .kernels = lwi_cpu_kernels()};
    if (!g->lines || !j->rows || !j->columns) return;
    w.width = w.kernels->gemm_i8_width;
    w.panels = (j->columns + w.width - 1) / w.width;
    w.element = j->output->store == LWI_I8_BYTES ? 1 : 4;
    cut(&w, c->host->threads ? (size_t)c->host->threads(c->state) : 1);
    const size_t k = j->segments * j->length + 1;
    if (g->row_sums) lwi_parallel(c, g->lines, 1 + WORTH / (j->rows * k), sum_rows, &w);
    const size_t units = w.line_blocks * w.row_blocks * w.groups;
    const double each =
        (double)g->lines * (double)j->rows * (double)j->columns * (double)k / (double)units;
    lwi_parallel(c, units, 1 + (size_t)(WORTH / (each + 1)), run_blocks, &w);
}

/* ----------------------------------------------------------------- packing */

static size_t padded(size_t columns) {
    const size_t width = lwi_cpu_kernels()->gemm_i8_width;
    return (columns + width - 1) / width * width;
}

size_t lwi_q_panel_bytes(size_t depth) {
    const lwi_kernels *k = lwi_cpu_kernels();
    return lwi_i8_panel_bytes(k->gemm_i8_width, depth, k->gemm_i8_rests);
}

static size_t panels_bytes(size_t depth, size_t columns) {
    return padded(columns) / lwi_cpu_kernels()->gemm_i8_width * lwi_q_panel_bytes(depth);
}

size_t lwi_q_packed_bytes(size_t depth, size_t columns) {
    return panels_bytes(depth, columns) + padded(columns) * sizeof(int32_t);
}

lwi_q_packed lwi_q_packed_at(const void *memory, size_t depth, size_t columns) {
    const int8_t *panels = memory;
    return (lwi_q_packed){panels, (const int32_t *)(panels + panels_bytes(depth, columns))};
}

void lwi_q_pack(const uint8_t *b, lw_dtype dtype, const int64_t *offsets, size_t depth,
                size_t column, size_t columns, void *memory) {
    const lwi_kernels *k = lwi_cpu_kernels();
    int8_t *sums = (int8_t *)memory + panels_bytes(depth, columns);
    const lwi_pack_i8_job job = {.b = b,
                                 .offsets = offsets,
                                 .depth = depth,
                                 .column = column,
                                 .columns = columns,
                                 .flip = dtype == LW_UINT8 ? 0x80 : 0,
                                 .width = k->gemm_i8_width,
                                 .step = k->gemm_i8_step,
                                 .packed = memory,
                                 .panel_bytes = lwi_q_panel_bytes(depth),
                                 .sums = (int32_t *)sums};
    k->pack_i8(&job, 0, padded(columns) / k->gemm_i8_width);
}
