/* SPDX-License-Identifier: MIT */
#include "run/vendor_plugin.h"

#include "backend/gpu/dynamic_library.h"

#include <stdio.h>
#include <string.h>

/* ------------------------------------------------------------------ options */

static lw_status read_option(lwi_arena *arena, const char *text, size_t n, lw_plugin_option *o) {
    const char *equals = memchr(text, '=', n);
    const size_t key = equals ? (size_t)(equals - text) : n;
    if (key == 0)
        return lwi_fail(LW_INVALID, "plugin_options: '%.60s' does not begin with a key", text);
    LW_TRY(lwi_arena_string(arena, text, key, &o->key));
    return lwi_arena_string(arena, equals ? equals + 1 : "", equals ? n - key - 1 : 0, &o->value);
}

static lw_status read_options(lwi_vendor_plugin *p, const char *text) {
    lw_plugin_option *options = NULL;
    size_t capacity = 0;
    while (text && *text) {
        const size_t n = strcspn(text, ",");
        LW_TRY(lwi_arena_grow(&p->arena, &options, &capacity, p->setup.n_options + 1,
                              sizeof *options));
        LW_TRY(read_option(&p->arena, text, n, &options[p->setup.n_options++]));
        text += n + (text[n] == ',');
    }
    p->setup.options = options;
    return LW_OK;
}

/* --------------------------------------------------------------------- load */

static lw_status load(lwi_vendor_plugin *p, const char *name) {
    char file[256];
    const lw_plugin *(*entry)(uint32_t) = NULL;
    const bool path = strchr(name, '/') != NULL;
    const int n = snprintf(file, sizeof file, "liblampwick-%s.so", name);
    if (!path && (n < 0 || (size_t)n >= sizeof file))
        return lwi_fail(LW_INVALID, "the plug-in's name '%.40s...' is too long", name);
    const char *const files[] = {path ? name : file};
    void *library = lwi_library_open(files, 1);
    if (!library) return lwi_fail(LW_NOT_FOUND, "%s cannot be loaded", *files);
    if (!lwi_library_bind(library, "lw_plugin_entry", &entry))
        return lwi_fail(LW_UNSUPPORTED, "it has no lw_plugin_entry: it is no plug-in");
    p->table = entry(LW_PLUGIN_VERSION);
    if (!p->table)
        return lwi_fail(LW_UNSUPPORTED, "it does not work with version %d of the interface",
                        LW_PLUGIN_VERSION);
    return LW_OK;
}

static lw_status check_table(const lw_plugin *t) {
    if (t->version != LW_PLUGIN_VERSION || t->size < sizeof *t)
        return lwi_fail(LW_UNSUPPORTED, "it was made for version %u of the interface, this is %d",
                        t->version, LW_PLUGIN_VERSION);
    if (!t->name || !t->open || !t->close || !t->claims || !t->compile || !t->run || !t->release)
        return lwi_fail(LW_UNSUPPORTED, "a function of its table is missing");
    return LW_OK;
}

static lw_status start(lwi_vendor_plugin *p, const lw_context_options *o) {
    p->setup.size = sizeof p->setup;
    p->setup.fail = lw_fail;
    LW_TRY(read_options(p, o->plugin_options));
    if (o->plugin_cache)
        LW_TRY(
            lwi_arena_string(&p->arena, o->plugin_cache, strlen(o->plugin_cache), &p->setup.cache));
    LW_TRY(load(p, o->plugin));
    LW_TRY(check_table(p->table));
    LW_TRY(p->table->open(&p->setup, &p->state));
    p->opened = true;
    return LW_OK;
}

lw_status lwi_plugin_open(const lw_context_options *options, const lw_allocator *allocator,
                          lwi_vendor_plugin **plugin) {
    lwi_vendor_plugin *p = NULL;
    lwi_arena arena;
    lwi_arena_init(&arena, allocator);
    const lw_status made = lwi_arena_alloc(&arena, 1, sizeof *p, &p);
    if (made != LW_OK) return made;
    p->arena = arena;
    const lw_status status = start(p, options);
    if (status == LW_OK) {
        *plugin = p;
        return LW_OK;
    }
    lwi_plugin_close(p);
    return lwi_fail_prefix(status, "plug-in %s", options->plugin);
}

void lwi_plugin_forget_programs(lwi_vendor_plugin *p) {
    for (; p && p->n_programs > 0; p->n_programs--)
        p->table->release(p->programs[p->n_programs - 1].program);
}

void lwi_plugin_close(lwi_vendor_plugin *p) {
    if (!p) return;
    lwi_plugin_forget_programs(p);
    if (p->opened) p->table->close(p->state);
    lwi_arena arena = p->arena; /* which holds *p */
    lwi_arena_free(&arena);
}
