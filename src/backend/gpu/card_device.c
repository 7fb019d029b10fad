/* SPDX-License-Identifier: MIT */
#include "backend/gpu/card_device.h"

#include "backend/gpu/card_driver.h"

#include <stdio.h>
#include <string.h>

enum { MOST_PARAMETERS = 64, STAGING = 1 << 21 };

/* A kind of cards. */
typedef struct kind {
    const char *name;
    const char *driver; /* in sentences */
    lw_status (*open)(const lwi_card_driver **driver);
} kind;

static const kind cuda = {"cuda", "the NVIDIA driver", lwi_cuda_driver};
static const kind hip = {"hip", "the HIP driver", lwi_hip_driver};

typedef struct card_device {
    lwi_device base;
    const lwi_card_driver *driver;
    lwi_card_context *context;
    lwi_card_module *const *modules;
    lwi_card_stream *stream;
    uint8_t *staging; /* pinned, STAGING bytes: small copies go through it */
    size_t staged;    /* bytes of it that copies on their way to the card may still read */
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
    LW_TRY(leave(d, "allocating memory", d->driver->allocate(&made, bytes ? bytes : 1)));
    *memory = (lwi_device_memory){(void *)(uintptr_t)made, bytes}; // NOLINT: a number to us
    return LW_OK;
}

static int wait_for_copies(card_device *d) {
    d->staged = 0;
    return d->driver->wait(d->stream);
}

/* Copies and kernels on their way may still use it. */
static void release(lwi_device *device, lwi_device_memory *memory) {
    card_device *d = (card_device *)device;
    if (memory->handle && enter(d) == LW_OK) {
        (void)wait_for_copies(d);
        (void)leave(d, "freeing memory", d->driver->release((uintptr_t)memory->handle));
    }
    *memory = (lwi_device_memory){NULL, 0};
}

/* Small ones are copied to pinned memory and go on their way; large ones are waited for. */
static int copy_in(card_device *d, lwi_card_address to, const void *from, size_t bytes) {
    if (bytes > STAGING / 4) {
        const int code = d->driver->copy_in(to, from, bytes, d->stream);
        return code == 0 ? wait_for_copies(d) : code;
    }
    if (d->staged + bytes > STAGING) {
        const int code = wait_for_copies(d);
        if (code != 0) return code;
    }
    uint8_t *staging = d->staging + d->staged;
    memcpy(staging, from, bytes);
    d->staged += bytes;
    return d->driver->copy_in(to, staging, bytes, d->stream);
}

static int copy_out(card_device *d, void *to, lwi_card_address from, size_t bytes) {
    const bool small = d->staged + bytes <= STAGING;
    uint8_t *staging = d->staging + d->staged;
    int code = d->driver->copy_out(small ? staging : to, from, bytes, d->stream);
    if (code == 0) code = wait_for_copies(d);
    if (code == 0 && small) memcpy(to, staging, bytes);
    return code;
}

static lw_status upload(lwi_device *device, void *handle, size_t offset, const void *from,
                        size_t bytes) {
    card_device *d = (card_device *)device;
    if (bytes == 0) return LW_OK;
    LW_TRY(enter(d));
    return leave(d, "an upload", copy_in(d, (uintptr_t)handle + offset, from, bytes));
}

static lw_status download(lwi_device *device, const void *handle, size_t offset, void *to,
                          size_t bytes) {
    card_device *d = (card_device *)device;
    if (bytes == 0) return LW_OK;
    LW_TRY(enter(d));
    return leave(d, "a download", copy_out(d, to, (uintptr_t)handle + offset, bytes));
}

/* ------------------------------------------------------------------- kernels */

static int find_in_modules(const card_device *d, const char *name, lwi_card_kernel **found) {
    int code = d->driver->find_kernel(found, d->modules[0], name);
    for (int i = 1; i < LWI_CARD_MODULES && code != 0 && d->modules[i]; i++)
        code = d->driver->find_kernel(found, d->modules[i], name);
    return code;
}

static lw_status find_kernel(lwi_device *device, const char *name, void **kernel) {
    const card_device *d = (card_device *)device;
    lwi_card_kernel *found = NULL;
    LW_TRY(enter(d));
    LW_TRY(leave(d, name, find_in_modules(d, name, &found)));
    *kernel = found;
    return LW_OK;
}

/* A parameter as the kernel takes it: 8 bytes are enough for each. */
typedef union parameter {
    lwi_card_address pointer;
    int64_t offset;
    int32_t i;
    float f;
} parameter;

static size_t write_parameters(const lwi_device_argument *arguments, size_t n,
                               parameter *parameters) {
    size_t m = 0;
    for (size_t i = 0; i < n; i++) {
        const lwi_device_argument *a = &arguments[i];
        if (a->kind == LWI_DEVICE_MEMORY) {
            parameters[m++].pointer = (uintptr_t)a->memory.handle;
            parameters[m++].offset = (int64_t)a->memory.offset;
        } else if (a->kind == LWI_DEVICE_INT) parameters[m++].i = a->i;
        else parameters[m++].f = a->f;
    }
    return m;
}

static lw_status launch(lwi_device *device, void *kernel, const char *name,
                        const uint32_t groups[3], uint32_t size,
                        const lwi_device_argument *arguments, size_t n) {
    const card_device *d = (card_device *)device;
    parameter parameters[MOST_PARAMETERS];
    void *places[MOST_PARAMETERS];
    if (2 * n > MOST_PARAMETERS) return lwi_fail(LW_INTERNAL, "%s: too many parameters", name);
    const size_t m = write_parameters(arguments, n, parameters);
    for (size_t i = 0; i < m; i++)
        places[i] = &parameters[i];
    LW_TRY(enter(d));
    return leave(d, name,
                 d->driver->launch(kernel, groups[0], groups[1], groups[2], size, 1, 1, 0,
                                   d->stream, places, NULL));
}

static lw_status finish(lwi_device *device) {
    card_device *d = (card_device *)device;
    LW_TRY(enter(d));
    return leave(d, "waiting", wait_for_copies(d));
}

/* ------------------------------------------------------------------ recordings */

static lw_status record(lwi_device *device) {
    const card_device *d = (card_device *)device;
    LW_TRY(enter(d));
    return leave(d, "recording",
                 d->driver->begin_capture(d->stream, LWI_CARD_CAPTURE_THREAD_LOCAL));
}

/* The driver makes no graph of what it cannot record. */
static lw_status recorded(lwi_device *device, void **recording) {
    const card_device *d = (card_device *)device;
    lwi_card_graph *graph = NULL;
    lwi_card_recording *made = NULL;
    *recording = NULL;
    LW_TRY(enter(d));
    int code = d->driver->end_capture(d->stream, &graph);
    if (code == 0) code = d->driver->instantiate(&made, graph, 0);
    if (graph) d->driver->free_graph(graph);
    if (code == 0) *recording = made;
    return leave(d, "recording", 0);
}

static lw_status replay(lwi_device *device, void *recording) {
    const card_device *d = (card_device *)device;
    LW_TRY(enter(d));
    return leave(d, "a recording", d->driver->replay(recording, d->stream));
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
    lwi_card_module *modules[LWI_CARD_MODULES];
} shared;

static lw_status load_kernels(const card_device *d, int card, shared *s) {
    LW_TRY(enter(d));
    const lw_status status = d->driver->load_kernels(d->driver, card, d->base.name, s->modules);
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
    if (status == LW_OK && !s->modules[0]) status = load_kernels(d, card, s);
    d->modules = s->modules;
    pthread_mutex_unlock(&lock);
    return status;
}

static void close_device(lwi_device *device) {
    const card_device *d = (card_device *)device;
    if (!d->context || enter(d) != LW_OK) return;
    if (d->stream) d->driver->wait(d->stream);
    if (d->stream) d->driver->free_stream(d->stream);
    (void)leave(d, "closing", d->staging ? d->driver->unpin(d->staging) : 0);
}

static lw_status start(card_device *d, const kind *k, size_t index) {
    int card = 0;
    void *staging = NULL;
    LW_TRY(nth_card(k, index, &d->driver, &card));
    LW_TRY(open_shared(d, k, index, card));
    LW_TRY(enter(d));
    LW_TRY(leave(d, "making a stream",
                 d->driver->new_stream(&d->stream, LWI_CARD_STREAM_NON_BLOCKING)));
    LW_TRY(enter(d));
    LW_TRY(leave(d, "pinning memory", d->driver->pin(&staging, STAGING, 0)));
    d->staging = staging;
    d->base.records = d->driver->records;
    return LW_OK;
}

static lw_status start_cuda(lwi_device *device, size_t index) {
    return start((card_device *)device, &cuda, index);
}

static lw_status start_hip(lwi_device *device, size_t index) {
    return start((card_device *)device, &hip, index);
}

lw_status lwi_cuda_open(size_t index, lwi_device **device) {
    static const lwi_device_api functions = {start_cuda, close_device, allocate, release, upload,
                                             download,   find_kernel,  launch,   finish,  record,
                                             recorded,   replay,       forget};
    return lwi_device_make(&functions, sizeof(card_device), cuda.name, index, device);
}

lw_status lwi_hip_open(size_t index, lwi_device **device) {
    static const lwi_device_api functions = {start_hip, close_device, allocate, release, upload,
                                             download,  find_kernel,  launch,   finish,  record,
                                             recorded,  replay,       forget};
    return lwi_device_make(&functions, sizeof(card_device), hip.name, index, device);
}
