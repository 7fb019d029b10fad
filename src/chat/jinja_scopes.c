/* SPDX-License-Identifier: MIT
 * Jinja decides where a name belongs before it runs. A name that a scope sets, without reading it
 * there first, is undefined in the scopes within until it is set, even if the caller has a variable
 * of that name; unless it is set only in a branch, or known to the scopes around. */
#include "chat/jinja_nodes.h"

#include <string.h>

typedef struct name_use {
    const char *name; /* interned */
    bool hidden, stored;
} name_use;

/* Shared by all frames: what a template may make this pass do is limited. */
typedef struct effort {
    lwi_arena arena;
    uint64_t work;
} effort;
enum { MOST_WORK = 1 << 26, COPY_WORK = 8 };

typedef struct frame {
    effort *effort;
    const struct frame *parent;
    name_use *names;
    size_t count, capacity;
} frame;

static name_use *find(const frame *f, const char *name) {
    f->effort->work += f->count + 1;
    for (size_t i = 0; i < f->count; i++)
        if (f->names[i].name == name) return &f->names[i];
    return NULL;
}

static bool known(const frame *f, const char *name) {
    for (; f; f = f->parent)
        if (find(f, name)) return true;
    return false;
}

static lw_status add(frame *f, const char *name, bool hidden, bool stored) {
    LW_TRY(
        lwi_arena_grow(&f->effort->arena, &f->names, &f->capacity, f->count + 1, sizeof *f->names));
    f->names[f->count++] = (name_use){name, hidden, stored};
    return LW_OK;
}

static lw_status load(frame *f, const char *name) {
    return known(f, name) ? LW_OK : add(f, name, false, false);
}

static lw_status store(frame *f, const char *name) {
    name_use *use = find(f, name);
    if (!use) return add(f, name, !known(f->parent, name), true);
    use->stored = true;
    return LW_OK;
}

static lw_status read_all(frame *f, const lwi_node *const *list, size_t count);

/* Every name that an expression reads. */
static lw_status read_names(frame *f, const lwi_node *node) {
    if (!node) return LW_OK;
    if (node->kind == LWI_N_NAME) return load(f, node->name);
    LW_TRY(read_names(f, node->a));
    LW_TRY(read_names(f, node->b));
    LW_TRY(read_names(f, node->c));
    LW_TRY(read_names(f, node->d));
    LW_TRY(read_all(f, node->list, node->count));
    LW_TRY(read_all(f, node->keywords, node->keyword_count));
    LW_TRY(read_names(f, node->star));
    return read_names(f, node->star_star);
}

static lw_status read_all(frame *f, const lwi_node *const *list, size_t count) {
    for (size_t i = 0; i < count; i++)
        LW_TRY(read_names(f, list[i]));
    return LW_OK;
}

static lw_status store_target(frame *f, const lwi_node *target) {
    if (target->kind == LWI_N_NAME) return store(f, target->name);
    if (target->kind == LWI_N_ATTRIBUTE) return read_names(f, target->a);
    for (size_t i = 0; i < target->count; i++)
        LW_TRY(store_target(f, target->list[i]));
    return LW_OK;
}

static lw_status visit(frame *f, const lwi_node *node);

static lw_status visit_all(frame *f, const lwi_node *const *body, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (f->effort->work > MOST_WORK)
            return lwi_fail(LW_LIMIT, "a template with too many names and branches");
        LW_TRY(visit(f, body[i]));
    }
    return LW_OK;
}

static lw_status copy_frame(const frame *f, frame *copy) {
    *copy = *f;
    copy->capacity = f->count;
    if (!f->count) return LW_OK;
    f->effort->work += COPY_WORK * f->count;
    return lwi_arena_copy(&f->effort->arena, f->names, f->count * sizeof *f->names, &copy->names);
}

/* What three branches (if, elif, else) did. The last one to know a name decides, and a name that is
 * not set in all of them is not hidden. */
static lw_status merge(frame *f, const frame *branches) {
    const size_t before = f->count;
    for (int b = 0; b < 3; b++)
        for (size_t i = 0; i < branches[b].count; i++) {
            const name_use *use = &branches[b].names[i];
            name_use *own = find(f, use->name);
            if (own) own->hidden = use->hidden;
            else LW_TRY(add(f, use->name, use->hidden, false));
        }
    for (size_t i = 0; i < f->count; i++) {
        int stores = 0;
        for (int b = 0; b < 3; b++) {
            const name_use *use = find(&branches[b], f->names[i].name);
            stores += use && use->stored;
        }
        const bool stored_before = i < before && f->names[i].stored;
        if (!stored_before && stores > 0 && stores < 3) f->names[i].hidden = false;
        f->names[i].stored |= stores > 0;
    }
    return LW_OK;
}

static lw_status visit_if(frame *f, const lwi_node *node, bool with_others) {
    frame branches[3];
    LW_TRY(read_names(f, node->a));
    for (int b = 0; b < 3; b++)
        LW_TRY(copy_frame(f, &branches[b]));
    LW_TRY(visit_all(&branches[0], node->body, node->body_count));
    const lwi_node *other = with_others ? node->c : NULL;
    for (; other && other->a; other = other->c)
        LW_TRY(visit_if(&branches[1], other, false));
    if (other) LW_TRY(visit_all(&branches[2], other->body, other->body_count));
    return merge(f, branches);
}

/* What a statement does in the scope it stands in; scopes within are not looked at. */
static lw_status visit(frame *f, const lwi_node *node) {
    switch ((lwi_node_kind)node->kind) {
    case LWI_N_OUTPUT:
    case LWI_N_CALL_BLOCK:
        return read_names(f, node->a);
    case LWI_N_FOR:
    case LWI_N_FILTER_BLOCK:
        return read_names(f, node->b);
    case LWI_N_IF:
        return visit_if(f, node, true);
    case LWI_N_SET:
        LW_TRY(read_names(f, node->b));
        return store_target(f, node->a);
    case LWI_N_SET_BLOCK:
        return store_target(f, node->a);
    case LWI_N_MACRO:
        return store(f, node->name);
    case LWI_N_WITH:
        for (size_t i = 1; i < node->count; i += 2)
            LW_TRY(read_names(f, node->list[i]));
        return LW_OK;
    default:
        return LW_OK;
    }
}

/* ------------------------------------------------------------- scopes within */

static lw_status settle_scope(lwi_template *t, frame *f, lwi_node *node);

/* Parameters, and names that the loop or the like sets itself. */
static lw_status add_own_names(frame *f, lwi_template *t, const lwi_node *node) {
    if (node->kind == LWI_N_FOR) {
        LW_TRY(add(f, t->loop, false, true));
        LW_TRY(store_target(f, node->a));
    }
    if (node->kind == LWI_N_MACRO)
        for (size_t i = 0; i < node->count; i++)
            LW_TRY(add(f, node->list[i]->name, false, true));
    if (node->kind == LWI_N_WITH)
        for (size_t i = 0; i < node->count; i += 2)
            LW_TRY(store_target(f, node->list[i]));
    for (size_t i = 0; i < f->count; i++)
        f->names[i].hidden = false;
    return LW_OK;
}

static lw_status settle_inner(lwi_template *t, const frame *outer, const lwi_node *node) {
    frame inner = {.effort = outer->effort, .parent = outer};
    LW_TRY(add_own_names(&inner, t, node));
    return settle_scope(t, &inner, (lwi_node *)node);
}

/* Scopes within some statements, when those are known themselves. */
static lw_status settle_all(lwi_template *t, const frame *f, const lwi_node *const *body,
                            size_t count) {
    for (size_t i = 0; i < count; i++) {
        const lwi_node *node = body[i];
        switch ((lwi_node_kind)node->kind) {
        case LWI_N_IF:
            for (; node; node = node->c)
                LW_TRY(settle_all(t, f, node->body, node->body_count));
            break;
        case LWI_N_CALL_BLOCK:
            LW_TRY(settle_inner(t, f, node->b));
            break;
        case LWI_N_FOR:
            if (node->d) LW_TRY(settle_inner(t, f, node->d));
            LW_TRY(settle_inner(t, f, node));
            break;
        case LWI_N_MACRO:
        case LWI_N_FILTER_BLOCK:
        case LWI_N_SET_BLOCK:
        case LWI_N_WITH:
        case LWI_N_BLOCK:
            LW_TRY(settle_inner(t, f, node));
            break;
        default:
            break;
        }
    }
    return LW_OK;
}

static lw_status keep_hidden(lwi_template *t, const frame *f, lwi_node *node) {
    size_t n = 0;
    for (size_t i = 0; i < f->count; i++)
        n += f->names[i].hidden;
    if (n) LW_TRY(lwi_arena_alloc(&t->arena, n, sizeof *node->hidden, &node->hidden));
    for (size_t i = 0; i < f->count; i++)
        if (f->names[i].hidden) node->hidden[node->hidden_count++] = f->names[i].name;
    return LW_OK;
}

static lw_status settle_scope(lwi_template *t, frame *f, lwi_node *node) {
    LW_TRY(visit_all(f, node->body, node->body_count));
    LW_TRY(keep_hidden(t, f, node));
    return settle_all(t, f, node->body, node->body_count);
}

lw_status lwi_settle_scopes(lwi_template *t, lwi_node *root) {
    effort e = {.work = 0};
    lwi_arena_init(&e.arena, &t->arena.allocator);
    frame f = {.effort = &e};
    const lw_status status = settle_scope(t, &f, root);
    lwi_arena_free(&e.arena);
    return status;
}
