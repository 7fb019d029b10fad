/* SPDX-License-Identifier: MIT
 * WebP through libwebp; not animations. */
#include <webp/decode.h>

#include "picture.h"

lw_status lwi_decode_webp(lwi_bytes file, uint64_t max_pixels, lw_value **pixels) {
    WebPBitstreamFeatures features;
    if (WebPGetFeatures(file.data, file.size, &features) != VP8_STATUS_OK)
        return lwi_media_fail(LW_CORRUPT, "malformed WebP");
    if (features.has_animation)
        return lwi_media_fail(LW_UNSUPPORTED, "the WebP file is an animation");
    const size_t width = (size_t)features.width, height = (size_t)features.height;
    lw_value *made;
    const lw_status status = lwi_picture_new(height, width, 3, max_pixels, &made);
    if (status) return status;
    if (!WebPDecodeRGBInto(file.data, file.size, lw_tensor_data(made), lw_tensor_bytes(made),
                           (int)(width * 3))) {
        lw_value_free(made);
        return lwi_media_fail(LW_CORRUPT, "malformed WebP");
    }
    *pixels = made;
    return LW_OK;
}
