/* SPDX-License-Identifier: MIT
 * BERT (Devlin et al. 2018) with the parameters of transformers' BertModel. */
#include "zoo.h"

static lw_array *into_heads(lw_array *x, int64_t heads) {
    x = lw_reshape(x, LW_INTS(lw_size(x, 0), lw_size(x, 1), heads, lw_size(x, 2) / heads));
    return lw_transpose(x, 1, 2);
}

static lw_array *attention(lw_nn *nn, lw_array *x, lw_array *mask, int64_t heads) {
    lw_array *q = into_heads(lw_nn_linear(nn, x, "self.query"), heads);
    lw_array *k = into_heads(lw_nn_linear(nn, x, "self.key"), heads);
    lw_array *v = into_heads(lw_nn_linear(nn, x, "self.value"), heads);
    lw_array *y =
        lw_scaled_dot_product_attention(q, k, v, &(lw_attention_options){.attn_mask = mask});
    y = lw_flatten(lw_transpose(y, 1, 2), 2, 3);
    y = lw_nn_linear(nn, y, "output.dense");
    return lw_nn_layer_norm(nn, lw_add(y, x), "output.LayerNorm", 1e-12);
}

static lw_array *layer(lw_nn *nn, lw_array *x, lw_array *mask, int64_t heads) {
    lw_nn_enter(nn, "attention");
    x = attention(nn, x, mask, heads);
    lw_nn_leave(nn);
    lw_array *y = lw_gelu(lw_nn_linear(nn, x, "intermediate.dense"), NULL);
    y = lw_nn_linear(nn, y, "output.dense");
    return lw_nn_layer_norm(nn, lw_add(y, x), "output.LayerNorm", 1e-12);
}

static lw_array *embed(lw_nn *nn, lw_array *ids, lw_array *types) {
    lw_nn_enter(nn, "embeddings");
    lw_array *places =
        lw_narrow(lw_nn_parameter(nn, "position_embeddings.weight"), 0, 0, lw_size(ids, 1));
    lw_array *x = lw_add(lw_nn_embedding(nn, ids, "word_embeddings"),
                         lw_nn_embedding(nn, types, "token_type_embeddings"));
    x = lw_nn_layer_norm(nn, lw_add(x, places), "LayerNorm", 1e-12);
    lw_nn_leave(nn);
    return x;
}

void zoo_bert(lw_nn *nn, int64_t num_attention_heads) {
    const int64_t examples[2] = {1, 8};
    lw_array *ids = lw_nn_input(nn, "input_ids", LW_INT64, LW_INTS(-1, -1), examples);
    lw_array *types = lw_zeros_like(ids, LW_DTYPE_NONE);
    lw_array *attended = lw_nn_input(nn, "attention_mask", LW_INT64, LW_INTS(-1, -1), examples);
    lw_array *mask = lw_unsqueeze(lw_unsqueeze(lw_ne_scalar(attended, 0), 1), 1);
    lw_array *x = embed(nn, ids, types);
    for (int i = 0; zoo_has(nn, "encoder.layer.%d.output.dense.weight", i); i++) {
        lw_nn_enter(nn, "encoder.layer.%d", i);
        x = layer(nn, x, mask, num_attention_heads);
        lw_nn_leave(nn);
    }
    lw_nn_output(nn, x, "last_hidden_state");
    lw_array *pooled = lw_tanh(lw_nn_linear(nn, lw_select(x, 1, 0), "pooler.dense"));
    lw_nn_output(nn, pooled, "pooler_output");
}
