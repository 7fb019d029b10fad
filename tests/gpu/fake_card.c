/* SPDX-License-Identifier: MIT
 * The driver's functions. FAKE_CARD holds words: none (no card), old (a driver of CUDA 8 or HIP 5),
 * cards=N, capability=NN, processor=gfx..., memory=BYTES, refuse (the kernels are not compiled),
 * lost=N (a card is lost at launch N), unrecorded (no graph is made), uncaptured (a stream is not
 * captured), count (what was done is printed at the end), list (each launch is printed when it is
 * given), idle (kernels do nothing), version=N (of the driver), unordered (no stream waits for
 * another), hasty (fake_hopper.c), ptx (the PTX is run as it stands, ptx_module.h), leaves (what is
 * not freed at the end is no mistake). A call that the driver would take badly ends the process
 * with a sentence. */
#include "fake_card.h"
#include "fake_hopper.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(FAKE_HIP)
#define API(cuda, hip) __attribute__((visibility("default"))) int hip
enum { VERSION = 60241134, OLD_VERSION = 50700000 };
#else
#define API(cuda, hip) __attribute__((visibility("default"))) int cuda
enum { VERSION = 12040, OLD_VERSION = 8000 };
#endif

enum {
    OUT_OF_MEMORY = 2,
    NO_DEVICE = 100,
    INVALID_VALUE = 1,
    INVALID_DEVICE = 101,
    NO_BINARY = 209,
    INVALID_PTX = 218,
    NOT_FOUND = 500,
    LAUNCH_FAILED = 719,
    MOST = 4096,
    MOST_KERNELS = 256,
    MOST_FUNCTIONS = 16384, /* asked for in all runs of a process */
    MOST_MAPS = 2,
    SMALL_LOCAL = 48 << 10, /* bytes that a kernel may have without asking */
    MOST_CARDS = 8,
    ALIGN = 256, /* of memory */
    MOST_STREAMS = 64,
    UNITS = 20
};

typedef struct module {
    fake_kernel kernels[MOST_KERNELS];
    int n, card;
} module;

/* A kernel as one card's module has it. */
typedef struct function {
    const fake_kernel *kernel;
    int card;
    unsigned most_local; /* that it asked for */
} function;

/* What a stream has to do: a copy, a launch, a task, or to wait for another stream. */
typedef struct work {
    struct stream *awaited; /* NULL: it does not wait */
    long until;             /* as many works of that */
    void *to;
    const void *from;
    size_t bytes;
    bool own; /* from is a copy to free */
    const fake_kernel *kernel;
    unsigned groups[3], size, local;
    bool early; /* it may begin before what is before it is done */
    uint64_t values[FAKE_MOST_PARAMETERS];
    _Alignas(
        64) uint8_t maps[MOST_MAPS][FAKE_MAP_BYTES]; /* the values of parameters that are such */
    fake_task task;                                  /* run is NULL: it is none */
} work;
typedef struct graph {
    int card, n;
    work works[MOST];
} graph;
typedef struct stream {
    int card, n;
    long done;   /* works that were taken from the queue */
    int running; /* works at its beginning that are done, or under way */
    int depth;   /* of calls that do its work */
    work queue[MOST];
    graph *captured; /* NULL: work is done */
} stream;

typedef struct block {
    uint8_t *start;
    size_t bytes;
    int card;
    bool pinned;
} block;

static int launches, replays, recordings;
static long brought; /* bytes from cards to the processor */
static int beside;   /* copies that were given while kernels were under way in another stream */
static bool started, lost[MOST_CARDS];
static block blocks[MOST];
static stream *streams[MOST_STREAMS];
static size_t used[MOST_CARDS];
static const void *freed[MOST]; /* the last ones */
static int n_freed;
/* A driver may be called by many threads, each of which has its own current card. */
static pthread_mutex_t lock;
static _Thread_local int current[16];

#define wrong fake_wrong

void fake_wrong(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, FAKE_LIBRARY ": ");
    vfprintf(stderr, format, arguments);
    fprintf(stderr, "\n");
    va_end(arguments);
    abort();
}

__attribute__((constructor)) static void make_lock(void) {
    pthread_mutexattr_t kind;
    pthread_mutexattr_init(&kind);
    pthread_mutexattr_settype(&kind, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&lock, &kind);
}

static void unlock(int *held) {
    if (*held) pthread_mutex_unlock(&lock);
}

/* To the end of the block it stands in. */
#define LOCK                                                                                       \
    __attribute__((cleanup(unlock), unused)) int held = 1;                                         \
    pthread_mutex_lock(&lock)

/* What stands behind "word=", "" behind a word alone, NULL without the word. Words stand between
 * spaces or commas. */
static const char *setting_text(const char *word) {
    const char *all = getenv("FAKE_CARD");
    for (const char *at = all; at && (at = strstr(at, word)); at++) {
        const char *end = at + strlen(word);
        if (at != all && !strchr(" ,", at[-1])) continue;
        if (*end == '=') return end + 1;
        if (strchr(" ,", *end)) return ""; /* the end too */
    }
    return NULL;
}

/* -1 without the word. */
static long setting(const char *word) {
    const char *text = setting_text(word);
    return text ? atol(text) : -1;
}

static int cards(void) { return setting("cards") > 0 ? (int)setting("cards") : 1; }

#if defined(FAKE_HIP)
static const int depth = 1; /* HIP always has a current card */
#else
static _Thread_local int depth; /* of the stack of current contexts */
#endif

int fake_current_card(const char *name) {
    if (!started) wrong("%s before the driver was started", name);
    if (depth == 0) wrong("%s without a current context", name);
    return current[depth - 1];
}

static block *find_block(const void *place, size_t bytes) {
    const uint8_t *p = place;
    for (int i = 0; i < MOST; i++)
        if (blocks[i].start && p >= blocks[i].start &&
            p + bytes <= blocks[i].start + blocks[i].bytes)
            return &blocks[i];
    return NULL;
}

static bool is_pinned(const void *place, size_t bytes) {
    const block *b = find_block(place, bytes);
    return b && b->pinned;
}

static void *on_card(const char *name, uint64_t address, size_t bytes) {
    void *place = (void *)(uintptr_t)address;
    const block *b = find_block(place, bytes);
    if (!b || b->pinned) wrong("%s: outside of an allocation", name);
    if (b->card != fake_current_card(name)) wrong("%s: memory of another card", name);
    return place;
}

const uint8_t *fake_find_memory(const void *place, size_t bytes, size_t *size) {
    const block *b = find_block(place, bytes);
    if (!b || b->pinned) return NULL;
    *size = b->bytes;
    return b->start;
}

static int make_block(int card, size_t bytes, bool pinned, void **made) {
    const long limit = setting("memory");
    int i = 0;
    if (!pinned && limit >= 0 && used[card] + bytes > (size_t)limit) return OUT_OF_MEMORY;
    while (i < MOST && blocks[i].start)
        i++;
    if (i == MOST) wrong("too many allocations");
    /* filled with what no computation should see */
    blocks[i] = (block){aligned_alloc(ALIGN, (bytes + ALIGN - 1) & ~(size_t)(ALIGN - 1)), bytes,
                        card, pinned};
    memset(blocks[i].start, 0xff, bytes);
    if (!pinned) used[card] += bytes;
    *made = blocks[i].start;
    return 0;
}

static bool is_in(const block *b, const void *place) {
    const uint8_t *p = place;
    return p >= b->start && p < b->start + b->bytes;
}

/* What waits in a stream must not be freed. */
static void check_unused(const char *name, const block *b) {
    for (int i = 0; i < MOST_STREAMS; i++)
        for (int k = 0; streams[i] && k < streams[i]->n && !lost[streams[i]->card]; k++) {
            const work *w = &streams[i]->queue[k];
            bool used_here = !w->kernel && (is_in(b, w->to) || is_in(b, w->from));
            for (int p = 0; w->task.run && p < FAKE_TASK_PLACES; p++)
                used_here |= is_in(b, (void *)(uintptr_t)w->task.places[p]);
            for (int p = 0; w->kernel && p < w->kernel->n_parameters; p++)
                used_here |= w->kernel->bytes[p] == 8 && is_in(b, (void *)(uintptr_t)w->values[p]);
            if (used_here) wrong("%s that work in a stream still uses", name);
        }
}

static int free_block(const char *name, const void *place, bool pinned) {
    block *b = find_block(place, 0);
    if (!b || b->start != place || b->pinned != pinned) wrong("%s of what was not allocated", name);
    check_unused(name, b);
    if (!pinned) used[b->card] -= b->bytes;
    if (n_freed < MOST) freed[n_freed++] = b->start;
    free(b->start);
    *b = (block){0};
    return 0;
}

/* ------------------------------------------------------------------ the driver */

API(cuInit, hipInit)(unsigned flags) {
    LOCK;
    if (flags) wrong("flags are 0");
    started = true;
    return setting("none") >= 0 ? NO_DEVICE : 0;
}

API(cuDriverGetVersion, hipDriverGetVersion)(int *version) {
    *version = setting("old") >= 0      ? OLD_VERSION
               : setting("version") > 0 ? (int)setting("version")
                                        : VERSION;
    return 0;
}

API(cuGetErrorString, hipDrvGetErrorString)(int code, const char **text) {
    *text = code == OUT_OF_MEMORY   ? "out of memory"
            : code == NO_DEVICE     ? "no device is detected"
            : code == NO_BINARY     ? "no kernel image is available for execution on the device"
            : code == INVALID_PTX   ? "a PTX JIT compilation failed"
            : code == NOT_FOUND     ? "named symbol not found"
            : code == LAUNCH_FAILED ? "unspecified launch failure"
                                    : "unknown error";
    return 0;
}

API(cuDeviceGetCount, hipGetDeviceCount)(int *n) {
    *n = cards();
    return 0;
}

API(cuDeviceGet, hipDeviceGet)(int *card, int index) {
    *card = index;
    return index < cards() ? 0 : INVALID_DEVICE;
}

API(cuDeviceGetName, hipDeviceGetName)(char *name, int size, int card) {
    snprintf(name, (size_t)size, "Fake card %d", card);
    return 0;
}

API(cuDeviceGetAttribute, hipDeviceGetAttribute)(int *value, int which, int card) {
    const int capability = setting("capability") > 0 ? (int)setting("capability") : 61;
    (void)card;
    *value = which == 75 ? capability / 10 : which == 76 ? capability % 10 : UNITS;
    return 0;
}

API(cuDeviceTotalMem_v2, hipDeviceTotalMem)(size_t *bytes, int card) {
    (void)card;
    *bytes = (size_t)8 << 30;
    return 0;
}

#if defined(FAKE_HIP)

API(, hipGetDevice)(int *card) {
    *card = current[0];
    return 0;
}

API(, hipSetDevice)(int card) {
    current[0] = card;
    return card < cards() ? 0 : INVALID_DEVICE;
}

static const char *processor(void) {
    return setting_text("processor") ? setting_text("processor") : "gfx90a";
}

/* A struct of 1472 bytes with the processor's name at 1160 (hipDeviceProp_tR0600). */
API(, hipGetDevicePropertiesR0600)(void *properties, int card) {
    char *p = properties;
    (void)card;
    memset(p, 0, 1472);
    snprintf(p + 1160, 256, "%.*s:sramecc+:xnack-", (int)strcspn(processor(), " "), processor());
    return 0;
}

/* Numbers of the ELF header (EF_AMDGPU_MACH). */
static uint32_t processor_number(void) {
    static const struct {
        const char *name;
        uint32_t number;
    } all[] = {{"gfx900", 0x2c}, {"gfx906", 0x2f},  {"gfx90a", 0x3f},
               {"gfx942", 0x4c}, {"gfx1030", 0x36}, {"gfx1100", 0x41}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (!strncmp(processor(), all[i].name, strcspn(processor(), " "))) return all[i].number;
    return 0;
}

static int read_module(module *m, const void *image) {
    if (fake_processor_of(image) != processor_number()) return NO_BINARY;
    m->n = fake_read_code_object(image, m->kernels, MOST_KERNELS);
    return m->n > 0 ? 0 : NO_BINARY;
}

#else

/* A card's primary context. */
typedef struct context {
    int card, retained;
} context;
static context contexts[MOST_CARDS];

API(cuDevicePrimaryCtxRetain, )(context **made, int card) {
    LOCK;
    contexts[card].retained++;
    contexts[card].card = card;
    *made = &contexts[card];
    return 0;
}

API(cuCtxPushCurrent_v2, )(context *pushed) {
    LOCK;
    if (pushed < contexts || pushed >= contexts + MOST_CARDS || !pushed->retained)
        wrong("cuCtxPushCurrent of no context");
    if (depth == 16) wrong("contexts are pushed and not popped");
    current[depth++] = pushed->card;
    return 0;
}

API(cuCtxPopCurrent_v2, )(context **popped) {
    if (depth == 0) wrong("cuCtxPopCurrent of no context");
    *popped = &contexts[current[--depth]];
    return 0;
}

static int read_module(module *m, const void *image) {
    m->n = fake_read_ptx(image, m->kernels, MOST_KERNELS);
    if (m->n <= 0) wrong("this is no PTX");
    return 0;
}

#endif

enum { JIT_LOG = 5 };

API(cuModuleLoadDataEx, hipModuleLoadDataEx)
(module **made, const void *image, unsigned n, int *options, void **values) {
    LOCK;
    const int card = fake_current_card("loading a module");
    for (unsigned i = 0; i < n; i++)
        if (options[i] == JIT_LOG) strcpy(values[i], "ptxas fatal: as it was told");
    if (setting("refuse") >= 0) return INVALID_PTX;
    module *m = calloc(1, sizeof *m);
    m->card = card;
    const int code = read_module(m, image);
    if (code == 0) *made = m;
    else free(m);
    return code;
}

API(cuModuleGetFunction, hipModuleGetFunction)
(function **found, const module *m, const char *name) {
    LOCK;
    static function functions[MOST_FUNCTIONS];
    static int n;
    if (fake_current_card("finding a kernel") != m->card)
        wrong("%s: a module of another card", name);
    for (int i = 0; i < m->n; i++)
        if (!strcmp(m->kernels[i].name, name)) {
            if (n == MOST_FUNCTIONS) wrong("too many kernels are asked for");
            functions[n] = (function){&m->kernels[i], m->card, SMALL_LOCAL};
            *found = &functions[n++];
            return 0;
        }
    return NOT_FOUND;
}

/* -------------------------------------------------------------------- memory */

API(cuMemAlloc_v2, hipMalloc)(uint64_t *made, size_t bytes) {
    LOCK;
    void *start = NULL;
    const int card = fake_current_card("an allocation");
    if (bytes == 0) wrong("an allocation of 0 bytes");
    const int code = make_block(card, bytes, false, &start);
    *made = (uintptr_t)start;
    return code;
}

API(cuMemFree_v2, hipFree)(uint64_t place) {
    LOCK;
    fake_current_card("freeing memory");
    return free_block("freeing memory", (void *)(uintptr_t)place, false);
}

API(cuMemHostAlloc, hipHostMalloc)(void **made, size_t bytes, unsigned flags) {
    LOCK;
    (void)flags;
    return make_block(fake_current_card("pinning memory"), bytes, true, made);
}

API(cuMemFreeHost, hipHostFree)(void *place) {
    LOCK;
    fake_current_card("freeing pinned memory");
    return free_block("freeing pinned memory", place, true);
}

static void run(work *w) {
    int n = 0;
    if (w->task.run) w->task.run(w->task.what, w->task.places);
    else if (!w->kernel && w->bytes) memcpy(w->to, w->from, w->bytes);
    if (!w->kernel) return;
    for (int i = 0; i < w->kernel->n_parameters; i++)
        if (w->kernel->bytes[i] == FAKE_MAP_BYTES) w->values[i] = (uintptr_t)w->maps[n++];
    if (setting("idle") < 0) w->kernel->run(w->kernel, w->groups, w->size, w->local, w->values);
}

static void run_any(void *w) { run(w); }

/* Two launches of which the second may begin early does so, before the first does anything. Of
 * three, the first is done then: the second says that the third may begin when it has waited. */
static int run_some(work *w, int n) {
    if (n < 2 || !w[0].kernel || !w[1].early || setting("hasty") >= 0 || setting("idle") >= 0) {
        run(w);
        return 1;
    }
    fake_do_before(run_any, w);
    run(w + 1);
    if (fake_has_before()) wrong("%s waits for nothing", w[1].kernel->name);
    return 2;
}

/* ----------------------------------------------------- what streams do at the same time */

static bool is_copy(const work *w) { return !w->kernel && !w->task.run && w->bytes; }

/* Whether work k of one stream waits for work number `at` of another. */
static bool is_after(const stream *s, int k, const stream *other, long at) {
    for (int i = 0; i < k; i++) /* what is under way may be such a wait */
        if (s->queue[i].awaited == other && s->queue[i].until > at) return true;
    return false;
}

/* The card's side of a copy. */
static const uint8_t *card_side(const work *w) {
    const block *b = find_block(w->to, w->bytes);
    return b && !b->pinned ? w->to : w->from;
}

static uint64_t sum_of(const work *w) {
    const uint8_t *p = card_side(w);
    uint64_t sum = 14695981039346656037u;
    for (size_t i = 0; i < w->bytes; i++)
        sum = (sum ^ p[i]) * 1099511628211u;
    return sum;
}

/* What copies that may be under way at the same time use, as one number. */
static uint64_t sum_of_copies(const stream *s, long at) {
    uint64_t sum = 0;
    for (int i = 0; i < MOST_STREAMS; i++)
        for (int k = streams[i] && streams[i] != s ? streams[i]->running : MOST;
             k < MOST && k < streams[i]->n; k++)
            if (is_copy(&streams[i]->queue[k]) && !is_after(streams[i], k, s, at))
                sum += sum_of(&streams[i]->queue[k]);
    return sum;
}

/* A kernel that may run at the same time and is given a place in what the copy writes. */
static void check_readers(const work *copy, const work *w) {
    const uint8_t *to = copy->to;
    for (int p = 0; w->kernel && p < w->kernel->n_parameters; p++) {
        const uint8_t *place = (const uint8_t *)(uintptr_t)w->values[p];
        if (w->kernel->bytes[p] != 8 || !find_block(place, 0)) continue;
        if (p + 1 < w->kernel->n_parameters && w->kernel->bytes[p + 1] == 8)
            place += w->values[p + 1];
        if (place >= to && place < to + copy->bytes)
            wrong("%s uses what a copy in another stream writes", w->kernel->name);
    }
}

static void check_all_readers(const stream *s, long at, const work *copy) {
    const block *b = find_block(copy->to, copy->bytes);
    if (!b || b->pinned) return;
    for (int i = 0; i < MOST_STREAMS; i++)
        for (int k = streams[i] && streams[i] != s ? streams[i]->running : MOST;
             k < MOST && k < streams[i]->n; k++)
            if (!is_after(streams[i], k, s, at)) check_readers(copy, &streams[i]->queue[k]);
}

static int do_first(stream *s, int n);

/* A work of a stream, and before it what it waits for; of n, as many as are done together. */
static int do_work(stream *s, int i, int n) {
    work *w = &s->queue[i];
    const long at = s->done + i;
    stream *other = w->awaited;
    if (other && w->until > other->done + other->running)
        do_first(other, (int)(w->until - other->done));
    if (is_copy(w)) check_all_readers(s, at, w);
    const uint64_t before = w->kernel || w->task.run ? sum_of_copies(s, at) : 0;
    const int together = run_some(w, n);
    if ((w->kernel || w->task.run) && sum_of_copies(s, at) != before)
        wrong("%s writes what a copy in another stream uses",
              w->kernel ? w->kernel->name : "a task");
    return together;
}

/* Does the first n works of the queue. A lost card does nothing more: its memory may be gone. */
static int do_first(stream *s, int n) {
    s->depth++;
    while (s->running < n) {
        const int i = s->running++;
        const int together = lost[s->card] ? 1 : do_work(s, i, n - i);
        for (int k = i; k < i + together; k++)
            if (s->queue[k].own) free((void *)s->queue[k].from);
        s->running += together - 1;
    }
    if (--s->depth > 0) return 0; /* the call around this one goes on */
    n = s->running;
    s->running = 0;
    s->n -= n;
    s->done += n;
    memmove(s->queue, s->queue + n, (size_t)s->n * sizeof *s->queue);
    return lost[s->card] ? LAUNCH_FAILED : 0;
}

static int wait(stream *s) {
    if (s->captured) wrong("waiting for a stream while it is captured");
    if (fake_current_card("waiting for a stream") != s->card)
        wrong("waiting for a stream of another card");
    return do_first(s, s->n);
}

API(cuStreamSynchronize, hipStreamSynchronize)(stream *s) {
    LOCK;
    return wait(s);
}

static work *add_work(const char *name, stream *s) {
    if (!s) wrong("%s: no stream", name);
    if (fake_current_card(name) != s->card) wrong("%s: a stream of another card", name);
    if (s->captured) {
        if (s->captured->n == MOST) wrong("a full graph");
        return &s->captured->works[s->captured->n++];
    }
    if (s->n == MOST && wait(s) != 0) wrong("a full queue");
    return &s->queue[s->n++];
}

void fake_add_task(const char *name, void *to, const fake_task *task) {
    LOCK;
    for (int i = 0; i < FAKE_TASK_PLACES; i++)
        if (task->places[i] && task->bytes[i]) on_card(name, task->places[i], task->bytes[i]);
    *add_work(name, to) = (work){.task = *task};
}

static bool others_work(const stream *s) {
    for (int i = 0; i < MOST_STREAMS; i++)
        for (int k = streams[i] && streams[i] != s ? 0 : MOST; k < MOST && k < streams[i]->n; k++)
            if (streams[i]->queue[k].kernel) return true;
    return false;
}

/* Pinned memory is read when the stream comes to it; what is not pinned, at once. */
API(cuMemcpyHtoDAsync_v2, hipMemcpyHtoDAsync)
(uint64_t to, const void *from, size_t bytes, stream *s) {
    LOCK;
    void *place = on_card("a copy to the card", to, bytes);
    if (s->captured) wrong("a copy in a graph: its memory may change");
    beside += others_work(s);
    work *w = add_work("a copy to the card", s);
    *w = (work){.to = place, .from = from, .bytes = bytes};
    if (is_pinned(from, bytes)) return 0;
    w->from = memcpy(malloc(bytes), from, bytes);
    w->own = true;
    return 0;
}

API(cuMemcpyDtoHAsync_v2, hipMemcpyDtoHAsync)(void *to, uint64_t from, size_t bytes, stream *s) {
    LOCK;
    const void *place = on_card("a copy from the card", from, bytes);
    if (s->captured) wrong("a copy in a graph: its memory may change");
    brought += (long)bytes;
    beside += others_work(s);
    *add_work("a copy from the card", s) = (work){.to = to, .from = place, .bytes = bytes};
    return is_pinned(to, bytes) ? 0 : wait(s);
}

API(cuMemcpyDtoDAsync_v2, hipMemcpyDtoDAsync)
(uint64_t to, uint64_t from, size_t bytes, stream *s) {
    LOCK;
    uint8_t *place = on_card("a copy within the card", to, bytes);
    const uint8_t *source = on_card("a copy within the card", from, bytes);
    if (place < source + bytes && source < place + bytes) wrong("a copy onto itself");
    *add_work("a copy within the card", s) = (work){.to = place, .from = source, .bytes = bytes};
    return 0;
}

/* -------------------------------------------------------------------- streams */

API(cuStreamCreate, hipStreamCreateWithFlags)(stream **made, unsigned flags) {
    LOCK;
    if (flags != 1) wrong("a stream that waits for others");
    const int card = fake_current_card("making a stream");
    int i = 0;
    while (i < MOST_STREAMS && streams[i])
        i++;
    if (i == MOST_STREAMS) wrong("too many streams");
    streams[i] = *made = calloc(1, sizeof **made);
    (*made)->card = card;
    return 0;
}

API(cuStreamDestroy_v2, hipStreamDestroy)(stream *s) {
    LOCK;
    fake_current_card("closing a stream");
    if (wait(s) != 0 && !lost[s->card]) return LAUNCH_FAILED;
    for (int i = 0; i < MOST_STREAMS; i++) {
        if (streams[i] == s) streams[i] = NULL;
        for (int k = 0; streams[i] && k < streams[i]->n; k++)
            if (streams[i]->queue[k].awaited == s) streams[i]->queue[k].awaited = NULL;
    }
    free(s);
    return 0;
}

/* Where a stream was when the event was recorded; before that, nothing waits for it. */
typedef struct event {
    int card;
    stream *in;
    long at;
} event;
static int events;

API(cuEventCreate, hipEventCreateWithFlags)(event **created, unsigned flags) {
    LOCK;
    if (flags != 2) wrong("an event that takes the time");
    *created = calloc(1, sizeof **created);
    (*created)->card = fake_current_card("making an event");
    events++;
    return 0;
}

API(cuEventRecord, hipEventRecord)(event *e, stream *s) {
    LOCK;
    if (e->card != s->card || s->captured) wrong("an event in a wrong stream");
    e->in = s;
    e->at = s->done + s->n;
    return lost[s->card] ? LAUNCH_FAILED : 0;
}

API(cuEventSynchronize, hipEventSynchronize)(event *e) {
    LOCK;
    if (fake_current_card("waiting for an event") != e->card) wrong("an event of another card");
    if (!e->in || e->at <= e->in->done + e->in->running) return 0;
    return do_first(e->in, (int)(e->at - e->in->done));
}

API(cuStreamWaitEvent, hipStreamWaitEvent)(stream *s, const event *e, unsigned flags) {
    LOCK;
    if (flags || fake_current_card("waiting in a stream") != e->card || e->card != s->card)
        wrong("waiting in a stream of another card, or with flags");
    if (s->captured) wrong("waiting in a stream that is captured");
    if (!e->in) wrong("waiting in a stream for an event that nobody recorded");
    if (setting("unordered") >= 0) return 0;
    *add_work("waiting", s) = (work){.awaited = e->in, .until = e->at};
    return 0;
}

API(cuEventDestroy_v2, hipEventDestroy)(event *e) {
    LOCK;
    events--;
    free(e);
    return 0;
}

/* A pointer to memory of another card is a mistake of the caller's. */
static void check_parameters(const function *f, const work *w) {
    for (int i = 0; i < f->kernel->n_parameters; i++) {
        const block *b = find_block((const void *)(uintptr_t)w->values[i], 0);
        if (f->kernel->bytes[i] == 8 && b && b->card != f->card)
            wrong("%s gets memory of another card", f->kernel->name);
    }
}

/* What a graph was made with must still be there when it is launched: memory that was freed is. */
static void check_alive(const char *name, uint64_t address) {
    const void *place = (const void *)(uintptr_t)address;
    for (int i = 0; i < n_freed; i++)
        if (freed[i] == place && !find_block(place, 0))
            wrong("%s in a graph gets memory that was freed", name);
}

static void check_all_alive(const work *w) {
    for (int k = 0; w->kernel && k < w->kernel->n_parameters; k++)
        if (w->kernel->bytes[k] == 8) check_alive(w->kernel->name, w->values[k]);
    for (int k = 0; w->task.run && k < FAKE_TASK_PLACES; k++)
        check_alive("a task", w->task.places[k]);
}

#if !defined(FAKE_HIP)

enum { MAX_DYNAMIC_SHARED_SIZE_BYTES = 8, MOST_LOCAL = 232448 };

API(cuFuncSetAttribute, )(function *f, int which, int value) {
    LOCK;
    fake_current_card("an attribute of a kernel");
    if (which != MAX_DYNAMIC_SHARED_SIZE_BYTES) wrong("an attribute that is not played");
    if (value < 0 || value > MOST_LOCAL) return INVALID_VALUE;
    f->most_local = (unsigned)value;
    return 0;
}

API(cuTensorMapEncodeTiled, )
(void *map, unsigned type, unsigned rank, void *start, const uint64_t *dims,
 const uint64_t *strides, const uint32_t *box, const uint32_t *steps, unsigned interleave,
 unsigned swizzle, unsigned promotion, unsigned fill) {
    LOCK;
    const unsigned modes[4] = {interleave, swizzle, promotion, fill};
    const char *mistake = fake_encode_map(map, type, rank, start, dims, strides, box, steps, modes);
    if (mistake) wrong("cuTensorMapEncodeTiled: %s", mistake);
    on_card("a map", (uintptr_t)start, fake_map_span(map));
    return 0;
}

#endif

bool fake_is_hasty(void) { return setting("hasty") >= 0; }
bool fake_says(const char *word) { return setting_text(word) != NULL; }
const char *fake_setting(const char *word) { return setting_text(word); }

/* A kernel's name, its grid, and the bytes of the blocks that its pointers begin at: constants have
 * blocks of their own. */
static void list(const work *w) {
    if (setting("list") < 0) return;
    fprintf(stderr, "launch %s %u %u %u:", w->kernel->name, w->groups[0], w->groups[1],
            w->groups[2]);
    for (int i = 0; i < w->kernel->n_parameters; i++) {
        const block *b = find_block((const void *)(uintptr_t)w->values[i], 0);
        if (w->kernel->bytes[i] == 8 && b && b->start == (const uint8_t *)(uintptr_t)w->values[i])
            fprintf(stderr, " %zu", b->bytes);
    }
    fprintf(stderr, "\n");
}

API(cuLaunchKernel, hipModuleLaunchKernel)
(const function *f, unsigned x, unsigned y, unsigned z, unsigned size, unsigned size_y,
 unsigned size_z, unsigned shared, stream *s, void **parameters, void **extra) {
    LOCK;
    const char *name = f->kernel->name;
    if (!x || !y || !z || y > 65535 || z > 65535)
        wrong("%s: a grid of %u x %u x %u", name, x, y, z);
    if (!size || size > 1024 || size_y != 1 || size_z != 1 || shared > f->most_local || extra)
        wrong("%s: a block of %u x %u x %u", name, size, size_y, size_z);
    if (f->card != s->card) wrong("%s: a stream of another card", name);
    if (lost[f->card] || launches++ == setting("lost")) {
        lost[f->card] = true;
        return LAUNCH_FAILED;
    }
    work *w = add_work(name, s);
    *w = (work){.kernel = f->kernel, .groups = {x, y, z}, .size = size, .local = shared};
    for (int i = 0, n = 0; i < f->kernel->n_parameters; i++) {
        const bool is_map = f->kernel->bytes[i] == FAKE_MAP_BYTES;
        if (is_map && n == MOST_MAPS) wrong("%s: too many maps", name);
        memcpy(is_map ? (void *)w->maps[n++] : &w->values[i], parameters[i],
               (size_t)f->kernel->bytes[i]);
    }
    check_parameters(f, w);
    list(w);
    return 0;
}

#if !defined(FAKE_HIP)

/* CUlaunchConfig and CUlaunchAttribute of cuda.h. */
typedef struct launch_attribute {
    int id;
    char pad[4];
    union {
        char bytes[64];
        int i;
    } value;
} launch_attribute;
typedef struct launch_config {
    unsigned x, y, z, size_x, size_y, size_z, shared;
    stream *in;
    launch_attribute *attributes;
    unsigned n;
} launch_config;
enum { PROGRAMMATIC_STREAM_SERIALIZATION = 6 };

API(cuLaunchKernelEx, )
(const launch_config *c, const function *f, void **parameters, void **extra) {
    LOCK;
    stream *s = c->in;
    if (c->n != 1 || c->attributes->id != PROGRAMMATIC_STREAM_SERIALIZATION ||
        c->attributes->value.i != 1)
        wrong("%s: an attribute that is not played", f->kernel->name);
    const int code = cuLaunchKernel(f, c->x, c->y, c->z, c->size_x, c->size_y, c->size_z, c->shared,
                                    s, parameters, extra);
    if (code == 0)
        (s->captured ? &s->captured->works[s->captured->n - 1] : &s->queue[s->n - 1])->early = true;
    return code;
}

#endif

/* --------------------------------------------------------------------- graphs */

API(cuStreamBeginCapture_v2, hipStreamBeginCapture)(stream *s, int mode) {
    LOCK;
    if (mode != 1) wrong("a capture that other threads disturb");
    if (setting("uncaptured") >= 0) return LAUNCH_FAILED;
    if (fake_current_card("a capture") != s->card || s->captured)
        wrong("a capture of a wrong stream");
    s->captured = calloc(1, sizeof *s->captured);
    s->captured->card = s->card;
    return 0;
}

API(cuStreamEndCapture, hipStreamEndCapture)(stream *s, graph **made) {
    LOCK;
    if (fake_current_card("a capture") != s->card || !s->captured) wrong("the end of no capture");
    *made = s->captured;
    s->captured = NULL;
    return 0;
}

API(cuGraphInstantiateWithFlags, hipGraphInstantiateWithFlags)
(graph **made, const graph *g, unsigned long long flags) {
    LOCK;
    if (flags || g->n == 0) wrong("an empty graph, or one with flags");
    if (setting("unrecorded") >= 0) return LAUNCH_FAILED;
    *made = malloc(sizeof **made);
    **made = *g;
    recordings++;
    return 0;
}

API(cuGraphDestroy, hipGraphDestroy)(graph *g) {
    free(g);
    return 0;
}

API(cuGraphLaunch, hipGraphLaunch)(const graph *g, stream *s) {
    LOCK;
    if (g->card != s->card) wrong("a graph of another card");
    if (lost[s->card]) return LAUNCH_FAILED;
    for (int i = 0; i < g->n; i++) {
        check_all_alive(&g->works[i]);
        *add_work("a graph", s) = g->works[i];
    }
    replays++;
    return 0;
}

API(cuGraphExecDestroy, hipGraphExecDestroy)(graph *g) {
    LOCK;
    recordings--;
    free(g);
    return 0;
}

__attribute__((destructor)) static void count(void) {
    if (setting("count") >= 0)
        fprintf(stderr,
                FAKE_LIBRARY ": %d launches, %d replays, %ld bytes brought, %d copies beside\n",
                launches, replays, brought, beside);
    if (setting("leaves") >= 0) return;
    if (events) wrong("%d events were not freed", events);
    if (recordings) wrong("%d recordings were not freed", recordings);
}
