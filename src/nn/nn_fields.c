/* SPDX-License-Identifier: MIT */
#include "nn/nn_fields.h"

#define FIELD(options, member, type)                                                               \
    { #member, #member, type, offsetof(lw_##options##_options, member) }
#define FIELDS(options)                                                                            \
    const lwi_nn_fields lwi_nn_fields_##options = {#options, options,                              \
                                                   sizeof options / sizeof *options}

static const lwi_nn_member_info conv[] = {
    FIELD(conv, stride, LWI_NN_M_INTS),
    FIELD(conv, padding, LWI_NN_M_INTS),
    FIELD(conv, dilation, LWI_NN_M_INTS),
    FIELD(conv, groups, LWI_NN_M_INT),
    FIELD(conv, output_padding, LWI_NN_M_INTS),
    {"pad", "padding", LWI_NN_M_STRING, offsetof(lw_conv_options, pad)},
    FIELD(conv, mask, LWI_NN_M_ARRAY),
};
FIELDS(conv);

static const lwi_nn_member_info pool[] = {
    FIELD(pool, stride, LWI_NN_M_INTS),
    FIELD(pool, padding, LWI_NN_M_INTS),
    FIELD(pool, dilation, LWI_NN_M_INTS),
    FIELD(pool, ceil_mode, LWI_NN_M_BOOL),
    FIELD(pool, count_include_pad, LWI_NN_M_SWITCH),
    FIELD(pool, divisor_override, LWI_NN_M_INT),
};
FIELDS(pool);

static const lwi_nn_member_info attention[] = {
    FIELD(attention, attn_mask, LWI_NN_M_ARRAY),
    FIELD(attention, is_causal, LWI_NN_M_BOOL),
    FIELD(attention, scale, LWI_NN_M_FLOAT),
    FIELD(attention, enable_gqa, LWI_NN_M_BOOL),
};
FIELDS(attention);

static const lwi_nn_member_info mha[] = {
    FIELD(mha, in_proj_weight, LWI_NN_M_ARRAY),   FIELD(mha, in_proj_bias, LWI_NN_M_ARRAY),
    FIELD(mha, q_proj_weight, LWI_NN_M_ARRAY),    FIELD(mha, k_proj_weight, LWI_NN_M_ARRAY),
    FIELD(mha, v_proj_weight, LWI_NN_M_ARRAY),    FIELD(mha, out_proj_weight, LWI_NN_M_ARRAY),
    FIELD(mha, out_proj_bias, LWI_NN_M_ARRAY),    FIELD(mha, attn_mask, LWI_NN_M_ARRAY),
    FIELD(mha, key_padding_mask, LWI_NN_M_ARRAY), FIELD(mha, is_causal, LWI_NN_M_BOOL),
    FIELD(mha, batch_first, LWI_NN_M_BOOL),       FIELD(mha, each_head, LWI_NN_M_BOOL),
};
FIELDS(mha);

static const lwi_nn_member_info interpolate[] = {
    FIELD(interpolate, size, LWI_NN_M_INTS),
    FIELD(interpolate, scale_factor, LWI_NN_M_FLOATS),
    FIELD(interpolate, mode, LWI_NN_M_STRING),
    FIELD(interpolate, align_corners, LWI_NN_M_BOOL),
    FIELD(interpolate, antialias, LWI_NN_M_BOOL),
    FIELD(interpolate, recompute_scale_factor, LWI_NN_M_BOOL),
};
FIELDS(interpolate);

static const lwi_nn_member_info stft[] = {
    FIELD(stft, hop_length, LWI_NN_M_INT),  FIELD(stft, win_length, LWI_NN_M_INT),
    FIELD(stft, window, LWI_NN_M_ARRAY),    FIELD(stft, center, LWI_NN_M_SWITCH),
    FIELD(stft, pad_mode, LWI_NN_M_STRING), FIELD(stft, normalized, LWI_NN_M_BOOL),
    FIELD(stft, two_sided, LWI_NN_M_BOOL),  FIELD(stft, length, LWI_NN_M_INT),
};
FIELDS(stft);

static bool read_ints(const lw_ints *list, lwi_nn_argument *out) {
    out->kind = LWI_NN_INTS;
    out->ints.v = list->v;
    out->ints.n = list->n < LW_MAX_RANK ? list->n : LW_MAX_RANK;
    return list->n > 0;
}

bool lwi_nn_field(const lwi_nn_member_info *m, const void *options, lwi_nn_argument *out) {
    const void *at = (const char *)options + m->offset;
    *out = (lwi_nn_argument){.name = m->argument, .named = true};
    switch (m->type) {
    case LWI_NN_M_INTS:
        return read_ints(at, out);
    case LWI_NN_M_INT:
        out->kind = LWI_NN_INT;
        out->i = *(const int64_t *)at;
        return out->i != 0;
    case LWI_NN_M_FLOAT:
        out->kind = LWI_NN_FLOAT;
        out->f = *(const double *)at;
        return out->f != 0;
    case LWI_NN_M_BOOL:
        out->kind = LWI_NN_BOOL;
        out->b = *(const bool *)at;
        return out->b;
    case LWI_NN_M_SWITCH:
        out->kind = LWI_NN_BOOL;
        out->b = *(const lw_switch *)at == LW_ON;
        return *(const lw_switch *)at != LW_DEFAULT;
    case LWI_NN_M_STRING:
        out->kind = LWI_NN_STRING;
        out->s = *(const char *const *)at;
        return out->s != NULL;
    case LWI_NN_M_ARRAY:
        out->kind = LWI_NN_ARRAY;
        out->array = *(lw_array *const *)at;
        return out->array != NULL;
    case LWI_NN_M_FLOATS:
        break;
    }
    return false;
}
