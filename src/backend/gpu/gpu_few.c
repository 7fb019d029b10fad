/* SPDX-License-Identifier: MIT */
#include "backend/gpu/gpu_few.h"

#include "base/blocks.h"

#include <string.h>

enum { LINES = 4, COLUMNS = 4, Q4_K_COLUMNS = 8 }; /* of kernels/block_few.k */
enum { PART = 32 };
/* Arguments of kernels/pointwise.k, rows.k, block_rounded.k and paged.k. */
enum { POINTWISE_PROGRAM, POINTWISE_INPUTS, POINTWISE_OUT = 9, POINTWISE_COUNT };
enum { NORM_Y = 3, NORM_TYPES, NORM_N, NORM_INNER };
enum { ROUND_A, ROUND_TO, ROUND_PARTS };

static int64_t number(const lwi_gpu_launch *l, int place) { return l->arguments[place].value.i; }

static int64_t rows_of(const lwi_gpu_launch *few, int matrix) {
    return number(few, LWI_FEW_N + 2 * matrix);
}

static size_t columns_of(const lwi_gpu_launch *few, int matrix) {
    const int64_t type = number(few, LWI_FEW_N + 2 * matrix + 1) & 255;
    return type == LWI_BLOCK_Q4_K ? Q4_K_COLUMNS : COLUMNS;
}

static int takes(const lwi_gpu_launch *few) {
    return (int)(number(few, LWI_FEW_FLAGS) >> LWI_FEW_TAKES) & 3;
}

size_t lwi_gpu_few_groups(const lwi_gpu_launch *few) {
    const size_t chunks = ((size_t)number(few, LWI_FEW_M) + LINES - 1) / LINES;
    size_t sets = 0;
    for (int i = 0; i < LWI_FEW_MATRICES; i++) {
        const size_t columns = columns_of(few, i) / (takes(few) == 2 ? 2 : 1);
        if (takes(few) == 2 && i > 0) break;
        sets += ((size_t)rows_of(few, i) + columns - 1) / columns;
    }
    return chunks * sets;
}

bool lwi_gpu_is_few(const lwi_gpu_launch *l) {
    return !l->product &&
           (!strcmp(l->kernel, "block_few") || !strcmp(l->kernel, "block_few_floats"));
}

bool lwi_gpu_same_place(const lwi_gpu_argument *a, const lwi_gpu_argument *b) {
    const lwi_device_argument *x = &a->value, *y = &b->value;
    return x->kind == LWI_DEVICE_MEMORY && y->kind == LWI_DEVICE_MEMORY && a->source == b->source &&
           (a->source != LWI_GPU_BOUND || a->index == b->index) &&
           x->memory.handle == y->memory.handle && x->memory.offset == y->memory.offset;
}

static int count_matrices(const lwi_gpu_launch *few) {
    int n = 0;
    while (n < LWI_FEW_MATRICES && rows_of(few, n) > 0)
        n++;
    return n;
}

static lwi_gpu_argument *matrix_of(lwi_gpu_launch *few, int matrix) {
    return &few->arguments[LWI_FEW_MATRIX + matrix * LWI_FEW_OF_MATRIX];
}

static bool is_constant(const lwi_gpu_argument *a) {
    return a->source != LWI_GPU_BOUND && a->value.memory.handle;
}

/* Weights and biases are in memory of their own, which nothing else is put into. */
static bool reads_constants(const lwi_gpu_launch *few) {
    for (int i = 0; i < count_matrices(few); i++) {
        const lwi_gpu_argument *matrix = &few->arguments[LWI_FEW_MATRIX + i * LWI_FEW_OF_MATRIX];
        const bool has_bias = number(few, LWI_FEW_FLAGS) >> i & 1;
        if (!is_constant(&matrix[LWI_FEW_W]) || (has_bias && !is_constant(&matrix[LWI_FEW_BIAS])))
            return false;
    }
    return true;
}

void lwi_gpu_few_early(lwi_gpu_launch *few) {
    if (reads_constants(few)) few->arguments[LWI_FEW_FLAGS].value.i |= 1 << LWI_FEW_EARLY;
}

static void copy_matrix(const lwi_gpu_launch *from, int i, lwi_gpu_launch *to, int k) {
    memcpy(matrix_of(to, k), &from->arguments[LWI_FEW_MATRIX + i * LWI_FEW_OF_MATRIX],
           LWI_FEW_OF_MATRIX * sizeof *to->arguments);
    memcpy(&to->arguments[LWI_FEW_N + 2 * k], &from->arguments[LWI_FEW_N + 2 * i],
           2 * sizeof *to->arguments);
}

static void set_groups(lwi_gpu_launch *few) { few->groups[0] = (uint32_t)lwi_gpu_few_groups(few); }

bool lwi_gpu_few_beside(const lwi_gpu_launch *before, lwi_gpu_launch *now) {
    const lwi_gpu_launch own = *now;
    const int first = count_matrices(before), second = count_matrices(now);
    if (strcmp(before->kernel, now->kernel) != 0 || first + second > LWI_FEW_MATRICES ||
        takes(before) || takes(now) || number(before, LWI_FEW_M) != number(now, LWI_FEW_M) ||
        number(before, LWI_FEW_K) != number(now, LWI_FEW_K) || !reads_constants(before) ||
        !reads_constants(now) ||
        !lwi_gpu_same_place(&before->arguments[LWI_FEW_A], &now->arguments[LWI_FEW_A]))
        return false;
    *now = *before;
    for (int i = 0; i < second; i++)
        copy_matrix(&own, i, now, first + i);
    now->arguments[LWI_FEW_FLAGS].value.i =
        (int32_t)(number(before, LWI_FEW_FLAGS) | (number(&own, LWI_FEW_FLAGS) & 7) << first);
    set_groups(now);
    return true;
}

/* Which input of the program is result `matrix`; -1: none, or several. */
static int find_input(const lwi_gpu_launch *few, int matrix, const lwi_gpu_launch *program) {
    const lwi_gpu_argument *y =
        &few->arguments[LWI_FEW_MATRIX + matrix * LWI_FEW_OF_MATRIX + LWI_FEW_Y];
    int found = -1, n = 0;
    if (y->source == LWI_GPU_BOUND) return -1; /* others may read it */
    for (int i = 0; i < program->inputs; i++)
        if (lwi_gpu_same_place(y, &program->arguments[POINTWISE_INPUTS + i])) {
            found = i;
            n++;
        }
    return n == 1 ? found : -1;
}

/* Whether what the program makes lies where rows of A do, which may be needed no longer. */
static bool is_over_a(const lwi_gpu_launch *few, const lwi_gpu_launch *program) {
    const lwi_device_argument *a = &few->arguments[LWI_FEW_A].value;
    const lwi_device_argument *y = &program->arguments[POINTWISE_OUT].value;
    const size_t count = (size_t)number(few, LWI_FEW_M) * (size_t)number(few, LWI_FEW_K);
    const size_t made = (size_t)number(program, POINTWISE_COUNT) * sizeof(float);
    if (few->arguments[LWI_FEW_A].source == LWI_GPU_BOUND ||
        program->arguments[POINTWISE_OUT].source == LWI_GPU_BOUND)
        return true; /* it may */
    return a->memory.handle == y->memory.handle &&
           y->memory.offset < a->memory.offset + count * 2 * sizeof(float) &&
           a->memory.offset < y->memory.offset + made;
}

/* Two matrices that one group can have halves of. */
static bool are_alike(const lwi_gpu_launch *few) {
    return rows_of(few, 0) == rows_of(few, 1) &&
           number(few, LWI_FEW_N + 1) == number(few, LWI_FEW_N + 3);
}

bool lwi_gpu_few_behind(const lwi_gpu_launch *few, lwi_gpu_launch *now) {
    const lwi_gpu_launch program = *now;
    const int n = count_matrices(few), first = find_input(few, 0, &program);
    const int second = n == 2 ? find_input(few, 1, &program) : 1 - first;
    if (strcmp(program.kernel, "pointwise") != 0 || takes(few) || n > 2 || program.inputs < n ||
        program.inputs > 2 || first < 0 || second < 0 || (n == 2 && !are_alike(few)) ||
        number(&program, POINTWISE_COUNT) != number(few, LWI_FEW_M) * rows_of(few, 0) ||
        !reads_constants(few) || is_over_a(few, &program))
        return false;
    *now = *few;
    now->arguments[LWI_FEW_PROGRAM] = program.arguments[POINTWISE_PROGRAM];
    now->arguments[LWI_FEW_OTHER] =
        program.arguments[POINTWISE_INPUTS + (program.inputs == 2 ? second : first)];
    matrix_of(now, 0)[LWI_FEW_Y] = program.arguments[POINTWISE_OUT];
    now->arguments[LWI_FEW_FLAGS].value.i |= n << LWI_FEW_TAKES | first << LWI_FEW_SWAPPED;
    set_groups(now);
    return true;
}

/* ------------------------------------------------------------------ rounding */

static void add(lwi_gpu_launch *to, const lwi_gpu_argument *argument) {
    to->arguments[to->n++] = *argument;
}

size_t lwi_gpu_rounded_bytes(size_t n) { return n + n / PART * 4 * sizeof(float); }

static bool rounds_by_itself(lwi_gpu_launch *before, const lwi_gpu_launch *round) {
    if (!before->rounds ||
        !lwi_gpu_same_place(&before->arguments[before->makes], &round->arguments[ROUND_A]))
        return false;
    before->arguments[before->rounds] = round->arguments[ROUND_TO];
    before->arguments[before->rounds + 1] = round->arguments[ROUND_PARTS];
    return true;
}

bool lwi_gpu_rounds_too(lwi_gpu_launch *before, const lwi_gpu_launch *round) {
    if (before->product || strcmp(round->kernel, "round_rows") != 0) return false;
    if (rounds_by_itself(before, round)) return true;
    if (strcmp(before->kernel, "normalize_rows") != 0 ||
        !lwi_gpu_same_place(&before->arguments[NORM_Y], &round->arguments[ROUND_A]) ||
        number(before, NORM_TYPES) != 0 || number(before, NORM_INNER) != 1 ||
        number(before, NORM_N) % PART != 0)
        return false;
    before->kernel = "normalize_round";
    add(before, &round->arguments[ROUND_TO]);
    add(before, &round->arguments[ROUND_PARTS]);
    return true;
}
