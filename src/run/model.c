/* SPDX-License-Identifier: MIT */
#include "run/model.h"

#include "format/gguf/gguf.h"
#include "format/huggingface/huggingface.h"
#include "format/onnx/onnx.h"
#include "format/onnx/onnx_write.h"
#include "graph/align.h"
#include "run/door.h"

#include <stddef.h>
#include <string.h>

/* Tensors up to this size are aligned at load, so that they can take part in folding. */
enum { SMALL_TENSOR = 4096 };
/* Float tensors up to this size are aligned for the first context, larger ones when a kernel wants
 * to read them as they are. */
enum { SMALL_FLOATS = 1 << 16 };
/* Of the files of a model whose weights take long to pack. */
enum { MANY_BYTES = 8 << 20 };

lw_model *lwi_model_ref(const lw_model *model) {
    lw_model *m = (lw_model *)model;
    atomic_fetch_add_explicit(&m->refs, 1, memory_order_relaxed);
    if (m->base) (void)lwi_model_ref(m->base); /* whose file it reads */
    return m;
}

static const void *find_stored(const void *cache, const lw_value *value, lwi_weight *weight) {
    return lwi_weight_cache_find(cache, value, weight);
}

static void open_cache(lw_model *m) {
    if (!m->cache_path || m->network.n_files == 0) return;
    lwi_weight_cache_open(m->cache_path, &m->network, &m->cache);
    m->weights.find = find_stored;
    m->weights.stored = &m->cache;
}

/* Without the file, the next process packs again: nobody needs to know that it was not written. */
static void save_weights(lw_model *m) {
    if (m->weights.find && m->weights.n_new > 0 &&
        lwi_weight_cache_write(m->cache_path, &m->cache, &m->weights) != LW_OK)
        m->weights.n_new = 0;
}

static void destroy(lw_model *m) {
    for (size_t i = 0; i < m->n_variants; i++)
        destroy(m->variants[i]);
    lwi_free(&m->allocator, m->variants);
    save_weights(m);
    lwi_weights_free(&m->weights);
    lwi_weight_cache_close(&m->cache);
    lwi_network_free(&m->network);
    lwi_free(&m->allocator, m->written);
    pthread_mutex_destroy(&m->align_lock);
    pthread_mutex_destroy(&m->variant_lock);
    const lw_allocator allocator = m->allocator;
    lwi_free(&allocator, m);
}

/* A variant is destroyed with its base. */
void lw_model_free(lw_model *m) {
    if (!m) return;
    lw_model *base = m->base;
    const bool last = atomic_fetch_sub_explicit(&m->refs, 1, memory_order_acq_rel) == 1;
    if (base) lw_model_free(base);
    else if (last) destroy(m);
}

/* Callers compiled before cache_path was added have a shorter struct. */
static lw_status copy_options(const lw_model_options *options, lw_model_options *copy) {
    const size_t least = offsetof(lw_model_options, cache_path);
    if (!options) return LW_OK;
    if (options->size < least)
        return lwi_fail(LW_INVALID, "lw_model_options: size is %zu, expected at least %zu",
                        options->size, least);
    memcpy(copy, options, options->size < sizeof *copy ? options->size : sizeof *copy);
    return LW_OK;
}

static lw_status new_model(const lw_model_options *options, lw_model **model) {
    lw_model_options o = {0};
    LW_TRY(copy_options(options, &o));
    uint64_t skip = 0;
    LW_TRY(lwi_pass_set(o.skip_passes, &skip));
    const lw_allocator *allocator = o.allocator ? o.allocator : &lwi_malloc_allocator;
    lw_model *m = NULL;
    LW_TRY(lwi_alloc_array(allocator, 1, sizeof *m, &m));
    atomic_init(&m->refs, 1);
    m->allocator = *allocator;
    m->image_decoder = o.image_decoder;
    m->skip_passes = skip;
    m->inspect = o.inspect;
    m->keep_graph = o.keep_graph;
    pthread_mutex_init(&m->align_lock, NULL);
    pthread_mutex_init(&m->variant_lock, NULL);
    lwi_network_init(&m->network, allocator, o.inspect);
    lwi_weights_init(&m->weights, allocator);
    *model = m;
    return LW_OK;
}

/* Before IR version 4 every initializer had to be listed as an input too: these are constants. */
static void drop_constant_inputs(lwi_graph *g) {
    size_t n = 0;
    for (size_t i = 0; i < g->n_inputs; i++)
        if (!g->slots[g->inputs[i]].constant) g->inputs[n++] = g->inputs[i];
    g->n_inputs = n;
}

static lw_status prepare(lw_model *m, bool keep_graph) {
    lwi_network *n = &m->network;
    lw_status status = lwi_align_tensors(n, n->graph, SMALL_TENSOR, SMALL_TENSOR);
    if (n->ir_version < 4) drop_constant_inputs(n->graph);
    if (status == LW_OK && !keep_graph && n->n_issues == 0)
        status = lwi_run_passes(n, m->skip_passes, m->pass_counts);
    lwi_graph_seal(n->graph);
    return status == LW_OK ? lwi_graph_lifetimes(n->graph) : status;
}

static lw_status read_adapter(lwi_network *n, const lw_adapter *adapter) {
    lwi_file file = {0};
    if (!adapter->path) return lwi_fail(LW_INVALID, "lw_adapter: path is NULL");
    if (lwi_is_peft(adapter->path))
        return lwi_huggingface_adapter_read(n, adapter->path, (double)adapter->scale);
    LW_TRY(lwi_file_map(adapter->path, &file));
    LW_TRY(lwi_network_keep_file(n, &file));
    return lwi_gguf_adapter_read(n, file.data, file.size, (double)adapter->scale);
}

static lw_status read_adapters(lwi_network *n, const lw_model_options *o) {
    for (size_t i = 0; i < o->n_adapters; i++) {
        const lw_status status = read_adapter(n, o->adapters + i);
        if (status != LW_OK) return lwi_fail_prefix(status, "%s", o->adapters[i].path);
    }
    return LW_OK;
}

static lw_status read_model(lw_model *m, const void *data, size_t size, const char *path,
                            const lw_model_options *options) {
    m->data = data;
    m->file_bytes = size;
    if (path) LW_TRY(lwi_arena_string(&m->network.arena, path, strlen(path), &m->path));
    lw_model_options o = {0};
    LW_TRY(copy_options(options, &o));
    LW_TRY(read_adapters(&m->network, &o));
    m->network.observe = o.observe_weights;
    LW_TRY(lwi_door_read(&m->network, data, size, path));
    m->network.graph->open_defaults = false;
    return prepare(m, options && (options->keep_graph || options->inspect));
}

bool lwi_model_can_reread(const lw_model *m) {
    return (m->data || m->path) && !m->network.adapters && !m->network.observe;
}

/* closed: the defaults of inputs are constants. */
static lw_status reread(const lw_model *model, bool keep_graph, bool closed, lw_model **again) {
    lw_model *m = NULL;
    const lw_model_options options = {.size = sizeof options,
                                      .allocator = &model->allocator,
                                      .image_decoder = model->image_decoder};
    LW_TRY(new_model(&options, &m));
    m->skip_passes = model->skip_passes;
    m->keep_graph = keep_graph;
    lw_status status = lwi_door_read(&m->network, model->data, model->file_bytes, model->path);
    if (status == LW_OK && closed) m->network.graph->open_defaults = false;
    if (status == LW_OK) status = prepare(m, keep_graph);
    if (status == LW_OK) *again = m;
    else lw_model_free(m);
    return status;
}

/* The passes that leave the graph one of ONNX's operators. */
static lw_status simplify(lw_model *m) {
    uint64_t kept = 0;
    size_t counts[LWI_PASS_COUNT] = {0};
    LW_TRY(lwi_pass_set("fold_constants,remove_dead,remove_identities", &kept));
    return lwi_run_passes(&m->network, ~kept | m->skip_passes, counts);
}

bool lwi_model_has_passed(const lw_model *m) {
    for (size_t i = 0; i < LWI_PASS_COUNT; i++)
        if (m->pass_counts[i]) return true;
    return false;
}

static lw_status read_written(const lw_model *model, lw_model *m) {
    const lwi_onnx_source source = {
        .network = &model->network, .graph = model->network.graph, .allocator = &m->allocator};
    lwi_buffer onnx = lwi_buffer_new(&m->allocator);
    if (lwi_model_has_passed(model))
        return lwi_fail(LW_UNSUPPORTED, "a plug-in wants the graph as it was made: keep_graph of "
                                        "lw_model_options leaves the passes out");
    const lw_status status = lwi_onnx_write_buffer(&source, &onnx);
    m->written = onnx.data;
    return status == LW_OK ? lwi_onnx_read(&m->network, onnx.data, onnx.size, NULL) : status;
}

/* The graph of the model as it was before passes, into m. */
static lw_status read_again(const lw_model *model, lw_model *m) {
    lw_model *base = model->base;
    if (!base && !lwi_model_can_reread(model)) return read_written(model, m);
    if (!base) return lwi_door_read(&m->network, model->data, model->file_bytes, model->path);
    pthread_mutex_lock(&base->variant_lock);
    const lw_status status =
        base->network.maker->make(base->network.maker, model->givens, model->n_givens, &m->network);
    pthread_mutex_unlock(&base->variant_lock);
    return status;
}

static lw_status divide(const lw_model *model, lw_model *m, lwi_vendor_plugin *plugin,
                        bool fallback) {
    lwi_network *n = &m->network;
    LW_TRY(read_again(model, m));
    n->graph->open_defaults = false;
    LW_TRY(lwi_align_tensors(n, n->graph, SMALL_TENSOR, SMALL_TENSOR));
    if (n->ir_version < 4) drop_constant_inputs(n->graph);
    LW_TRY(simplify(m));
    LW_TRY(lwi_partition(plugin, n, fallback));
    return prepare(m, false);
}

lw_status lwi_model_divide(const lw_model *model, lwi_vendor_plugin *plugin, bool fallback,
                           lw_model **divided) {
    lw_model *m = NULL;
    const lw_model_options options = {.size = sizeof options,
                                      .allocator = &model->allocator,
                                      .image_decoder = model->image_decoder};
    LW_TRY(new_model(&options, &m));
    m->skip_passes = model->skip_passes;
    m->data = model->data;
    m->path = model->path;
    m->file_bytes = model->file_bytes;
    const lw_status status = divide(model, m, plugin, fallback);
    if (status == LW_OK) *divided = m;
    else lw_model_free(m);
    return status;
}

lw_status lwi_model_open_defaults(const lw_model *model, lw_model **open) {
    return reread(model, false, false, open);
}

lw_status lwi_model_reread(const lw_model *model, lw_model **plain) {
    return reread(model, true, true, plain);
}

static lw_status load_file(lw_model *m, const char *path, const lw_model_options *options) {
    lwi_file file = {0};
    const bool folder = lwi_is_huggingface(path);
    if (!folder) LW_TRY(lwi_file_map(path, &file));
    if (!folder) LW_TRY(lwi_network_keep_file(&m->network, &file));
    if (!folder && !file.size) return lwi_fail(LW_CORRUPT, "%s: the file is empty", path);
    const lw_status status = read_model(m, file.data, file.size, path, options);
    return status == LW_OK ? LW_OK : lwi_fail_prefix(status, "%s", path);
}

lw_status lw_model_load(const char *path, const lw_model_options *options, lw_model **model) {
    if (!path || !model) return lwi_fail(LW_INVALID, "lw_model_load: path or model is NULL");
    lw_model *m = NULL;
    LW_TRY(new_model(options, &m));
    lw_status status = LW_OK;
    lw_model_options o = {0};
    if (status == LW_OK) status = copy_options(options, &o);
    if (status == LW_OK && o.cache_path)
        status =
            lwi_arena_string(&m->network.arena, o.cache_path, strlen(o.cache_path), &m->cache_path);
    if (status == LW_OK) status = load_file(m, path, options);
    if (status == LW_OK) *model = m;
    else lw_model_free(m);
    return status;
}

lw_status lw_model_load_memory(const void *data, size_t size, const lw_model_options *options,
                               lw_model **model) {
    if ((!data && size) || !model)
        return lwi_fail(LW_INVALID, "lw_model_load_memory: data or model is NULL");
    lw_model *m = NULL;
    LW_TRY(new_model(options, &m));
    const lw_status status = read_model(m, data, size, NULL, options);
    if (status == LW_OK) *model = m;
    else lw_model_free(m);
    return status;
}

lw_status lwi_model_make(lw_status (*make)(void *arg, lwi_network *network), void *arg,
                         const lw_model_options *options, lw_model **model) {
    lw_model *m = NULL;
    LW_TRY(new_model(options, &m));
    lw_status status = make(arg, &m->network);
    if (status == LW_OK) status = prepare(m, options && options->keep_graph);
    if (status == LW_OK) *model = m;
    else lw_model_free(m);
    return status;
}

/* With their names. */
static lw_status keep_givens(lw_model *m, const lwi_given *givens, size_t n) {
    lwi_arena *arena = &m->network.arena;
    void *copy = NULL;
    LW_TRY(lwi_arena_copy(arena, givens, n * sizeof *givens, &copy));
    lwi_given *kept = copy;
    for (size_t i = 0; i < n; i++) {
        LW_TRY(lwi_arena_keep_text(arena, &kept[i].name));
        for (int d = 0; d < kept[i].rank; d++)
            LW_TRY(lwi_arena_keep_text(arena, &kept[i].dim_names[d]));
    }
    m->givens = kept;
    m->n_givens = n;
    return LW_OK;
}

static lw_status make_variant(lw_model *m, const lwi_given *givens, size_t n) {
    const lwi_maker *maker = m->base->network.maker;
    LW_TRY(keep_givens(m, givens, n));
    LW_TRY(maker->make(maker, m->givens, n, &m->network));
    return prepare(m, m->keep_graph || m->inspect);
}

lw_status lwi_model_make_variant(lw_model *base, const lwi_given *givens, size_t n,
                                 lw_model **variant) {
    lw_model *m = NULL;
    const lw_model_options options = {.size = sizeof options,
                                      .allocator = &base->allocator,
                                      .image_decoder = base->image_decoder,
                                      .inspect = base->inspect};
    LW_TRY(new_model(&options, &m));
    m->base = base;
    m->keep_graph = base->keep_graph;
    m->skip_passes = base->skip_passes;
    m->file_bytes = base->file_bytes;
    const lw_status status = make_variant(m, givens, n);
    if (status == LW_OK) *variant = m;
    else destroy(m);
    return status;
}

lw_status lwi_model_align(const lw_model *model) {
    lw_model *m = (lw_model *)model;
    lw_status status = LW_OK;
    pthread_mutex_lock(&m->align_lock);
    if (!m->aligned && !m->weights.find) open_cache(m);
    if (!m->aligned)
        status = lwi_align_tensors(&m->network, m->network.graph, SIZE_MAX, SMALL_FLOATS);
    m->aligned = status == LW_OK;
    pthread_mutex_unlock(&m->align_lock);
    return status;
}

bool lwi_model_packs_late(const lw_model *model) {
    const lwi_network *n = &(model->base ? model->base : model)->network;
    size_t bytes = model->file_bytes;
    for (size_t i = 0; i < n->n_files; i++)
        bytes += n->files[i].size;
    return bytes >= MANY_BYTES && !model->weights.find && lwi_weights_are_none(&model->weights);
}

void lwi_model_forget(const lw_model *model, const void *data, size_t bytes) {
    lwi_network_forget(&(model->base ? model->base : model)->network, data, bytes);
}

lw_status lwi_model_packed(const lw_model *model, const lw_value *value, const lwi_packing *packing,
                           const void **packed) {
    bool made = false;
    LW_TRY(lwi_weights_get((lwi_weights *)&model->weights, value, packing, packed, &made));
    if (made) lwi_model_forget(model, value->data, value->bytes);
    return LW_OK;
}

/* The value and its elements behind it. */
enum { HEADER = (sizeof(lw_value) + LWI_ALIGN - 1) / LWI_ALIGN * LWI_ALIGN };

static lw_status copy(void *unused, const lw_value *from, void *to) {
    lw_value *v = to;
    (void)unused;
    memcpy(v, from, sizeof *v);
    v->fixed = LWI_FIXED_MODEL;
    v->data = (char *)to + HEADER;
    memcpy(v->data, from->data, from->bytes);
    return LW_OK;
}

lw_status lwi_model_settled(const lw_model *model, const lw_value *value,
                            const lw_value **settled) {
    const bool stays = value->fixed != LWI_FIXED_PASSING;
    *settled = value;
    if (value->kind != LW_KIND_TENSOR || (stays && lwi_is_aligned(value))) return LW_OK;
    const lwi_packing packing = {.form = "value", .bytes = HEADER + value->bytes, .pack = copy};
    const void *made = NULL;
    LW_TRY(lwi_model_packed(model, value, &packing, &made));
    *settled = made;
    return LW_OK;
}
