/* SPDX-License-Identifier: MIT */
#include "run/door.h"

#include "files/foreign_file.h"
#include "files/gguf_file.h"
#include "format/gguf/gguf.h"
#include "format/huggingface/huggingface.h"
#include "format/onnx/onnx.h"
#include "format/torch_export/torch_export.h"
#include "format/torchscript/torchscript.h"

/* PyTorch's archives: the door is chosen by what they hold. */
static lw_status read_zip(lwi_network *network, const void *data, size_t size) {
    lwi_zip zip;
    LW_TRY(lwi_zip_open(&network->arena, data, size, &zip));
    if (lwi_is_torchscript(&zip)) return lwi_torchscript_read(network, &zip);
    const bool pickled = lwi_zip_record(&zip, "data.pkl");
    lwi_zip_close(&zip);
    if (lwi_is_torch_export(data, size)) return lwi_torch_export_read(network, data, size);
    return lwi_fail(LW_UNSUPPORTED, "%s",
                    pickled ? lwi_foreign_file(data, size)
                            : "this is a zip archive that holds no network");
}

static lw_status read_onnx(lwi_network *network, const void *data, size_t size, const char *path) {
    const lw_status status = lwi_onnx_read(network, data, size, path);
    const char *foreign = status == LW_CORRUPT ? lwi_foreign_file(data, size) : NULL;
    return foreign ? lwi_fail(LW_UNSUPPORTED, "%s", foreign) : status;
}

lw_status lwi_door_read(lwi_network *network, const void *data, size_t size, const char *path) {
    if (!data && path) return lwi_huggingface_read(network, path);
    if (lwi_is_zip(data, size)) return read_zip(network, data, size);
    return lwi_is_gguf(data, size) ? lwi_gguf_model_read(network, data, size, path)
                                   : read_onnx(network, data, size, path);
}
