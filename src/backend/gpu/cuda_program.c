/* SPDX-License-Identifier: MIT */
#include "backend/gpu/cuda_program.h"

#include "backend/gpu/packed_kernels.h"
#include "backend/gpu/ptx.h"

#include <stdlib.h>

enum { JIT_ERROR_LOG_BUFFER = 5, JIT_ERROR_LOG_BUFFER_SIZE_BYTES = 6 };

/* From the newest to the oldest. */
typedef struct form {
    const char *file;
    int capability; /* ten times */
    int version;    /* of CUDA whose driver reads the PTX first */
    enum { ALONE, EARLY, FULL } kind;
} form;
static const form forms[] = {
#define PTX(file, capability, version, kind) {file ".ptx", capability, version, kind},
    LWI_PTX_FORMS
#undef PTX
};
enum { FORMS = sizeof forms / sizeof *forms };

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

static bool takes(const lwi_card_driver *driver, int capability, const form *f) {
    return driver->version >= f->version &&
           (f->kind == ALONE ? capability == f->capability : capability >= f->capability);
}

static int lowered(int capability) {
    const char *wanted = getenv("LAMPWICK_PTX");
    const long lower = wanted ? strtol(wanted, NULL, 10) : 0;
    return lower >= LWI_PTX_OLDEST && lower < capability ? (int)lower : capability;
}

static lw_status load_form(const lwi_card_driver *driver, const char *file, const char *name,
                           lwi_card_module **module) {
    loading l = {driver, name, module};
    return lwi_with_kernels(lwi_ptx, lwi_ptx_size, file, load, &l);
}

lw_status lwi_cuda_load_kernels(const lwi_card_driver *driver, int capability, const char *name,
                                lwi_card_modules *modules) {
    const form *all = &forms[FORMS - 1];
    lwi_card_module *loaded[LWI_CARD_MODULES] = {NULL};
    int n = 0;
    bool found = false;
    modules->early = -1;
    const int wanted = lowered(capability);
    if (!takes(driver, wanted, all))
        return lwi_fail(LW_UNSUPPORTED, "%s: compute capability %d.%d, 5.0 is needed", name,
                        capability / 10, capability % 10);
    for (const form *f = forms; f < all && !found; f++) {
        if (!takes(driver, wanted, f)) continue;
        if (f->kind == EARLY && !driver->launch_with) continue;
        if (f->kind == EARLY) modules->early = n;
        found = f->kind == FULL;
        LW_TRY(load_form(driver, f->file, name, &loaded[n++]));
    }
    LW_TRY(load_form(driver, all->file, name, &loaded[n]));
    for (int i = 0; i < LWI_CARD_MODULES; i++)
        modules->each[i] = loaded[i];
    return LW_OK;
}
