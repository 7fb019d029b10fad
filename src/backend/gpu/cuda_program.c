/* SPDX-License-Identifier: MIT */
#include "backend/gpu/cuda_program.h"

#include "backend/gpu/ptx.h"
#include "files/zip_file.h"

#include <stdint.h>
#include <stdio.h>

enum { MOST_PTX = 1 << 26 };

/* From the newest to the oldest. Code for a capability runs on all newer ones. */
static const struct {
    int capability; /* ten times */
    int version;    /* of CUDA whose driver reads the PTX first */
    const char *file;
} forms[] = {
#define PTX(capability, version)                                                                   \
    { capability, version, "sm_" #capability ".ptx" }
    LWI_PTX_FORMS
#undef PTX
};

static lw_status load(const lwi_cuda *cuda, const char *text, const char *name, CUmodule *module) {
    char log[160] = "";
    const char *reason = "an unknown error";
    int options[] = {CU_JIT_ERROR_LOG_BUFFER, CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES};
    void *values[] = {log, (void *)(uintptr_t)(sizeof log - 1)}; // NOLINT: as the driver wants it
    const CUresult code = cuda->cuModuleLoadDataEx(module, text, 2, options, values);
    if (code == CUDA_SUCCESS) return LW_OK;
    cuda->cuGetErrorString(code, &reason);
    return lwi_fail(LW_DEVICE, "%s: its driver cannot compile the kernels: %s (%d) %s", name,
                    reason, code, log);
}

static lw_status load_form(const lwi_cuda *cuda, const lwi_zip *zip, const char *file,
                           const char *name, CUmodule *module) {
    const uint8_t *bytes = NULL;
    const char *text = NULL; /* the driver reads to a zero */
    const lwi_zip_entry *entry = lwi_zip_find(zip, file);
    if (!entry) return lwi_fail(LW_INTERNAL, "the library lacks %s", file);
    LW_TRY(lwi_zip_bytes(entry, zip->arena, MOST_PTX, &bytes));
    LW_TRY(lwi_arena_string(zip->arena, (const char *)bytes, entry->size, &text));
    return load(cuda, text, name, module);
}

static lw_status load_newest(const lwi_cuda *cuda, const lwi_zip *zip, int capability,
                             const char *name, CUmodule *module) {
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (capability >= forms[i].capability && cuda->version >= forms[i].version)
            return load_form(cuda, zip, forms[i].file, name, module);
    return lwi_fail(LW_UNSUPPORTED, "%s: compute capability %d.%d, 5.0 is needed", name,
                    capability / 10, capability % 10);
}

lw_status lwi_cuda_load_kernels(const lwi_cuda *cuda, int capability, const char *name,
                                CUmodule *module) {
    lwi_arena arena;
    lwi_zip zip;
    lwi_arena_init(&arena, &lwi_malloc_allocator);
    lw_status status = lwi_zip_open(&arena, lwi_ptx, lwi_ptx_size, &zip);
    if (status == LW_OK) {
        status = load_newest(cuda, &zip, capability, name, module);
        lwi_zip_close(&zip);
    }
    lwi_arena_free(&arena);
    return status;
}
