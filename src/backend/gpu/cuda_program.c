/* SPDX-License-Identifier: MIT */
#include "backend/gpu/cuda_program.h"

#include "backend/gpu/packed_kernels.h"
#include "backend/gpu/ptx.h"

enum { JIT_ERROR_LOG_BUFFER = 5, JIT_ERROR_LOG_BUFFER_SIZE_BYTES = 6 };

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

/* What is loaded, for which device. */
typedef struct loading {
    const lwi_card_driver *driver;
    const char *name;
    lwi_card_module **module;
} loading;

static lw_status load(void *arg, const char *text) {
    const loading *l = arg;
    char log[160] = "";
    const char *reason = "an unknown error";
    int options[] = {JIT_ERROR_LOG_BUFFER, JIT_ERROR_LOG_BUFFER_SIZE_BYTES};
    void *values[] = {log, (void *)(uintptr_t)(sizeof log - 1)}; // NOLINT: as the driver wants it
    const int code = l->driver->load_module(l->module, text, 2, options, values);
    if (code == 0) return LW_OK;
    l->driver->error_text(code, &reason);
    return lwi_fail(LW_DEVICE, "%s: its driver cannot compile the kernels: %s (%d) %s", l->name,
                    reason, code, log);
}

lw_status lwi_cuda_load_kernels(const lwi_card_driver *driver, int capability, const char *name,
                                lwi_card_module **module) {
    loading l = {driver, name, module};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (capability >= forms[i].capability && driver->version >= forms[i].version)
            return lwi_with_kernels(lwi_ptx, lwi_ptx_size, forms[i].file, load, &l);
    return lwi_fail(LW_UNSUPPORTED, "%s: compute capability %d.%d, 5.0 is needed", name,
                    capability / 10, capability % 10);
}
