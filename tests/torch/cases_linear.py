# SPDX-License-Identifier: MIT
"""Products, attention and recurrent networks."""
import torch
from aten_cases import B, F, I, P, V, case

case("linear", F(2, 3), F(4, 3))
case("linear", F(2, 3), F(4, 3), F(4))
case("linear", F(2, 2, 3), F(4, 3), F(4))
case("linear", F(3), F(4, 3), F(4))
case("linear", F(2, 3), F(3))
case("linear", F(2, 3, dtype="f16"), F(4, 3, dtype="f16"), F(4, dtype="f16"), tol=4e-3)
case("bilinear", F(2, 3), F(2, 2), F(4, 3, 2), F(4))
case("matmul", F(3), F(3))
case("matmul", F(2, 3), F(3))
case("matmul", F(3), F(3, 2))
case("matmul", F(2, 3), F(3, 2))
case("matmul", F(2, 1, 2, 3), F(4, 3, 2))
case("matmul", F(2, 2, 3), F(3))
case("matmul", I(2, 3), I(3, 2))
case("mm", F(2, 3), F(3, 4))
case("mm", I(2, 3), I(3, 2))
case("bmm", F(2, 2, 3), F(2, 3, 2))
case("mv", F(2, 3), F(3))
case("dot", F(3), F(3))
case("vdot", F(3), F(3))
case("inner", F(2, 3), F(4, 3))
case("inner", F(3), F(3))
case("outer", F(2), F(3))
case("ger", F(2), F(3))
case("addmm", F(4), F(2, 3), F(3, 4))
case("addmm", F(2, 4), F(2, 3), F(3, 4), beta=0.5, alpha=2)
case("addmm", F(2, 1), F(2, 3), F(3, 4), beta=0)
case("addmm", I(4), I(2, 3), I(3, 4), alpha=2)
case("addmv", F(2), F(2, 3), F(3), beta=0.5, alpha=2)
case("addbmm", F(2, 2), F(3, 2, 3), F(3, 3, 2), beta=0.5, alpha=2)
case("baddbmm", F(2, 2, 2), F(2, 2, 3), F(2, 3, 2), beta=0.5, alpha=2)
case("baddbmm", F(2, 1, 2), F(2, 2, 3), F(2, 3, 2))
case("addr", F(2, 3), F(2), F(3), beta=0.5, alpha=2)
case("chain_matmul", [F(2, 3), F(3, 2), F(2, 4)])
case("linalg_multi_dot", [F(2, 3), F(3, 2), F(2, 4)])
case("linalg_matrix_power", F(2, 2), 3)
case("tensordot", F(2, 3, 4), F(4, 3, 2), [1, 2], [1, 0])
case("tensordot", F(2, 3), F(3, 2), [1], [0])
case("einsum", "ij,jk->ik", [F(2, 3), F(3, 4)])
case("einsum", "bij,bkj", [F(2, 2, 3), F(2, 4, 3)])
case("einsum", "bhwc,hkc->bhwk", [F(2, 2, 3, 2), F(2, 3, 2)])
case("einsum", "...ij,...jk->...ik", [F(2, 2, 3), F(3, 2)])
case("einsum", "ii->i", [F(3, 3)])
case("einsum", "i,j", [F(2), F(3)])
case("cross", F(2, 3), F(2, 3), 1)
case("cross", F(3, 2), F(3, 2))
case("linalg_cross", F(2, 3), F(2, 3))
case("linalg_inv", F(2, 2, 2, low=1, high=9), tol=1e-4)
case("inverse", V([2.0, 1.0, 0.5, 3.0], shape=[2, 2]))
case("linalg_inv_ex", V([2.0, 1.0, 0.5, 3.0], shape=[2, 2]))
case("linalg_det", F(2, 3, 3), tol=1e-4)
case("det", F(3, 3), tol=1e-4)
case("linalg_solve", V([2.0, 1.0, 0.5, 3.0], shape=[2, 2]), F(2, 3))
case("linalg_solve", V([2.0, 1.0, 0.5, 3.0], shape=[2, 2]), F(2))
case("linalg_cholesky", V([4.0, 1.0, 0.5, 1.0, 3.0, -1.0, 0.5, -1.0, 5.0], shape=[3, 3]), upper=True)
case("linalg_cholesky", V([4.0, 1.0, 1.0, 3.0, 2.0, 0.5, 0.5, 9.0], shape=[2, 2, 2]))
case("linalg_cholesky_ex", V([4.0, 1.0, 0.5, 1.0, 3.0, -1.0, 0.5, -1.0, 5.0], shape=[3, 3]))
case("trace", F(3, 4))
case("linalg_diagonal", F(3, 3))
case("linalg_matrix_norm.str_ord", F(2, 3, 3))
case("linalg_matrix_norm", F(2, 3, 3), 1)
case("_weight_norm", F(4, 3, 2), F(4, 1, 1), 0)
case("_weight_norm", F(4, 3, 2), F(1, 1, 2), 2)
case("_weight_norm_interface", F(4, 3, 2), F(4, 1, 1), 0)

# Attention.
Q = "scaled_dot_product_attention"
case(Q, F(2, 2, 3, 4), F(2, 2, 5, 4), F(2, 2, 5, 4))
case(Q, F(2, 3, 4), F(2, 5, 4), F(2, 5, 2))
case(Q, F(3, 4), F(5, 4), F(5, 2))
case(Q, F(1, 2, 3, 4), F(1, 2, 5, 4), F(1, 2, 5, 4), V([True, True, False, True, True] * 3, "bool", [3, 5]))
case(Q, F(2, 2, 3, 4), F(2, 2, 5, 4), F(2, 2, 5, 4), F(2, 1, 3, 5))
case(Q, F(2, 2, 3, 4), F(2, 2, 3, 4), F(2, 2, 3, 4), None, 0.0, True)
case(Q, F(1, 2, 3, 4), F(1, 2, 5, 4), F(1, 2, 5, 4), None, 0.0, True, scale=0.3)
case(Q, F(1, 4, 3, 4), F(1, 2, 5, 4), F(1, 2, 5, 4), enable_gqa=True)
case(Q, F(1, 2, 3, 4), F(1, 2, 2, 4), F(1, 2, 2, 4), V([False, False, True, True, False, True], "bool", [3, 2]))
case("_scaled_dot_product_flash_attention_for_cpu", F(2, 2, 3, 4), F(2, 2, 5, 4), F(2, 2, 5, 4), 0.0, False)
case("_scaled_dot_product_attention_math", F(2, 2, 3, 4), F(2, 2, 5, 4), F(2, 2, 5, 4))
E_, H_ = 4, 2
case("_native_multi_head_attention", F(2, 3, 4), F(2, 3, 4), F(2, 3, 4), 4, 2, F(12, 4, low=-1, high=1), F(12),
     F(4, 4, low=-1, high=1), F(4), None, False)
case("_transformer_encoder_layer_fwd", F(2, 3, 4), 4, 2, F(12, 4, low=-1, high=1), F(12), F(4, 4, low=-1, high=1),
     F(4), False, False, 1e-5, F(4), F(4), F(4), F(4), F(6, 4, low=-1, high=1), F(6), F(4, 6, low=-1, high=1), F(4))


# Recurrent networks.
def weights(gates, inputs, hidden, layers=1, directions=1, bias=True, projection=0):
    out, n = [], projection or hidden
    for layer in range(layers):
        width = inputs if layer == 0 else n * directions
        for _ in range(directions):
            out += [F(gates * hidden, width, low=-1, high=1), F(gates * hidden, n, low=-1, high=1)]
            if bias:
                out += [F(gates * hidden, low=-1, high=1), F(gates * hidden, low=-1, high=1)]
            if projection:
                out.append(F(projection, hidden, low=-1, high=1))
    return out


def zeros(*shape):
    return F(*shape, low=-1, high=1)


for name, gates in (("gru", 3), ("rnn_tanh", 1), ("rnn_relu", 1)):
    case(name + ".input", F(3, 2, 3, low=-1, high=1), zeros(1, 2, 2), weights(gates, 3, 2), True, 1, 0.0, False, False, False)
    case(name + ".input", F(2, 3, 3, low=-1, high=1), zeros(2, 2, 2), weights(gates, 3, 2, 1, 2), True, 1, 0.0, False, True, True)
    case(name + ".input", F(3, 2, 3, low=-1, high=1), zeros(4, 2, 2), weights(gates, 3, 2, 2, 2), True, 2, 0.0, False, True, False)
    case(name + ".input", F(3, 2, 3, low=-1, high=1), zeros(2, 2, 2), weights(gates, 3, 2, 2, 1, False), False, 2, 0.0, False, False, False)
case("lstm.input", F(3, 2, 3, low=-1, high=1), [zeros(1, 2, 2), zeros(1, 2, 2)], weights(4, 3, 2), True, 1, 0.0, False, False, False)
case("lstm.input", F(2, 3, 3, low=-1, high=1), [zeros(2, 2, 2), zeros(2, 2, 2)], weights(4, 3, 2, 1, 2), True, 1, 0.0, False, True, True)
case("lstm.input", F(3, 2, 3, low=-1, high=1), [zeros(4, 2, 2), zeros(4, 2, 2)], weights(4, 3, 2, 2, 2), True, 2, 0.0, False, True, False)
case("lstm.input", F(3, 2, 3, low=-1, high=1), [zeros(1, 2, 2), zeros(1, 2, 2)], weights(4, 3, 2, bias=False), False, 1, 0.0, False, False, False)
case("lstm.input", F(3, 2, 3, low=-1, high=1), [zeros(1, 2, 1), zeros(1, 2, 2)], weights(4, 3, 2, projection=1), True, 1, 0.0, False, False, False)
case("lstm.input", F(2, 3, 3, low=-1, high=1), [zeros(4, 2, 2), zeros(4, 2, 3)], weights(4, 3, 3, 2, 2, False, 2), False, 2, 0.0, False, True, True)
case("lstm.data", F(5, 3, low=-1, high=1), V([2, 2, 1], "i64"), [zeros(1, 2, 2), zeros(1, 2, 2)], weights(4, 3, 2), True, 1, 0.0, False, False)
case("gru.data", F(5, 3, low=-1, high=1), V([2, 2, 1], "i64"), zeros(2, 2, 2), weights(3, 3, 2, 1, 2), True, 1, 0.0, False, True)
case("rnn_tanh.data", F(5, 3, low=-1, high=1), V([3, 1, 1], "i64"), zeros(1, 3, 2), weights(1, 3, 2), True, 1, 0.0, False, False)
case("rnn_relu.data", F(5, 3, low=-1, high=1), V([3, 1, 1], "i64"), zeros(1, 3, 2), weights(1, 3, 2), True, 1, 0.0, False, False)
case("_pack_padded_sequence", F(4, 3, 2), V([3, 2, 2], "i64"), False)
case("_pack_padded_sequence", F(2, 3), V([3, 1], "i64"), True)
case("_pad_packed_sequence", F(5, 2), V([2, 2, 1], "i64"), False, -1.5, 0)
case("_pad_packed_sequence", F(5, 2), V([2, 2, 1], "i64"), True, 0.0, 5)
case("lstm_cell", F(2, 3), [zeros(2, 2), zeros(2, 2)], *weights(4, 3, 2))
case("gru_cell", F(2, 3), zeros(2, 2), *weights(3, 3, 2))
case("rnn_tanh_cell", F(2, 3), zeros(2, 2), *weights(1, 3, 2))
case("rnn_relu_cell", F(2, 3), zeros(2, 2), *weights(1, 3, 2))
