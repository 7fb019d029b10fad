/* SPDX-License-Identifier: MIT */
#include "backend/gpu/card_driver.h"

#include "backend/gpu/dynamic_library.h"

#include <stddef.h>
#include <stdio.h>

/* A function of the lists: its names, and where the driver has it. */
typedef struct common_symbol {
    const char *names[2];
    size_t offset;
} common_symbol;

#define F(member, cuda, hip, parameters) {{#cuda, #hip}, offsetof(lwi_card_driver, member)},
static const common_symbol for_all[] = {LWI_CARD_FUNCTIONS(F)};
static const common_symbol for_graphs[] = {LWI_CARD_GRAPH_FUNCTIONS(F)};
#undef F

/* The last name that the library lacks; NULL: none. */
static const char *bind_common(const lwi_card_library *l, void *library, const common_symbol *all,
                               size_t n) {
    const char *missing = NULL;
    for (size_t i = 0; i < n; i++) {
        const char *name = all[i].names[l->column];
        if (!lwi_library_bind(library, name, (char *)l->driver + all[i].offset)) missing = name;
    }
    return missing;
}

void lwi_card_driver_load(lwi_card_library *l) {
    void *library = lwi_library_open(l->files, l->n_files);
    if (!library) return;
    l->there = true;
    l->missing = bind_common(l, library, for_all, sizeof for_all / sizeof *for_all);
    for (size_t i = 0; i < l->n_symbols; i++)
        if (!lwi_library_bind(library, l->symbols[i].name, l->symbols[i].function))
            l->missing = l->symbols[i].name;
    for (size_t i = 0; i < l->n_more; i++)
        (void)lwi_library_bind(library, l->more[i].name, l->more[i].function);
    l->driver->records =
        !bind_common(l, library, for_graphs, sizeof for_graphs / sizeof *for_graphs);
    if (l->missing) return;
    l->started = l->driver->init(0);
    if (l->started == 0) l->started = l->driver->get_version(&l->driver->version);
}

static void version_text(const lwi_card_library *l, int version, char *text, size_t size) {
    snprintf(text, size, "%d.%d", version / l->major, version % l->major / l->minor);
}

void lwi_card_driver_version(const lwi_card_library *l, char *text, size_t size) {
    char number[32];
    version_text(l, l->driver->version, number, sizeof number);
    snprintf(text, size, "%s %s", l->made_for, number);
}

lw_status lwi_card_driver_check(const lwi_card_library *l) {
    const char *text = "an unknown error";
    char version[64], needed[32];
    if (!l->there) return lwi_fail(LW_NOT_FOUND, "there is no %s on this machine", l->files[0]);
    if (l->missing)
        return lwi_fail(LW_UNSUPPORTED, "%s is too old: it lacks %s", l->title, l->missing);
    if (l->started != 0) {
        l->driver->error_text(l->started, &text);
        return lwi_fail(l->started == LWI_CARD_NONE ? LW_NOT_FOUND : LW_DEVICE,
                        "%s does not start: %s (%d)", l->title, text, l->started);
    }
    if (l->driver->version >= l->oldest) return LW_OK;
    lwi_card_driver_version(l, version, sizeof version);
    version_text(l, l->oldest, needed, sizeof needed);
    return lwi_fail(LW_UNSUPPORTED, "%s is too old: it is made for %s, %s %s is needed", l->title,
                    version, l->made_for, needed);
}
