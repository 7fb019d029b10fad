/* SPDX-License-Identifier: MIT
 * Vectors as OpenAI's interface packs them: little-endian floats in Base64 (RFC 4648). */
#ifndef LWI_BASE64_FLOATS_H
#define LWI_BASE64_FLOATS_H

#include "base/json_writer.h"

void lwi_put_base64_floats(lwi_json_writer *json, const float *x, size_t n);

#endif
