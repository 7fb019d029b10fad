/* SPDX-License-Identifier: MIT
 * Which tensors a checkpoint has, by the names that state_dict() gives them: keys of dictionaries
 * with points between. Whole networks, which torch.save wrote as objects, are walked likewise. */
#include "files/torch_reader.h"

#include "base/utf8.h"

#include <stdio.h>

typedef lwi_pickle_item item;

enum { DEPTH = 64, UNWRAPPED = 4, LONGEST_NAME = 2048 };

lw_status lwi_torch_step(lwi_torch_reader *r) {
    if (r->steps-- > 0) return LW_OK;
    r->steps = 0;
    return lwi_fail(LW_LIMIT, "the pickle refers to the same things too often");
}

/* -------------------------------------------------------------------- names */

static bool is_text(lw_string s) {
    if (s.size > LONGEST_NAME || memchr(s.data, 0, s.size)) return false;
    for (const char *at = s.data, *end = at + s.size; at < end;)
        if (lwi_utf8_next(&at, end) == LWI_UTF8_BAD) return false;
    return true;
}

static lw_status join(lwi_torch_reader *r, const char *prefix, const item *key, const char **name) {
    char text[2 * LONGEST_NAME + 2];
    int n = -1;
    if (key->kind == LWI_PICKLE_STRING && is_text(key->text))
        n = snprintf(text, sizeof text, "%s%s%s", prefix, *prefix ? "." : "", key->text.data);
    else if (key->kind == LWI_PICKLE_INT)
        n = snprintf(text, sizeof text, "%s%s%lld", prefix, *prefix ? "." : "", (long long)key->i);
    if (n < 0 || n > LONGEST_NAME)
        return lwi_fail(LW_CORRUPT, "a key in '%.100s' is no name", prefix);
    return lwi_arena_string(r->arena, text, (size_t)n, name);
}

/* --------------------------------------------------------------------- tree */

static lw_status collect(lwi_torch_reader *r, const char *prefix, const item *it, int depth);

static lw_status add_tensor(lwi_torch_reader *r, const char *name, const item *it) {
    lwi_torch_file *f = r->file;
    bool is = false;
    LW_TRY(lwi_arena_grow(r->arena, &f->tensors, &f->capacity, f->n + 1, sizeof *f->tensors));
    LW_TRY(lwi_torch_tensor(r, *name ? name : "tensor", it, &is, f->tensors + f->n));
    if (is) f->n++;
    else f->others++;
    return LW_OK;
}

static lw_status collect_pairs(lwi_torch_reader *r, const char *prefix, const item *dict,
                               const item *left_out, int depth) {
    for (size_t i = 0; i + 1 < dict->n; i += 2) {
        const char *name = NULL;
        bool out = false;
        for (size_t k = 0; left_out && k < left_out->n; k++)
            out |= dict->items[i]->kind == LWI_PICKLE_STRING &&
                   lwi_pickle_is(left_out->items[k], dict->items[i]->text.data);
        if (out) continue;
        const item *key = dict->items[i], *value = dict->items[i + 1];
        if (key->kind != LWI_PICKLE_STRING && key->kind != LWI_PICKLE_INT) {
            r->file->others++;
            continue;
        }
        LW_TRY(join(r, prefix, key, &name));
        LW_TRY(collect(r, name, value, depth));
    }
    return LW_OK;
}

static lw_status collect_list(lwi_torch_reader *r, const char *prefix, const item *list,
                              int depth) {
    for (size_t i = 0; i < list->n; i++) {
        const char *name = NULL;
        LW_TRY(join(r, prefix, &(item){.kind = LWI_PICKLE_INT, .i = (int64_t)i}, &name));
        LW_TRY(collect(r, name, list->items[i], depth));
    }
    return LW_OK;
}

/* torch.nn.Module keeps its parts in three dictionaries. */
static bool is_module(const item *it) {
    return it->kind == LWI_PICKLE_CALL && it->state && lwi_pickle_get(it->state, "_modules") &&
           lwi_pickle_get(it->state, "_parameters");
}

static lw_status collect_module(lwi_torch_reader *r, const char *prefix, const item *state,
                                int depth) {
    static const char *const parts[] = {"_parameters", "_buffers", "_modules"};
    const item *hidden = lwi_pickle_get(state, "_non_persistent_buffers_set");
    if (hidden && hidden->kind == LWI_PICKLE_CALL && hidden->items[1]->n)
        hidden = hidden->items[1]->items[0]; /* set([...]), as old protocols have it */
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        const item *part = lwi_pickle_get(state, parts[i]);
        const item *dict = part ? lwi_pickle_dict(part) : NULL;
        if (dict) LW_TRY(collect_pairs(r, prefix, dict, i == 1 ? hidden : NULL, depth));
    }
    return LW_OK;
}

/* An object of TorchScript has its parts as attributes. */
static bool is_script(const item *it) {
    return it->kind == LWI_PICKLE_CALL && it->state && it->state->kind == LWI_PICKLE_DICT &&
           !strncmp(it->items[0]->text.data, "__torch__", 9);
}

static lw_status collect(lwi_torch_reader *r, const char *prefix, const item *it, int depth) {
    LW_TRY(lwi_torch_step(r));
    if (depth > DEPTH) return lwi_fail(LW_LIMIT, "'%.100s' is nested too deeply", prefix);
    if (lwi_torch_is_tensor(r, it)) return add_tensor(r, prefix, it);
    if (is_module(it)) return collect_module(r, prefix, it->state, depth + 1);
    if (is_script(it)) return collect_pairs(r, prefix, it->state, NULL, depth + 1);
    const item *dict = lwi_pickle_dict(it);
    if (dict) return collect_pairs(r, prefix, dict, NULL, depth + 1);
    if (it->kind == LWI_PICKLE_LIST || it->kind == LWI_PICKLE_TUPLE)
        return collect_list(r, prefix, it, depth + 1);
    r->file->others += it->kind != LWI_PICKLE_NONE;
    return LW_OK;
}

/* ---------------------------------------------------------------- wrappings */

static bool has_tensor(const lwi_torch_reader *r, const item *dict) {
    for (size_t i = 0; i + 1 < dict->n; i += 2)
        if (lwi_torch_is_tensor(r, dict->items[i + 1])) return true;
    return false;
}

/* Weights, or a dictionary of parts that are. */
static bool holds_weights(lwi_torch_reader *r, const item *it, int depth) {
    const item *dict = lwi_pickle_dict(it);
    if (is_module(it)) return true;
    if (!dict) return false;
    if (has_tensor(r, dict)) return true;
    for (size_t i = 0; depth > 0 && r->steps > 0 && i + 1 < dict->n; i += 2, r->steps--)
        if (holds_weights(r, dict->items[i + 1], depth - 1)) return true;
    return false;
}

/* What training programs keep the weights under, the most telling first. */
static const item *find_wrapped(lwi_torch_reader *r, const item *dict, const char **key) {
    static const char *const keys[] = {
        "state_dict",     "model_state_dict", "model",  "net", "network",
        "module",         "params_ema",       "params", "ema", "model_ema",
        "state_dict_ema", "generator",        "weights"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const item *it = lwi_pickle_get(dict, keys[i]);
        *key = keys[i];
        if (it && holds_weights(r, it, 2)) return it;
    }
    return NULL;
}

static lw_status unwrap(lwi_torch_reader *r, const item **root) {
    char taken[256] = "";
    for (int i = 0; i < UNWRAPPED; i++) {
        const item *dict = lwi_pickle_dict(*root);
        const char *key = NULL;
        if (is_module(*root) || !dict || has_tensor(r, dict)) break;
        const item *inner = find_wrapped(r, dict, &key);
        if (!inner) break;
        const size_t n = strlen(taken);
        snprintf(taken + n, sizeof taken - n, "%s%s", n ? "." : "", key);
        *root = inner;
    }
    return lwi_arena_string(r->arena, taken, strlen(taken), &r->file->key);
}

/* Keys with points between. */
static lw_status take_key(lwi_torch_reader *r, const char *path, const item **root) {
    char key[LONGEST_NAME + 1];
    LW_TRY(lwi_arena_string(r->arena, path, strlen(path), &r->file->key));
    while (*path) {
        const size_t n = strcspn(path, ".");
        const item *state = is_module(*root) ? (*root)->state : *root;
        if (n > LONGEST_NAME) return lwi_fail(LW_INVALID, "the key is too long");
        memcpy(key, path, n);
        key[n] = 0;
        const item *found = lwi_pickle_get(state, path);
        if (found) path = "";
        else found = lwi_pickle_get(state, key), path += n + (path[n] == '.');
        if (!found) return lwi_fail(LW_NOT_FOUND, "the file has no key '%.100s'", key);
        *root = found;
    }
    return LW_OK;
}

/* ----------------------------------------------------------------- prefixes */

static bool all_begin(const lwi_torch_file *f, const char *prefix) {
    for (size_t i = 0; i < f->n; i++)
        if (strncmp(f->tensors[i].name, prefix, strlen(prefix))) return false;
    return f->n > 0;
}

/* torch.compile puts its name between those of modules, too. */
static lw_status remove_inner(lwi_torch_reader *r, lwi_stored_tensor *t, const char *what) {
    const char *found = strstr(t->name, what);
    char name[LONGEST_NAME + 1];
    while (found) {
        snprintf(name, sizeof name, "%.*s%s", (int)(found - t->name), t->name,
                 found + strlen(what));
        LW_TRY(lwi_arena_string(r->arena, name, strlen(name), &t->name));
        found = strstr(t->name, what);
    }
    return LW_OK;
}

static lw_status take_prefixes(lwi_torch_reader *r) {
    static const char *const wrappers[] = {"module.", "_orig_mod."};
    char taken[256] = "";
    lwi_torch_file *f = r->file;
    for (size_t i = 0; i < 8; i++) {
        const char *w = wrappers[i % 2];
        if (!all_begin(f, w)) continue;
        for (size_t k = 0; k < f->n; k++)
            f->tensors[k].name += strlen(w);
        const size_t n = strlen(taken);
        snprintf(taken + n, sizeof taken - n, "%s", w);
    }
    for (size_t k = 0; k < f->n; k++)
        LW_TRY(remove_inner(r, f->tensors + k, wrappers[1]));
    return lwi_arena_string(r->arena, taken, strlen(taken), &f->prefix);
}

static lw_status check_names(const lwi_torch_file *f, lwi_strmap *seen) {
    for (size_t i = 0; i < f->n; i++) {
        if (lwi_strmap_get(seen, f->tensors[i].name) >= 0)
            return lwi_fail(LW_CORRUPT, "tensor '%s' occurs twice", f->tensors[i].name);
        LW_TRY(lwi_strmap_set(seen, f->tensors[i].name, (int)i));
    }
    return LW_OK;
}

lw_status lwi_torch_collect(lwi_torch_reader *r, const item *root) {
    lwi_strmap seen;
    r->file->prefix = "";
    if (r->options->key) LW_TRY(take_key(r, r->options->key, &root));
    else LW_TRY(unwrap(r, &root));
    LW_TRY(collect(r, "", root, 0));
    if (!r->file->n) return lwi_fail(LW_NOT_FOUND, "there are no tensors in it");
    if (!r->options->keep_prefixes) LW_TRY(take_prefixes(r));
    lwi_strmap_init(&seen, &r->arena->allocator);
    const lw_status status = check_names(r->file, &seen);
    lwi_strmap_free(&seen);
    return status;
}
