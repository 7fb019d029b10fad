/* SPDX-License-Identifier: MIT */
#include "backend/gpu/card_device.h"

#include "backend/gpu/card_driver.h"
#include "backend/gpu/card_products.h"

#include <stdio.h>
#include <string.h>

enum { MOST_PARAMETERS = 64, MOST_MAPS = 2, MOST_EARLY = 32 };
enum { PIECES = 4, PIECE = 1 << 19 /* bytes */ };
enum { MAX_DYNAMIC_SHARED_SIZE = 8 /* an attribute of kernels */ };

/* A kind of cards. */
typedef struct kind {
    const char *name;
    const char *driver; /* in sentences */
    lw_status (*open)(const lwi_card_driver **driver);
} kind;

static const kind cuda = {"cuda", "the NVIDIA driver", lwi_cuda_driver};
static const kind hip = {"hip", "the HIP driver", lwi_hip_driver};

/* A stream, and pinned memory by way of which all its copies go, piece after piece in turn. */
typedef struct lane {
    lwi_card_stream *stream;
    uint8_t *staging;
    int piece;                      /* which is being filled */
    size_t staged;                  /* bytes of it that are in use */
    lwi_card_event *copied[PIECES]; /* the copies of a piece are done; as it was last left */
} lane;

typedef struct card_device {
    lwi_device base;
    const lwi_card_driver *driver;
    lwi_card_context *context;
    const lwi_card_modules *modules;
    const lwi_card_kernel *early[MOST_EARLY]; /* kernels that wait for what is before them */
    int n_early;
    lane lanes[2]; /* lwi_device_lane */
    lwi_card_products products;
} card_device;

static lw_status check(const card_device *d, const char *what, int code) {
    const char *text = "an unknown error";
    if (code == 0) return LW_OK;
    d->driver->error_text(code, &text);
    return lwi_fail(code == LWI_CARD_OUT_OF_MEMORY ? LW_NO_MEMORY : LW_DEVICE, "%s: %s: %s (%d)",
                    d->base.name, what, text, code);
}

/* A host that uses the driver itself keeps its own context: ours is current inside a call only. */
static lw_status enter(const card_device *d) {
    return check(d, "making the context current", d->driver->enter(d->context));
}

static lw_status leave(const card_device *d, const char *what, int code) {
    const lw_status status = check(d, what, code);
    const int left = d->driver->leave();
    return status == LW_OK ? check(d, "leaving the context", left) : status;
}

/* ----------------------------------------------------------------- discovery */

static lw_status nth_card(const kind *k, size_t index, const lwi_card_driver **driver, int *card) {
    int n = 0;
    LW_TRY(k->open(driver));
    if ((*driver)->count(&n) != 0) n = 0;
    if (n > LWI_MOST_CARDS) n = LWI_MOST_CARDS;
    if (n < 0 || index >= (size_t)n || (*driver)->get(card, (int)index) != 0)
        return lwi_fail(LW_NOT_FOUND, "%s has %d cards, there is no %s:%zu", k->driver, n, k->name,
                        index);
    return LW_OK;
}

static lw_status find(const kind *k, size_t index, lwi_device_facts *f) {
    const lwi_card_driver *driver = NULL;
    int card = 0;
    size_t bytes = 0;
    LW_TRY(nth_card(k, index, &driver, &card));
    *f = (lwi_device_facts){.usable = false};
    snprintf(f->name, sizeof f->name, "%s:%zu", k->name, index);
    driver->card_name(f->description, sizeof f->description, card);
    if (driver->card_memory(&bytes, card) == 0) f->memory = bytes;
    driver->describe(driver, card, f);
    f->usable = !*f->reason;
    return LW_OK;
}

lw_status lwi_cuda_find(size_t index, lwi_device_facts *facts) { return find(&cuda, index, facts); }
lw_status lwi_hip_find(size_t index, lwi_device_facts *facts) { return find(&hip, index, facts); }

/* -------------------------------------------------------------------- memory */

static lw_status allocate(lwi_device *device, size_t bytes, lwi_device_memory *memory) {
    const card_device *d = (card_device *)device;
    lwi_card_address made = 0;
    LW_TRY(enter(d));
    LW_TRY(leave(d, "allocating memory", d->driver->allocate(&made, lwi_device_room(bytes))));
    *memory = (lwi_device_memory){(void *)(uintptr_t)made, bytes}; // NOLINT: a number to us
    return LW_OK;
}

static int wait_for_lane(const card_device *d, lane *l) {
    l->staged = 0;
    return d->driver->wait(l->stream);
}

static int wait_for_all(card_device *d) {
    const int code = wait_for_lane(d, &d->lanes[LWI_DEVICE_BESIDE]);
    return code == 0 ? wait_for_lane(d, &d->lanes[LWI_DEVICE_WORK]) : code;
}

/* Copies and kernels on their way may still use it. */
static void release(lwi_device *device, lwi_device_memory *memory) {
    card_device *d = (card_device *)device;
    if (memory->handle && enter(d) == LW_OK) {
        (void)wait_for_all(d);
        (void)leave(d, "freeing memory", d->driver->release((uintptr_t)memory->handle));
    }
    *memory = (lwi_device_memory){NULL, 0};
}

/* Bytes of pinned memory, at most a piece, that no copy uses any more. */
static int take_staging(const card_device *d, lane *l, size_t bytes, uint8_t **place) {
    int code = 0;
    if (l->staged + bytes > PIECE) {
        code = d->driver->record_event(l->copied[l->piece], l->stream);
        l->piece = (l->piece + 1) % PIECES;
        l->staged = 0;
        if (code == 0) code = d->driver->wait_event(l->copied[l->piece]);
    }
    *place = l->staging + (size_t)l->piece * PIECE + l->staged;
    l->staged += (bytes + LWI_ALIGN - 1) & ~(size_t)(LWI_ALIGN - 1);
    return code;
}

/* It is on its way: while a piece goes to the card, the next one is filled. */
static int copy_in(const card_device *d, lane *l, lwi_card_address to, const void *from,
                   size_t bytes) {
    int code = 0;
    for (size_t at = 0; at < bytes && code == 0; at += PIECE) {
        const size_t n = bytes - at < PIECE ? bytes - at : PIECE;
        uint8_t *place = NULL;
        code = take_staging(d, l, n, &place);
        if (code == 0) memcpy(place, (const uint8_t *)from + at, n);
        if (code == 0) code = d->driver->copy_in(to + at, place, n, l->stream);
    }
    return code;
}

/* While a piece comes from the card, the one before it is read. */
static int copy_out(const card_device *d, lane *l, void *to, lwi_card_address from, size_t bytes) {
    const uint8_t *last = NULL;
    size_t at = 0;
    int code = 0;
    for (size_t n = 0; at < bytes && code == 0; at += n) {
        const int before = l->piece;
        uint8_t *place = NULL;
        n = bytes - at < PIECE ? bytes - at : PIECE;
        code = take_staging(d, l, n, &place);
        if (code == 0) code = d->driver->copy_out(place, from + at, n, l->stream);
        if (code == 0 && last) code = d->driver->wait_event(l->copied[before]);
        if (code == 0 && last) memcpy((uint8_t *)to + at - PIECE, last, PIECE);
        last = place;
    }
    if (code == 0) code = wait_for_lane(d, l);
    at = (bytes - 1) / PIECE * PIECE;
    if (code == 0) memcpy((uint8_t *)to + at, last, bytes - at);
    return code;
}

static lw_status upload_in(lwi_device *device, lwi_device_lane which, void *handle, size_t offset,
                           const void *from, size_t bytes) {
    card_device *d = (card_device *)device;
    if (bytes == 0) return LW_OK;
    LW_TRY(enter(d));
    return leave(d, "an upload",
                 copy_in(d, &d->lanes[which], (uintptr_t)handle + offset, from, bytes));
}

static lw_status download_in(lwi_device *device, lwi_device_lane which, const void *handle,
                             size_t offset, void *to, size_t bytes) {
    card_device *d = (card_device *)device;
    if (bytes == 0) return LW_OK;
    LW_TRY(enter(d));
    return leave(d, "a download",
                 copy_out(d, &d->lanes[which], to, (uintptr_t)handle + offset, bytes));
}

static lw_status upload(lwi_device *device, void *handle, size_t offset, const void *from,
                        size_t bytes) {
    return upload_in(device, LWI_DEVICE_WORK, handle, offset, from, bytes);
}

static lw_status upload_beside(lwi_device *device, void *handle, size_t offset, const void *from,
                               size_t bytes) {
    return upload_in(device, LWI_DEVICE_BESIDE, handle, offset, from, bytes);
}

static lw_status download(lwi_device *device, const void *handle, size_t offset, void *to,
                          size_t bytes) {
    return download_in(device, LWI_DEVICE_WORK, handle, offset, to, bytes);
}

static lw_status download_beside(lwi_device *device, const void *handle, size_t offset, void *to,
                                 size_t bytes) {
    return download_in(device, LWI_DEVICE_BESIDE, handle, offset, to, bytes);
}

static lw_status copy(lwi_device *device, void *to, size_t to_offset, const void *from,
                      size_t from_offset, size_t bytes) {
    const card_device *d = (card_device *)device;
    if (bytes == 0) return LW_OK;
    LW_TRY(enter(d));
    return leave(d, "a copy",
                 d->driver->copy((uintptr_t)to + to_offset, (uintptr_t)from + from_offset, bytes,
                                 d->lanes[LWI_DEVICE_WORK].stream));
}

/* --------------------------------------------------------------------- marks */

static lw_status mark(lwi_device *device, lwi_device_lane which, void **mark) {
    const card_device *d = (card_device *)device;
    lwi_card_event *event = *mark;
    int code = 0;
    LW_TRY(enter(d));
    if (!event) code = d->driver->new_event(&event, LWI_CARD_EVENT_DISABLE_TIMING);
    if (code == 0) *mark = event;
    if (code == 0) code = d->driver->record_event(event, d->lanes[which].stream);
    return leave(d, "a mark", code);
}

static lw_status await(lwi_device *device, lwi_device_lane which, void *mark) {
    const card_device *d = (card_device *)device;
    LW_TRY(enter(d));
    return leave(d, "waiting for a mark", d->driver->await_event(d->lanes[which].stream, mark, 0));
}

static void unmark(lwi_device *device, void *mark) {
    const card_device *d = (card_device *)device;
    if (mark && enter(d) == LW_OK) (void)leave(d, "freeing a mark", d->driver->free_event(mark));
}

/* ------------------------------------------------------------------- kernels */

static int find_in_modules(card_device *d, const char *name, lwi_card_kernel **found) {
    lwi_card_module *const *each = d->modules->each;
    int i = 0, code = d->driver->find_kernel(found, each[0], name);
    while (code != 0 && i + 1 < LWI_CARD_MODULES && each[i + 1])
        code = d->driver->find_kernel(found, each[++i], name);
    if (code == 0 && i == d->modules->early && d->n_early < MOST_EARLY)
        d->early[d->n_early++] = *found;
    return code;
}

static lw_status find_kernel(lwi_device *device, const char *name, void **kernel) {
    card_device *d = (card_device *)device;
    lwi_card_kernel *found = NULL;
    LW_TRY(enter(d));
    LW_TRY(leave(d, name, find_in_modules(d, name, &found)));
    *kernel = found;
    return LW_OK;
}

/* A parameter as the kernel takes it: 8 bytes are enough for each but maps. */
typedef union parameter {
    lwi_card_address pointer;
    int64_t offset;
    int32_t i;
    float f;
} parameter;

typedef struct map {
    _Alignas(64) uint8_t bytes[128]; /* CUtensorMap */
} map;

/* What a launch gives to a kernel. */
typedef struct parameters {
    parameter each[MOST_PARAMETERS];
    map maps[MOST_MAPS];
    void *places[MOST_PARAMETERS];
    size_t n, n_maps;
    int local; /* bytes of local memory */
} parameters;

/* Numbers of cuTensorMapEncodeTiled. */
enum { FLOAT16 = 6, BFLOAT16 = 9, SWIZZLE_128 = 3, PROMOTE_256 = 3 };

static int write_map(const card_device *d, const lwi_device_argument *a, map *to) {
    static const uint32_t steps[3] = {1, 1, 1};
    const lwi_device_map *m = a->memory.map;
    const uint32_t box[3] = {m->box[0], m->box[1], 1};
    void *start = (uint8_t *)a->memory.handle + a->memory.offset;
    return d->driver->encode_map(to->bytes, m->is_bf16 ? BFLOAT16 : FLOAT16, 3, start, m->dims,
                                 m->strides, box, steps, 0, SWIZZLE_128, PROMOTE_256, 0);
}

static int add_parameter(const card_device *d, const lwi_device_argument *a, parameters *p) {
    parameter *to = &p->each[p->n];
    p->places[p->n++] = to;
    switch (a->kind) {
    case LWI_DEVICE_MEMORY:
        to->pointer = (uintptr_t)a->memory.handle;
        p->each[p->n].offset = (int64_t)a->memory.offset;
        p->places[p->n] = &p->each[p->n];
        p->n++;
        return 0;
    case LWI_DEVICE_INT:
        to->i = a->i;
        return 0;
    case LWI_DEVICE_FLOAT:
        to->f = a->f;
        return 0;
    case LWI_DEVICE_LOCAL:
        p->local = a->i;
        p->n--;
        return 0;
    case LWI_DEVICE_MAP:
        break;
    }
    p->places[p->n - 1] = &p->maps[p->n_maps];
    return write_map(d, a, &p->maps[p->n_maps++]);
}

static size_t count_maps(const lwi_device_argument *arguments, size_t n) {
    size_t maps = 0;
    for (size_t i = 0; i < n; i++)
        maps += arguments[i].kind == LWI_DEVICE_MAP;
    return maps;
}

static bool is_early(const card_device *d, const lwi_card_kernel *kernel) {
    for (int i = 0; i < d->n_early; i++)
        if (d->early[i] == kernel) return true;
    return false;
}

/* It waits for what is before it by itself (kernels/tier.k). */
static int launch_early(const card_device *d, lwi_card_kernel *kernel, const uint32_t groups[3],
                        uint32_t size, parameters *p) {
    const lwi_card_launch_attribute early = {.id = LWI_CARD_PROGRAMMATIC_STREAM_SERIALIZATION,
                                             .value.i = 1};
    const lwi_card_launch launch = {.groups = {groups[0], groups[1], groups[2]},
                                    .size = {size, 1, 1},
                                    .shared = (uint32_t)p->local,
                                    .stream = d->lanes[LWI_DEVICE_WORK].stream,
                                    .attributes = &early,
                                    .n_attributes = 1};
    return d->driver->launch_with(&launch, kernel, p->places, NULL);
}

/* More local memory than all cards have must be asked for. */
static int launch_kernel(const card_device *d, lwi_card_kernel *kernel, const uint32_t groups[3],
                         uint32_t size, parameters *p) {
    int code = 0;
    if (p->local) code = d->driver->kernel_attribute(kernel, MAX_DYNAMIC_SHARED_SIZE, p->local);
    if (code != 0) return code;
    if (is_early(d, kernel)) return launch_early(d, kernel, groups, size, p);
    return d->driver->launch(kernel, groups[0], groups[1], groups[2], size, 1, 1,
                             (unsigned)p->local, d->lanes[LWI_DEVICE_WORK].stream, p->places, NULL);
}

static lw_status launch(lwi_device *device, void *kernel, const char *name,
                        const uint32_t groups[3], uint32_t size,
                        const lwi_device_argument *arguments, size_t n) {
    const card_device *d = (card_device *)device;
    parameters p;
    int code = 0;
    if (2 * n > MOST_PARAMETERS || count_maps(arguments, n) > MOST_MAPS)
        return lwi_fail(LW_INTERNAL, "%s: too many parameters", name);
    p.n = p.n_maps = 0;
    p.local = 0;
    LW_TRY(enter(d));
    for (size_t i = 0; i < n && code == 0; i++)
        code = add_parameter(d, &arguments[i], &p);
    if (code == 0) code = launch_kernel(d, kernel, groups, size, &p);
    return leave(d, name, code);
}

static lw_status prepare_product(lwi_device *device, const lwi_device_product *product,
                                 void **prepared, size_t *scratch) {
    card_device *d = (card_device *)device;
    LW_TRY(enter(d));
    const lw_status status = lwi_card_products_find(&d->products, product, prepared, scratch);
    const lw_status left = leave(d, "preparing a product", 0);
    return status == LW_OK ? left : status;
}

static lw_status multiply(lwi_device *device, void *prepared,
                          const lwi_device_argument arguments[LWI_DEVICE_PRODUCT_ARGUMENTS]) {
    const card_device *d = (card_device *)device;
    lwi_card_address places[LWI_DEVICE_PRODUCT_ARGUMENTS];
    for (int i = 0; i < LWI_DEVICE_PRODUCT_ARGUMENTS; i++)
        places[i] = (uintptr_t)arguments[i].memory.handle + arguments[i].memory.offset;
    LW_TRY(enter(d));
    const int code = lwi_cublas_lt_multiply(prepared, places, d->lanes[LWI_DEVICE_WORK].stream);
    LW_TRY(leave(d, "a product", 0));
    if (code == 0) return LW_OK;
    return lwi_fail(LW_DEVICE, "%s: cuBLASLt fails (%d)", d->base.name, code);
}

static lw_status finish(lwi_device *device) {
    card_device *d = (card_device *)device;
    LW_TRY(enter(d));
    return leave(d, "waiting", wait_for_all(d));
}

/* ------------------------------------------------------------------ recordings */

static lw_status record(lwi_device *device) {
    const card_device *d = (card_device *)device;
    LW_TRY(enter(d));
    return leave(
        d, "recording",
        d->driver->begin_capture(d->lanes[LWI_DEVICE_WORK].stream, LWI_CARD_CAPTURE_THREAD_LOCAL));
}

/* The driver makes no graph of what it cannot record. */
static lw_status recorded(lwi_device *device, void **recording) {
    const card_device *d = (card_device *)device;
    lwi_card_graph *graph = NULL;
    lwi_card_recording *made = NULL;
    *recording = NULL;
    LW_TRY(enter(d));
    int code = d->driver->end_capture(d->lanes[LWI_DEVICE_WORK].stream, &graph);
    if (code == 0) code = d->driver->instantiate(&made, graph, 0);
    if (graph) d->driver->free_graph(graph);
    if (code == 0) *recording = made;
    return leave(d, "recording", 0);
}

static lw_status replay(lwi_device *device, void *recording) {
    const card_device *d = (card_device *)device;
    LW_TRY(enter(d));
    return leave(d, "a recording", d->driver->replay(recording, d->lanes[LWI_DEVICE_WORK].stream));
}

static void forget(lwi_device *device, void *recording) {
    const card_device *d = (card_device *)device;
    if (enter(d) == LW_OK)
        (void)leave(d, "freeing a recording", d->driver->free_recording(recording));
}

/* --------------------------------------------------------------------- opening */

/* The card's primary context, which others in the process use too, and the kernels in it. Both
 * stay until the process ends, so that the driver compiles them once. */
typedef struct shared {
    lwi_card_context *context;
    lwi_card_modules modules;
} shared;

static lw_status load_kernels(const card_device *d, int card, shared *s) {
    LW_TRY(enter(d));
    const lw_status status = d->driver->load_kernels(d->driver, card, d->base.name, &s->modules);
    d->driver->leave();
    return status;
}

static lw_status open_shared(card_device *d, const kind *k, size_t index, int card) {
    static shared all[2][LWI_MOST_CARDS];
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    lw_status status = LW_OK;
    shared *s = &all[k == &hip][index];
    pthread_mutex_lock(&lock);
    if (!s->context) status = check(d, "making a context", d->driver->retain(&s->context, card));
    d->context = s->context;
    if (status == LW_OK && !s->modules.each[0]) status = load_kernels(d, card, s);
    d->modules = &s->modules;
    pthread_mutex_unlock(&lock);
    return status;
}

static int close_lane(const card_device *d, const lane *l) {
    if (l->stream) d->driver->wait(l->stream);
    for (int i = 0; i < PIECES; i++)
        if (l->copied[i]) d->driver->free_event(l->copied[i]);
    if (l->stream) d->driver->free_stream(l->stream);
    return l->staging ? d->driver->unpin(l->staging) : 0;
}

static void close_device(lwi_device *device) {
    card_device *d = (card_device *)device;
    if (!d->context || enter(d) != LW_OK) return;
    int code = close_lane(d, &d->lanes[LWI_DEVICE_BESIDE]);
    if (d->lanes[LWI_DEVICE_WORK].stream) d->driver->wait(d->lanes[LWI_DEVICE_WORK].stream);
    lwi_card_products_close(&d->products);
    if (code == 0) code = close_lane(d, &d->lanes[LWI_DEVICE_WORK]);
    (void)leave(d, "closing", code);
}

/* Kernels with maps are in the form for Hopper's cards alone, which other cards do not load. */
static lw_status find_maps(card_device *d) {
    lwi_card_kernel *found = NULL;
    if (!d->driver->encode_map || !d->driver->kernel_attribute) return LW_OK;
    LW_TRY(enter(d));
    d->base.maps =
        d->driver->find_kernel(&found, d->modules->each[0], "matmul_f16_mapped_128") == 0;
    return leave(d, "finding kernels", 0);
}

/* The card's own forms, all but the last, have those kernels for which it has instructions. */
static bool has_own(const card_device *d, const char *kernel) {
    lwi_card_kernel *found = NULL;
    bool has = false;
    if (enter(d) != LW_OK) return false;
    for (int i = 0; i + 1 < LWI_CARD_MODULES && d->modules->each[i + 1]; i++)
        has |= d->driver->find_kernel(&found, d->modules->each[i], kernel) == 0;
    return leave(d, kernel, 0) == LW_OK && has;
}

static int make_events(const card_device *d, lane *l) {
    int code = 0;
    for (int i = 0; i < PIECES && code == 0; i++)
        code = d->driver->new_event(&l->copied[i], LWI_CARD_EVENT_DISABLE_TIMING);
    return code;
}

static lw_status open_lane(const card_device *d, lane *l) {
    void *staging = NULL;
    LW_TRY(enter(d));
    LW_TRY(leave(d, "making a stream",
                 d->driver->new_stream(&l->stream, LWI_CARD_STREAM_NON_BLOCKING)));
    LW_TRY(enter(d));
    LW_TRY(leave(d, "pinning memory", d->driver->pin(&staging, (size_t)PIECES * PIECE, 0)));
    l->staging = staging;
    LW_TRY(enter(d));
    return leave(d, "making events", make_events(d, l));
}

static lw_status start(card_device *d, const kind *k, size_t index) {
    lwi_device_facts facts;
    int card = 0;
    LW_TRY(nth_card(k, index, &d->driver, &card));
    LW_TRY(find(k, index, &facts));
    d->base.units = facts.units;
    LW_TRY(open_shared(d, k, index, card));
    LW_TRY(open_lane(d, &d->lanes[LWI_DEVICE_WORK]));
    LW_TRY(open_lane(d, &d->lanes[LWI_DEVICE_BESIDE]));
    d->base.records = d->driver->records;
    d->base.multiplies_f16 = has_own(d, "matmul_f16");
    d->base.multiplies_bf16 = has_own(d, "matmul_bf16");
    d->products.version = d->driver->version;
    return find_maps(d);
}

static lw_status start_cuda(lwi_device *device, size_t index) {
    return start((card_device *)device, &cuda, index);
}

static lw_status start_hip(lwi_device *device, size_t index) {
    return start((card_device *)device, &hip, index);
}

/* What cards of both kinds do alike. */
#define ALIKE                                                                                      \
    .close = close_device, .allocate = allocate, .release = release, .upload = upload,             \
    .download = download, .upload_beside = upload_beside, .download_beside = download_beside,      \
    .mark = mark, .await = await, .unmark = unmark, .copy = copy, .find_kernel = find_kernel,      \
    .launch = launch, .finish = finish, .record = record, .recorded = recorded, .replay = replay,  \
    .forget = forget

lw_status lwi_cuda_open(size_t index, lwi_device **device) {
    static const lwi_device_api functions = {
        ALIKE, .start = start_cuda, .prepare_product = prepare_product, .multiply = multiply};
    return lwi_device_make(&functions, sizeof(card_device), cuda.name, index, device);
}

lw_status lwi_hip_open(size_t index, lwi_device **device) {
    static const lwi_device_api functions = {ALIKE, .start = start_hip};
    return lwi_device_make(&functions, sizeof(card_device), hip.name, index, device);
}
