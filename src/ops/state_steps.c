/* SPDX-License-Identifier: MIT */
#include "ops/state_steps.h"

#include "base/float_math.h"

#include <string.h>

static void sum(const float *state, size_t rows, size_t columns, const float *weights, float *y) {
    memset(y, 0, columns * sizeof *y);
    for (size_t p = 0; p < rows; p++, state += columns)
        for (size_t i = 0; i < columns; i++)
            y[i] += weights[p] * state[i];
}

static void update(const lwi_state_update *u) {
    float *s = u->state;
    for (size_t p = 0; p < u->rows; p++, s += u->columns) {
        const float keep = u->keep[p * u->keep_step], a = u->a[p];
        for (size_t i = 0; i < u->columns; i++)
            s[i] = keep * s[i] + a * u->x[i];
        for (size_t i = 0; u->z && i < u->columns; i++)
            s[i] += u->b[p] * u->z[i];
    }
    if (u->y) sum(u->state, u->rows, u->columns, u->read, u->y);
}

static void scan(const lwi_state_scan *j) {
    float *s = j->state;
    for (size_t p = 0; p < j->rows; p++, s += j->columns) {
        const float *decay = j->decay + p * j->decay_row;
        for (size_t i = 0; i < j->columns; i++)
            s[i] = lwi_expf(j->step[i] * decay[i]) * s[i] + j->a[p] * j->x[i];
    }
    sum(j->state, j->rows, j->columns, j->read, j->y);
}

const lwi_state_steps lwi_plain_state_steps = {sum, update, scan};
