/* SPDX-License-Identifier: MIT
 * ImageDecoder (ONNX 20): the program that embeds lampwick brings the decoder. */
#include "ops/op.h"

static lw_status run(lwi_call *c) {
    LW_TRY(lwi_need_rank(c, 0, 1, 1));
    if (!c->host->image_decoder)
        return lwi_call_fail(c, LW_UNSUPPORTED,
                             "link liblampwick-media and set lw_model_options.image_decoder");
    lw_value *pixels = NULL;
    const lw_value *stream = c->in[0];
    LW_TRY(c->host->image_decoder(stream->data, stream->bytes,
                                  lwi_attr_string(c->node, "pixel_format", "RGB"), &pixels));
    const bool fits =
        pixels && pixels->kind == LW_KIND_TENSOR && pixels->dtype == LW_UINT8 && pixels->rank == 3;
    const lw_status status =
        fits ? lwi_out_value(c, 0, pixels)
             : lwi_call_fail(c, LW_INTERNAL, "the decoder gave no picture of rank 3");
    lw_value_free(pixels);
    return status;
}

const lwi_op lwi_op_image_decoder = {.run = run};
