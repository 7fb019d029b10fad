/* SPDX-License-Identifier: MIT
 * Padding. PyTorch's lists begin with the last dimension: left, right, top, bottom ... */
#include "aten/lower.h"

/* All starts, then all ends. */
static int pads_of(lwi_aten *a, const lwi_aten_value *list, int rank) {
    lwi_aten_value pads[2 * LW_MAX_RANK];
    const size_t n = list->list.n / 2;
    if (list->list.n % 2 || n > (size_t)rank)
        lwi_aten_fail(a, LW_INVALID, "%zu numbers for %d dimensions", list->list.n, rank);
    for (int i = 0; i < 2 * rank; i++)
        pads[i] = lwi_aten_int(0);
    for (size_t i = 0; i < n && a->b.status == LW_OK; i++) {
        pads[rank - 1 - (int)i] = list->list.items[2 * i];
        pads[2 * rank - 1 - (int)i] = list->list.items[2 * i + 1];
    }
    const lwi_aten_value all = lwi_aten_list(a, 2 * (size_t)rank, pads);
    return a->b.status == LW_OK ? lwi_aten_ints(a, &all) : -1;
}

static bool is_nothing(const lwi_aten_value *list) {
    for (size_t i = 0; i < list->list.n; i++) {
        const lwi_aten_value *v = &list->list.items[i];
        if (v->id >= 0 || v->kind != LWI_ATEN_INT || v->i != 0) return false;
    }
    return true;
}

static void padded(lwi_aten *a, const lwi_aten_value *in, const char *mode,
                   const lwi_aten_value *value, lwi_aten_value *out) {
    const int x = lwi_aten_id(a, &in[0]);
    if (in[1].kind != LWI_ATEN_LIST || is_nothing(&in[1])) {
        lwi_aten_return(a, out, x);
        return;
    }
    const int pads = pads_of(a, &in[1], lwi_aten_rank(a, x));
    const int fill =
        value && lwi_aten_given(value) ? lwi_aten_as(a, value, lwi_aten_dtype(a, x)) : -1;
    const int y = NODE(a, "Pad", x, pads, fill);
    lwi_build_text(&a->b, "mode", mode);
    lwi_aten_return(a, out, y);
}

/* self, pad, value */
void lwi_aten_constant_pad(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    padded(a, in, "constant", &in[2], out);
}

void lwi_aten_reflection_pad(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    padded(a, in, "reflect", NULL, out);
}

void lwi_aten_replication_pad(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    padded(a, in, "edge", NULL, out);
}

void lwi_aten_circular_pad(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    padded(a, in, "wrap", NULL, out);
}

/* self, pad, mode, value */
void lwi_aten_pad(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    static const char *const names[][2] = {{"constant", "constant"},
                                           {"reflect", "reflect"},
                                           {"replicate", "edge"},
                                           {"circular", "wrap"}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (lwi_aten_is(&in[2], names[i][0])) {
            padded(a, in, names[i][1], i == 0 ? &in[3] : NULL, out);
            return;
        }
    lwi_aten_fail(a, LW_UNSUPPORTED, "Unrecognised padding mode");
}

/* The same with the mode as a number. */
void lwi_aten_pad_enum(lwi_aten *a, const lwi_aten_value *in, lwi_aten_value *out) {
    static const char *const names[] = {"reflect", "edge", "wrap", "constant"};
    const int64_t mode = lwi_aten_get_int(a, &in[2]);
    for (int i = 0; i < 4; i++)
        if (i == mode) {
            padded(a, in, names[i], i == 3 ? &in[3] : NULL, out);
            return;
        }
    lwi_aten_fail(a, LW_UNSUPPORTED, "Unrecognised padding mode");
}
