/* SPDX-License-Identifier: MIT
 * StringSplit (ONNX 20): the parts of strings between delimiters, or between white space if none is
 * given. The parts of each string fill a row, with "" after the last. */
#include "ops/op.h"

#include <string.h>

/* What is left of a string, and how it is split. */
typedef struct splitter {
    const char *at, *end;
    const char *delimiter;
    size_t size;  /* of the delimiter; 0: white space */
    int64_t left; /* splits that may still be made */
    bool done;
} splitter;

static bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

static void skip_space(splitter *s) {
    while (s->at < s->end && is_space(*s->at))
        s->at++;
}

static splitter split_string(const lwi_call *c, const lw_string *text) {
    splitter s = {.at = text->data, .end = text->data + text->size};
    s.delimiter = lwi_attr_string(c->node, "delimiter", "");
    s.size = strlen(s.delimiter);
    s.left = lwi_attr_int(c->node, "maxsplit", INT64_MAX);
    if (s.left < 0) s.left = INT64_MAX;
    if (s.size == 0) {
        skip_space(&s);
        while (s.left < INT64_MAX && s.end > s.at && is_space(s.end[-1]))
            s.end--;
        s.done = s.at == s.end;
    }
    return s;
}

static const char *find(const splitter *s) {
    for (const char *at = s->at; (size_t)(s->end - at) >= s->size; at++)
        if (!memcmp(at, s->delimiter, s->size)) return at;
    return s->end;
}

static bool next_part(splitter *s, lw_string *part) {
    if (s->done) return false;
    const char *begin = s->at, *stop = s->end;
    if (s->left-- > 0) {
        if (s->size > 0) stop = find(s);
        else
            for (stop = begin; stop < s->end && !is_space(*stop);)
                stop++;
    }
    *part = (lw_string){begin, (size_t)(stop - begin)};
    s->done = stop == s->end;
    s->at = s->done ? stop : stop + s->size;
    if (s->size == 0) {
        skip_space(s);
        s->done = s->at == s->end;
    }
    return true;
}

static size_t count_parts(const lwi_call *c, const lw_string *text) {
    splitter s = split_string(c, text);
    lw_string part;
    size_t n = 0;
    while (next_part(&s, &part))
        n++;
    return n;
}

static lw_status infer(lwi_call *c) {
    const lw_value *x = c->in[0];
    const lw_string *text = x->data;
    int64_t dims[LW_MAX_RANK + 1];
    size_t most = 0;
    if (!lwi_known(c, 0)) return LWI_LATER;
    for (size_t i = 0; i < x->count; i++) {
        const size_t n = count_parts(c, &text[i]);
        if (n > most) most = n;
    }
    memcpy(dims, x->dims, sizeof x->dims);
    dims[x->rank] = (int64_t)most;
    LW_TRY(lwi_out(c, 0, LW_STRING, x->rank + 1, dims));
    return lwi_out(c, 1, LW_INT64, x->rank, x->dims);
}

static lw_status run(lwi_call *c) {
    const lw_value *x = c->in[0];
    const lw_string *text = x->data;
    lw_string *parts = c->out[0] ? c->out[0]->data : NULL;
    int64_t *counts = c->out[1] ? c->out[1]->data : NULL;
    const size_t row = c->out[0] && x->count ? c->out[0]->count / x->count : 0;
    for (size_t i = 0; i < x->count; i++) {
        if (counts) counts[i] = (int64_t)count_parts(c, &text[i]);
        splitter s = split_string(c, &text[i]);
        for (size_t k = 0; k < row; k++)
            if (!next_part(&s, &parts[i * row + k])) parts[i * row + k] = (lw_string){"", 0};
    }
    return LW_OK;
}

const lwi_op lwi_op_string_split = {.infer = infer, .run = run};
