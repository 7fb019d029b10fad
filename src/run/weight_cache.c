/* SPDX-License-Identifier: MIT */
#include "run/weight_cache.h"

#include "backend/cpu/cpu_backend.h"
#include "base/checked.h"
#include "base/hash.h"

#include <string.h>

enum { VERSION = 2, SAMPLES = 64, SAMPLE = 4096 };

/* -------------------------------------------------------------------- model */

/* Size, time and samples of a file: reading all of it would cost as much as packing it. */
static uint64_t hash_file(uint64_t h, const lwi_file *f) {
    h = lwi_hash(h, &f->size, sizeof f->size);
    h = lwi_hash(h, &f->changed, sizeof f->changed);
    if (f->size <= (size_t)SAMPLES * SAMPLE) return lwi_hash(h, f->data, f->size);
    const size_t step = (f->size - SAMPLE) / (SAMPLES - 1);
    for (size_t i = 0; i < SAMPLES; i++)
        h = lwi_hash(h, f->data + i * step, SAMPLE);
    return h;
}

static uint64_t hash_model(const lwi_network *n) {
    uint64_t h = n->n_files;
    for (size_t i = 0; i < n->n_files; i++)
        h = hash_file(h, &n->files[i]);
    return h;
}

/* ------------------------------------------------------------------- entries */

static bool find_source(const lwi_network *n, const void *data, lwi_cache_entry *e) {
    const uint8_t *p = data;
    for (size_t i = 0; i < n->n_files; i++) {
        const uint8_t *begin = n->files[i].data;
        if (!begin || p < begin || p >= begin + n->files[i].size) continue;
        e->file = i;
        e->offset = (uint64_t)(p - begin);
        return true;
    }
    return false;
}

static bool copy_name(char *to, size_t room, const char *name) {
    const size_t n = strlen(name);
    if (n >= room) return false;
    memcpy(to, name, n);
    return true;
}

static const char *level_name(const void *kernels) {
    for (int i = 0; i < LWI_ISAS; i++)
        if (lwi_kernels_of((lwi_isa)i) == kernels) return lwi_isa_name((lwi_isa)i);
    return "";
}

bool lwi_cache_entry_make(const lwi_network *network, const lwi_weight *w, lwi_cache_entry *e) {
    memset(e, 0, sizeof *e);
    if (!w->keeps) return false;
    if (!find_source(network, w->source, e)) {
        e->file = LWI_NO_FILE;
        e->offset = w->content;
    }
    e->rank = (uint64_t)w->rank;
    memcpy(e->dims, w->dims, (size_t)w->rank * sizeof *w->dims);
    e->variant = w->variant;
    e->bytes = w->bytes;
    return copy_name(e->level, sizeof e->level, level_name(w->level)) &&
           copy_name(e->form, sizeof e->form, w->form);
}

bool lwi_cache_entry_is(const lwi_cache_entry *a, const lwi_cache_entry *b) {
    return a->file == b->file && a->offset == b->offset && a->variant == b->variant &&
           a->bytes == b->bytes && a->rank == b->rank &&
           !memcmp(a->dims, b->dims, sizeof a->dims) &&
           !memcmp(a->level, b->level, sizeof a->level) &&
           !memcmp(a->form, b->form, sizeof a->form);
}

const void *lwi_weight_cache_find(const lwi_weight_cache *c, const lw_value *value,
                                  lwi_weight *weight) {
    lwi_cache_entry wanted;
    if (!weight->keeps) return NULL;
    if (!find_source(c->network, weight->source, &wanted))
        weight->content = lwi_hash(value->dtype, value->data, value->bytes);
    if (!lwi_cache_entry_make(c->network, weight, &wanted)) return NULL;
    for (size_t i = 0; i < c->n_entries; i++) {
        const lwi_cache_entry *e = &c->entries[i];
        if (!lwi_cache_entry_is(e, &wanted)) continue;
        const void *packed = c->file.data + e->at;
        const bool good = c->untouched || lwi_hash(e->at, packed, (size_t)e->bytes) == e->hash;
        return good ? packed : NULL;
    }
    return NULL;
}

/* ---------------------------------------------------------------------- file */

lwi_cache_head lwi_cache_head_make(const lwi_weight_cache *c) {
    lwi_cache_head head = {
        .magic = "lampwick", .version = VERSION, .order = 0x01020304, .model = c->model};
    copy_name(head.library, sizeof head.library, lw_version());
    return head;
}

static bool is_sound(const lwi_weight_cache *c, const lwi_cache_head *head) {
    lwi_cache_head expected = lwi_cache_head_make(c);
    size_t bytes, end;
    expected.n_entries = head->n_entries;
    expected.size = c->file.size;
    expected.written = head->written;
    expected.hash = head->hash;
    if (memcmp(head, &expected, sizeof expected) != 0) return false;
    if (!lwi_mul_size((uint64_t)head->n_entries, sizeof(lwi_cache_entry), &bytes) ||
        !lwi_add_size(bytes, sizeof *head, &end) || end > c->file.size)
        return false;
    expected.hash = 0;
    const uint64_t hash = lwi_hash(lwi_hash(0, &expected, sizeof expected), head + 1, bytes);
    return hash == head->hash;
}

static bool entries_fit(const lwi_weight_cache *c) {
    for (size_t i = 0; i < c->n_entries; i++) {
        const lwi_cache_entry *e = &c->entries[i];
        if (e->at % LWI_ALIGN != 0 || e->at > c->file.size || e->bytes > c->file.size - e->at)
            return false;
    }
    return true;
}

void lwi_weight_cache_open(const char *path, const lwi_network *network, lwi_weight_cache *c) {
    lwi_cache_head head;
    *c = (lwi_weight_cache){.network = network, .model = hash_model(network)};
    if (lwi_file_map(path, &c->file) != LW_OK) return;
    bool good = c->file.size >= sizeof head;
    if (good) {
        memcpy(&head, c->file.data, sizeof head);
        good = is_sound(c, (const lwi_cache_head *)c->file.data);
    }
    if (good) {
        c->entries = (const lwi_cache_entry *)(c->file.data + sizeof head);
        c->n_entries = (size_t)head.n_entries;
        c->untouched = head.written == c->file.changed;
        good = entries_fit(c);
    }
    if (!good) lwi_weight_cache_close(c);
}

void lwi_weight_cache_close(lwi_weight_cache *c) {
    lwi_file_unmap(&c->file);
    c->entries = NULL;
    c->n_entries = 0;
    c->untouched = false;
}
