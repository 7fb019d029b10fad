/* SPDX-License-Identifier: MIT
 * A tagger of words: embedding, LSTM (any number of layers, in both directions or one), a linear
 * layer. Parameters: embedding.weight, lstm.*, tag.*, as of a module with
 * nn.Embedding, nn.LSTM(batch_first=True) and nn.Linear. */
#include "zoo.h"

void zoo_lstm_tagger(lw_nn *nn) {
    lw_array *words = lw_nn_input(nn, "words", LW_INT64, LW_INTS(-1, -1), (const int64_t[]){1, 8});
    lw_array *x = lw_nn_embedding(nn, words, "embedding");
    x = lw_nn_lstm(nn, x, "lstm", &(lw_rnn_options){.batch_first = true}, NULL, NULL);
    x = lw_nn_linear(nn, x, "tag");
    lw_nn_output(nn, lw_log_softmax(x, -1, LW_DTYPE_NONE), "scores");
}
