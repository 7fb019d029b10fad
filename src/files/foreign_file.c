/* SPDX-License-Identifier: MIT */
#include "files/foreign_file.h"

#include "files/safetensors_file.h"
#include "files/torch_file.h"

#include <string.h>

#define WEIGHTS(format)                                                                            \
    "these are weights in " format                                                                 \
    " without a network: open the folder that has their config.json, "                             \
    "or define the network with lampwick/nn.h"
#define PACKED "a compressed file: unpack it"
#define TO_ONNX "; export the network to ONNX"

typedef struct mark {
    size_t at;
    const char *bytes;
    size_t size;
    const char *sentence;
} mark;

#define MARK(at, bytes, sentence)                                                                  \
    { at, bytes, sizeof bytes - 1, "this is " sentence }

static const mark marks[] = {
    MARK(4, "ORTM", "ONNX Runtime's own format (.ort); open the ONNX file that it was made of"),
    MARK(4, "TFL3", "a TensorFlow Lite model" TO_ONNX),
    MARK(0, "\x89HDF\r\n\x1a\n", "an HDF5 file, as Keras writes" TO_ONNX),
    MARK(0, "7767517\n", "a network of ncnn" TO_ONNX),
    MARK(0, "ftrt", "an engine of TensorRT, for one card and one release" TO_ONNX),
    MARK(0, "RKNN", "a compiled network of RKNN, which a plug-in runs (docs/plugins.md)"),
    MARK(0, "IMOD", "a compiled network of CANN, which a plug-in runs (docs/plugins.md)"),
    MARK(0, "lmgg", "a file of GGML from before GGUF; convert it with its own tools"),
    MARK(0, "fmgg", "a file of GGML from before GGUF; convert it with its own tools"),
    MARK(0, "tjgg", "a file of GGML from before GGUF; convert it with its own tools"),
    MARK(0, "version https://git-lfs",
         "a pointer of Git LFS and not the file itself: fetch it with `git lfs pull`"),
    MARK(0, "<!DOCTYPE", "a web page: the download went wrong"),
    MARK(0, "<!doctype", "a web page: the download went wrong"),
    MARK(0, "<html", "a web page: the download went wrong"),
    MARK(0, "<?xml", "an XML file, as OpenVINO's networks are" TO_ONNX),
    MARK(0, "{", "a JSON file and not a network"),
    MARK(0, "\x1f\x8b", PACKED),
    MARK(0, "\xfd\x37zXZ", PACKED),
    MARK(0, "\x28\xb5\x2f\xfd", PACKED),
    MARK(0, "BZh", PACKED),
    MARK(0, "7z\xbc\xaf\x27\x1c", PACKED),
    MARK(257, "ustar", "a tar archive: unpack it"),
    MARK(0,
         "\x7f"
         "ELF",
         "a program or a library"),
    MARK(0, "\x93NUMPY", "an array of NumPy and not a network"),
    MARK(0, "\x89PNG", "a picture and not a network"),
    MARK(0, "\xff\xd8\xff", "a picture and not a network"),
};

const char *lwi_foreign_file(const void *data, size_t size) {
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        const mark *m = marks + i;
        if (m->at + m->size <= size && !memcmp((const char *)data + m->at, m->bytes, m->size))
            return m->sentence;
    }
    if (lwi_is_safetensors(data, size)) return WEIGHTS("safetensors");
    return lwi_is_torch(data, size) ? WEIGHTS("PyTorch's form") : NULL;
}
