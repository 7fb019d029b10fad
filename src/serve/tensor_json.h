/* SPDX-License-Identifier: MIT
 * Tensors of the Open Inference Protocol v2: as JSON, or as bytes behind it (the extension for
 * binary tensor data). */
#ifndef LWI_TENSOR_JSON_H
#define LWI_TENSOR_JSON_H

#include "base/json_read.h"
#include "base/json_writer.h"

/* "FP32"; NULL: the protocol has no name for the type. */
const char *lwi_v2_datatype(lw_dtype dtype);

/* Bytes that follow the JSON of a request. */
typedef struct lwi_v2_bytes {
    const char *at, *end;
} lwi_v2_bytes;

/* {"name", "datatype", "shape", "data"} or with "parameters": {"binary_data_size"}. */
lw_status lwi_v2_read_tensor(const lwi_json_item *tensor, lwi_v2_bytes *bytes, lw_value **value);
/* The same of a value; binary: its bytes go to the end of `tail`. */
lw_status lwi_v2_put_tensor(lwi_json_writer *json, const char *name, const lw_value *value,
                            bool binary, lwi_buffer *tail);

#endif
