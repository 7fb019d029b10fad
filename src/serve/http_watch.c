/* SPDX-License-Identifier: MIT */
#include "serve/http_watch.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

struct lwi_client {
    lwi_client *next, *before;
    int socket;
    double since;           /* it could send a request */
    lwi_exchange *exchange; /* that it waits for; NULL: none */
    bool half;              /* it has closed its side before its request was whole */
    bool cut;               /* nothing more is expected of it */
};

struct lwi_watch {
    pthread_t thread;
    pthread_mutex_t lock; /* guards what follows; taken before an exchange's */
    lwi_client *clients;
    size_t n;
    bool stop;
    double patience;
    int wake[2]; /* a pipe */
    /* of the thread alone */
    struct pollfd *sockets;
    size_t capacity;
};

/* Seconds in which what a client sent before it closed its side becomes a request. */
static const double GRACE = 1;

static void wake(lwi_watch *w) {
    const ssize_t ignored = write(w->wake[1], "", 1); /* a full pipe wakes too */
    (void)ignored;
}

/* Under the lock: what to wait for; *timeout in milliseconds. */
static size_t collect(lwi_watch *w, int *timeout) {
    const double now = lwi_serve_clock();
    size_t n = 0;
    *timeout = -1;
    w->sockets[n++] = (struct pollfd){.fd = w->wake[0], .events = POLLIN};
    for (lwi_client *c = w->clients; c; c = c->next) {
        if (c->cut) continue;
        if (!c->half && n < w->capacity)
            w->sockets[n++] = (struct pollfd){.fd = c->socket, .events = POLLRDHUP};
        const double left = c->since + w->patience - now;
        const int wait = left > 0 ? (int)(left * 1000) + 1 : 0;
        if (!c->exchange && (*timeout < 0 || wait < *timeout)) *timeout = wait;
    }
    return n;
}

static bool hung_up(const lwi_client *c) {
    struct pollfd one = {.fd = c->socket, .events = POLLRDHUP};
    return poll(&one, 1, 0) > 0;
}

/* A client without a request; one that has closed its side will not complete it. */
static void look_at_idle(const lwi_watch *w, lwi_client *c, double now) {
    if (!c->half && hung_up(c)) {
        c->half = true;
        if (c->since > now + GRACE - w->patience) c->since = now + GRACE - w->patience;
    }
    if (now < c->since + w->patience) return;
    c->cut = true;
    shutdown(c->socket, SHUT_RDWR);
}

/* Under the lock, so that no socket is closed meanwhile. */
static void look(lwi_watch *w) {
    const double now = lwi_serve_clock();
    for (lwi_client *c = w->clients; c; c = c->next) {
        if (c->cut) continue;
        if (!c->exchange) look_at_idle(w, c, now);
        else if (hung_up(c)) {
            c->cut = true;
            lwi_exchange_lose(c->exchange);
        }
    }
}

/* Room for all clients; with no memory, those beyond are looked at when others wake the thread. */
static void make_room(lwi_watch *w) {
    const lw_status ignored =
        lwi_grow(&lwi_malloc_allocator, &w->sockets, &w->capacity, w->n + 1, sizeof *w->sockets);
    (void)ignored;
}

static void *run(void *arg) {
    lwi_watch *w = arg;
    char drained[64];
    pthread_mutex_lock(&w->lock);
    while (!w->stop) {
        int timeout;
        make_room(w);
        const size_t n = collect(w, &timeout);
        pthread_mutex_unlock(&w->lock);
        poll(w->sockets, n, timeout);
        while (read(w->wake[0], drained, sizeof drained) > 0)
            continue;
        pthread_mutex_lock(&w->lock);
        look(w);
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

static void dismantle(lwi_watch *w) {
    if (w->wake[0] >= 0) close(w->wake[0]);
    if (w->wake[1] >= 0) close(w->wake[1]);
    pthread_mutex_destroy(&w->lock);
    lwi_free(&lwi_malloc_allocator, w->sockets);
    lwi_free(&lwi_malloc_allocator, w);
}

lw_status lwi_watch_start(double patience, lwi_watch **watch) {
    lwi_watch *w = NULL;
    LW_TRY(lwi_alloc_array(&lwi_malloc_allocator, 1, sizeof *w, &w));
    w->patience = patience;
    w->wake[0] = w->wake[1] = -1;
    pthread_mutex_init(&w->lock, NULL);
    const bool good = lwi_grow(&lwi_malloc_allocator, &w->sockets, &w->capacity, 64,
                               sizeof *w->sockets) == LW_OK &&
                      pipe2(w->wake, O_NONBLOCK | O_CLOEXEC) == 0 &&
                      pthread_create(&w->thread, NULL, run, w) == 0;
    if (!good) {
        dismantle(w);
        return lwi_fail(LW_NO_MEMORY, "the thread that watches clients cannot be started");
    }
    *watch = w;
    return LW_OK;
}

void lwi_watch_stop(lwi_watch *w) {
    if (!w) return;
    pthread_mutex_lock(&w->lock);
    w->stop = true;
    pthread_mutex_unlock(&w->lock);
    wake(w);
    pthread_join(w->thread, NULL);
    dismantle(w);
}

lwi_client *lwi_watch_join(lwi_watch *w, int socket) {
    lwi_client *c = NULL;
    if (lwi_alloc_array(&lwi_malloc_allocator, 1, sizeof *c, &c) != LW_OK) return NULL;
    c->socket = socket;
    c->since = lwi_serve_clock();
    pthread_mutex_lock(&w->lock);
    c->next = w->clients;
    if (c->next) c->next->before = c;
    w->clients = c;
    w->n++;
    pthread_mutex_unlock(&w->lock);
    wake(w);
    return c;
}

void lwi_watch_leave(lwi_watch *w, lwi_client *c) {
    if (!c) return;
    pthread_mutex_lock(&w->lock);
    if (c->before) c->before->next = c->next;
    else w->clients = c->next;
    if (c->next) c->next->before = c->before;
    w->n--;
    pthread_mutex_unlock(&w->lock);
    lwi_free(&lwi_malloc_allocator, c);
}

void lwi_watch_work(lwi_watch *w, lwi_client *c, lwi_exchange *exchange) {
    if (!c) return;
    pthread_mutex_lock(&w->lock);
    c->exchange = exchange;
    c->half = false;
    c->since = lwi_serve_clock();
    pthread_mutex_unlock(&w->lock);
    wake(w);
}

void lwi_watch_lose_all(lwi_watch *w) {
    pthread_mutex_lock(&w->lock);
    for (lwi_client *c = w->clients; c; c = c->next) {
        c->cut = true;
        if (c->exchange) lwi_exchange_lose(c->exchange);
    }
    pthread_mutex_unlock(&w->lock);
}
