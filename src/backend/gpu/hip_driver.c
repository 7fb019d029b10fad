/* SPDX-License-Identifier: MIT
 * AMD's driver, HIP of ROCm 6 and newer: older ones fill other structs with what is known of a
 * card. It has no contexts, but a current device for each thread. */
#include "backend/gpu/card_driver.h"
#include "backend/gpu/code_objects.h"
#include "backend/gpu/packed_kernels.h"

#include <stdio.h>
#include <string.h>

enum { OLDEST = 60000000, MULTIPROCESSOR_COUNT = 63 };

/* hipDeviceProp_tR0600 of hip_runtime_api.h, which no version may change. */
typedef struct hip_properties {
    char before[1160];
    char gcn_arch_name[256]; /* "gfx90a:sramecc+:xnack-" */
    char behind[56];
    char more[2048]; /* for what nobody should add */
} hip_properties;

static lwi_card_driver driver;
static int (*get_properties)(hip_properties *properties, int card);
static int (*set_device)(int card);
static int (*get_device)(int *card);

static const char *const files[] = {"libamdhip64.so", "libamdhip64.so.7", "libamdhip64.so.6",
                                    "/opt/rocm/lib/libamdhip64.so"};
static const lwi_card_symbol symbols[] = {{"hipGetDevicePropertiesR0600", &get_properties},
                                          {"hipSetDevice", &set_device},
                                          {"hipGetDevice", &get_device}};
static lwi_card_library library = {.title = "the HIP driver",
                                   .made_for = "HIP",
                                   .column = 1,
                                   .files = files,
                                   .n_files = sizeof files / sizeof *files,
                                   .symbols = symbols,
                                   .n_symbols = sizeof symbols / sizeof *symbols,
                                   .driver = &driver,
                                   .oldest = OLDEST,
                                   .major = 10000000,
                                   .minor = 100000};

/* ------------------------------------------------------------------- devices */

struct lwi_card_context {
    int card;
};
static lwi_card_context contexts[LWI_MOST_CARDS];
static _Thread_local int before; /* the device that was current; calls do not nest */

static int retain(lwi_card_context **context, int card) {
    contexts[card].card = card;
    *context = &contexts[card];
    return 0;
}

static int enter(lwi_card_context *context) {
    const int code = get_device(&before);
    return code == 0 ? set_device(context->card) : code;
}

static int leave(void) { return set_device(before); }

/* ------------------------------------------------------------------- kernels */

static const char *const processors[] = {
#define CODE(processor) #processor,
    LWI_CODE_OBJECTS
#undef CODE
};
enum { PROCESSORS = sizeof processors / sizeof *processors };

/* The name without the features behind it; "" if the struct is none that is known. */
static void processor_of(int card, char name[32]) {
    hip_properties p = {.gcn_arch_name = ""};
    name[0] = '\0';
    if (get_properties(&p, card) != 0 || strncmp(p.gcn_arch_name, "gfx", 3) != 0) return;
    snprintf(name, 32, "%.*s", (int)strcspn(p.gcn_arch_name, ":"), p.gcn_arch_name);
}

static bool has_code(const char *processor) {
    size_t i = 0;
    while (i < PROCESSORS && strcmp(processors[i], processor) != 0)
        i++;
    return i < PROCESSORS;
}

static void list_processors(char *text, size_t size) {
    size_t n = 0;
    for (size_t i = 0; i < PROCESSORS && n < size; i++)
        n += (size_t)snprintf(text + n, size - n, "%s%s", i ? ", " : "", processors[i]);
}

static void describe(const lwi_card_driver *d, int card, lwi_device_facts *f) {
    int units = 0;
    char list[80];
    if (d->card_attribute(&units, MULTIPROCESSOR_COUNT, card) == 0) f->units = (uint32_t)units;
    lwi_card_driver_version(&library, f->driver, sizeof f->driver);
    processor_of(card, f->capability);
    if (!*f->capability)
        snprintf(f->reason, sizeof f->reason, "its driver does not tell which processor it has");
    else if (!has_code(f->capability)) {
        list_processors(list, sizeof list);
        snprintf(f->reason, sizeof f->reason, "there are no kernels for %s, but for %s",
                 f->capability, list);
    }
}

typedef struct loading {
    const lwi_card_driver *driver;
    const char *name;
    lwi_card_module **module;
} loading;

static lw_status load_module(void *arg, const char *code) {
    const loading *l = arg;
    const char *reason = "an unknown error";
    const int result = l->driver->load_module(l->module, code, 0, NULL, NULL);
    if (result == 0) return LW_OK;
    l->driver->error_text(result, &reason);
    return lwi_fail(LW_DEVICE, "%s: its driver does not take the kernels: %s (%d)", l->name, reason,
                    result);
}

static lw_status load_kernels(const lwi_card_driver *d, int card, const char *name,
                              lwi_card_modules *modules) {
    char processor[32], file[40];
    loading l = {d, name, &modules->each[0]};
    modules->early = -1;
    processor_of(card, processor);
    snprintf(file, sizeof file, "%s.co", processor);
    return lwi_with_kernels(lwi_code_objects, lwi_code_objects_size, file, load_module, &l);
}

static void load(void) {
    lwi_card_driver_load(&library);
    driver.retain = retain;
    driver.enter = enter;
    driver.leave = leave;
    driver.describe = describe;
    driver.load_kernels = load_kernels;
}

lw_status lwi_hip_driver(const lwi_card_driver **found) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
    *found = &driver;
    return lwi_card_driver_check(&library);
}
