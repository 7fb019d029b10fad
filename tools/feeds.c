/* SPDX-License-Identifier: MIT */
#include "feeds.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "session.h"
#include "shape_text.h"
#include "text.h"

static const char *input_name(const void *list, size_t i) {
    return i < lw_model_input_count(list) ? lwi_input_info(list, i).name : NULL;
}

/* NAME=SOURCE, of an input that the model tells of. */
static bool find_named(const lw_model *model, const char *text, lw_io_info *info,
                       const char **source) {
    for (size_t i = 0; i < lw_model_input_count(model); i++) {
        *info = lwi_input_info(model, i);
        const size_t n = strlen(info->name);
        if (strncmp(text, info->name, n) != 0 || text[n] != '=') continue;
        *source = text + n + 1;
        return true;
    }
    return false;
}

/* A TorchScript file does not tell of all inputs: items of lists, optional ones, states. */
static bool find_untold(const lw_model *model, const char *text, lwi_feeds *f, lw_io_info *info,
                        const char **source) {
    const size_t n = strcspn(text, "=");
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)text[i]) && text[i] != '_' && text[i] != '.') return false;
    if (!n || text[n] != '=' || !lwi_is_open(model)) return false;
    f->names = lwi_resize(f->names, f->n_names + 1, sizeof *f->names);
    f->names[f->n_names] = lwi_text("%.*s", (int)n, text);
    *info = (lw_io_info){.size = sizeof *info, .name = f->names[f->n_names++], .rank = -1};
    *source = text + n + 1;
    return true;
}

/* A model with one input that must be given needs no name. */
static bool find_only(const lw_model *model, const char *text, lw_io_info *info,
                      const char **source) {
    size_t needed = 0;
    for (size_t i = 0; i < lw_model_input_count(model); i++) {
        const lw_io_info one = lwi_input_info(model, i);
        if (!one.has_default && needed++ == 0) *info = one;
    }
    *source = text;
    return needed == 1;
}

static bool complain_of_name(const lw_model *model, const char *text) {
    char *name = lwi_text("%.*s", (int)strcspn(text, "="), text);
    const char *near = lwi_nearest(name, input_name, model);
    if (!near && lw_model_input_count(model)) near = lwi_input_info(model, 0).name;
    lwi_complain("the model has no input '%s'%s%s%s; give inputs as NAME=SOURCE", name,
                 near ? "; it has '" : "", near ? near : "", near ? "'" : "");
    free(name);
    return false;
}

static bool is_fed(const lwi_feeds *f, const char *name) {
    for (size_t i = 0; i < f->n; i++)
        if (!strcmp(f->ios[i].name, name)) return true;
    return false;
}

static bool feed_given(const lw_model *model, const char *text, const lwi_input_options *options,
                       lwi_feeds *f) {
    const char *source = NULL;
    lw_io_info info;
    lw_value *value = NULL;
    if (!find_named(model, text, &info, &source) && !find_untold(model, text, f, &info, &source) &&
        !find_only(model, text, &info, &source))
        return complain_of_name(model, text);
    if (is_fed(f, info.name)) {
        lwi_complain("input %s is given twice", info.name);
        return false;
    }
    if (!lwi_load_input(source, model, &info, options, &value)) return false;
    f->ios[f->n++] = (lw_io){info.name, value};
    return true;
}

static bool feed_rest(const lw_model *model, const lw_io_info *info, const lwi_texts *shapes,
                      const lwi_fill *rest, lwi_feeds *f) {
    lwi_shape_text type;
    lw_value *value = NULL;
    if (info->has_default || is_fed(f, info->name)) return true;
    if (!rest) {
        lwi_complain("input %s is missing: --input %s=SOURCE (it is %s)", info->name, info->name,
                     lwi_type_of_info(info, &type));
        return false;
    }
    if (!lwi_fill_input(model, info, shapes, *rest, &value)) return false;
    f->ios[f->n++] = (lw_io){info->name, value};
    return true;
}

/* Where the model does not tell of all inputs, lwi_check_shapes cannot. */
static bool all_shapes_fed(const lwi_texts *shapes, const lwi_feeds *f) {
    for (size_t i = 0; i < shapes->n; i++) {
        char *name = lwi_text("%.*s", (int)strcspn(shapes->items[i], "="), shapes->items[i]);
        const bool fed = !strchr(shapes->items[i], '=') || is_fed(f, name);
        free(name);
        if (fed) continue;
        lwi_complain("--shape %s: no input of that name is given", shapes->items[i]);
        return false;
    }
    return true;
}

bool lwi_feed(const lw_model *model, const lwi_texts *texts, const lwi_input_options *options,
              const lwi_fill *rest, lwi_feeds *f) {
    const size_t count = lw_model_input_count(model);
    if (!lwi_check_shapes(model, &options->shapes)) return false;
    f->ios = lwi_resize(NULL, count + texts->n, sizeof *f->ios);
    for (size_t i = 0; i < texts->n; i++)
        if (!feed_given(model, texts->items[i], options, f)) return false;
    for (size_t i = 0; i < count; i++) {
        const lw_io_info info = lwi_input_info(model, i);
        if (!feed_rest(model, &info, &options->shapes, rest, f)) return false;
    }
    return all_shapes_fed(&options->shapes, f);
}

void lwi_feeds_free(lwi_feeds *f) {
    lwi_ios_free(f->ios, f->n);
    for (size_t i = 0; i < f->n_names; i++)
        free(f->names[i]);
    free(f->names);
}

bool lwi_graph_for(const lw_model *model, const lwi_texts *texts, const lwi_input_options *options,
                   lw_model **graph) {
    lwi_feeds f = {0};
    const lwi_fill rest = LWI_ZEROS;
    bool good = !lwi_is_open(model) || lwi_feed(model, texts, options, &rest, &f);
    if (good && lw_model_for(model, f.ios, f.n, graph)) {
        lwi_complain("%s", lw_last_error());
        good = false;
    }
    lwi_feeds_free(&f);
    return good;
}
