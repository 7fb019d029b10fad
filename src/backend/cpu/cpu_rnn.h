/* SPDX-License-Identifier: MIT
 * RNN, GRU and LSTM of float32 with the usual activations: what cpu_rnn.c prepares and
 * cpu_rnn_steps.c runs. */
#ifndef LWI_CPU_RNN_H
#define LWI_CPU_RNN_H

#include "backend/cpu/cpu_backend.h"
#include "backend/cpu/rnn_codes.h"
#include "ops/rnn_core.h"

typedef struct lwi_cpu_rnn lwi_cpu_rnn;
/* A step of some rows of the batch: from the projected inputs of one time and the state to the next
 * state. */
typedef struct lwi_cpu_rows {
    const void *r;   /* packed */
    float scale;     /* by which it is multiplied */
    const float *rb; /* recurrence bias [gates * hidden] */
    const float *peephole;
    float *gates; /* the projected input of the first row, to be overwritten */
    size_t gates_row;
    const float *h;
    float *next, *c, *spare; /* [rows, hidden]; next may be h unless units are apart */
    size_t rows;
    /* The units that are computed: all, or whole panels of each gate. */
    size_t unit, units;
    bool back; /* the step goes through R from its end, of which the cache has what was read last */
    lwi_rnn_split split; /* h in codes, where R is multiplied so */
    int32_t *sums;       /* memory for products with them */
} lwi_cpu_rows;

struct lwi_cpu_rnn {
    lwi_rnn_shape s;
    const lwi_rnn_cell *cell;
    void (*step)(const lwi_cpu_rnn *, const lwi_cpu_rows *);
    size_t gates; /* gates * hidden */
    /* R is packed in two parts, the first of this many columns: GRU's hidden gate waits for the
     * others. */
    size_t first;
    size_t panel;          /* columns of a panel */
    size_t w_size, r_size; /* numbers of one direction, packed */
    size_t number;         /* bytes of a packed one: 4, or 1 where codes stay as they are */
    lwi_gemm_f32_fn *gemm; /* that multiplies them */
    const void *w, *r;     /* packed; NULL: in each run */
    const float *w_scale, *r_scale; /* of each direction, by which codes are multiplied; or NULL */
    lwi_call *coded; /* that W and R are codes of, while it is prepared; NULL: they are numbers */
    float clip;      /* INFINITY: none */
    bool linear_before_reset, input_forget;
    bool splits; /* a step may be computed by units apart */
    bool dots;   /* W and R are packed by rnn_codes.h, and sizes are in bytes */
};

/* From the packed number `at` on. */
static inline const void *lwi_cpu_rnn_packed(const lwi_cpu_rnn *p, const void *packed, size_t at) {
    return (const char *)packed + at * p->number;
}

void lwi_cpu_rnn_step(const lwi_cpu_rnn *, const lwi_cpu_rows *);
void lwi_cpu_gru_step(const lwi_cpu_rnn *, const lwi_cpu_rows *);
void lwi_cpu_lstm_step(const lwi_cpu_rnn *, const lwi_cpu_rows *);

#endif
