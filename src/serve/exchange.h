/* SPDX-License-Identifier: MIT
 * One HTTP request and its answer. The door (http_door.h) fills in the request and sends what the
 * answer holds; in between, any thread may write the answer. */
#ifndef LWI_EXCHANGE_H
#define LWI_EXCHANGE_H

#include <pthread.h>

#include "base/json_writer.h"

struct lwi_server;
struct lwi_route;

enum { LWI_PATH_BYTES = 512 };

typedef struct lwi_exchange {
    struct lwi_server *server;
    const struct lwi_route *route; /* NULL: none fits */
    char method[16];
    char path[LWI_PATH_BYTES], shown[LWI_PATH_BYTES]; /* shown: as it came */
    const char *segment; /* the part of the path that the route's first '*' stands for, decoded */
    size_t header_bytes; /* of the body that are JSON, before binary tensors; 0: all */
    lwi_buffer body;
    double began;      /* lwi_serve_clock() when the head of the request had come */
    bool begun;        /* the request has come whole */
    const char *allow; /* methods that the path takes; NULL: nothing to say */

    pthread_mutex_t lock; /* guards what follows */
    int users;
    int code;                       /* HTTP status; 0: not answered yet */
    const char *type, *policy;      /* Content-Type, Content-Security-Policy */
    lwi_buffer out;                 /* what has not been sent */
    size_t sent;                    /* bytes of it that have been, after all */
    bool stream;                    /* the answer comes piece by piece */
    bool complete;                  /* nothing will be added */
    bool asleep;                    /* the door waits for wake() */
    bool gone;                      /* the client is */
    size_t header_length;           /* of the answer that are JSON; 0: all */
    void (*wake)(void *connection); /* NULL: nobody waits */
    void *connection;               /* the door's */
    void (*abandon)(void *work);    /* stops the work on the answer; NULL: no need to */
    void *work;
} lwi_exchange;

/* Seconds of a clock that only goes forward. */
double lwi_serve_clock(void);

lw_status lwi_exchange_new(struct lwi_server *server, lwi_exchange **exchange);
void lwi_exchange_use(lwi_exchange *exchange);
/* One user less; the last one frees it. */
void lwi_exchange_leave(lwi_exchange *exchange);
/* The client has gone: the work is abandoned. */
void lwi_exchange_lose(lwi_exchange *exchange);
bool lwi_exchange_lost(lwi_exchange *exchange);
bool lwi_exchange_answered(lwi_exchange *exchange);
/* From now on, losing the client calls abandon(work); at once if it has gone already. */
void lwi_exchange_guard(lwi_exchange *exchange, void (*abandon)(void *work), void *work);
/* No longer. */
void lwi_exchange_unguard(lwi_exchange *exchange);

/* The answer: bytes are taken over from the buffer. Later answers are ignored. */
void lwi_answer(lwi_exchange *exchange, int code, const char *type, lwi_buffer *bytes);
/* The same from a writer, which is freed. */
void lwi_answer_json(lwi_exchange *exchange, int code, lwi_json_writer *json);

/* An answer in pieces (server-sent events, WHATWG HTML section 9.2). */
void lwi_stream_open(lwi_exchange *exchange);
/* "data: " and the bytes, which hold no line break. */
void lwi_stream_event(lwi_exchange *exchange, const char *data, size_t size);
void lwi_stream_close(lwi_exchange *exchange);

#endif
