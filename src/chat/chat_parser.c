/* SPDX-License-Identifier: MIT
 * Replies, told apart while they come. Text is held back as long as it may be the beginning of a
 * mark; white space as long as it may be the end of a section. */
#include "base/hash.h"
#include "chat/chat_template.h"

#include <string.h>

enum { MOST_REPLY = 256 << 20 };

/* Content, or reasoning. */
typedef struct stream {
    lwi_buffer text, space; /* space: white space that waits for what follows */
    size_t sent;
    bool fresh; /* at the start of a section, where white space does not count */
} stream;

struct lw_chat_parser {
    const lwi_reply_format *format;
    lwi_arena arena; /* the tools */
    lwi_buffer pending;
    size_t from;       /* of pending, what is not yet told apart */
    size_t searched;   /* bytes behind it in which no closing mark begins */
    stream streams[2]; /* LWI_CONTENT, LWI_REASONING */
    lwi_calls calls;
    const lwi_section *section; /* NULL: content outside of any */
    lwi_section bare;
    bool ended, has_tools, started;
};

/* ------------------------------------------------------------------ emitting */

static bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

static lw_status emit(stream *s, const char *text, size_t size) {
    while (s->fresh && size && is_space(*text))
        text++, size--;
    if (!size) return LW_OK;
    s->fresh = false;
    size_t end = size;
    while (end && is_space(text[end - 1]))
        end--;
    if (end) {
        if (s->space.size) LW_TRY(lwi_buffer_put(&s->text, s->space.data, s->space.size));
        s->space.size = 0;
        LW_TRY(lwi_buffer_put(&s->text, text, end));
    }
    return lwi_buffer_put(&s->space, text + end, size - end);
}

static lw_status begin_section(lw_chat_parser *p, const lwi_section *section) {
    stream *s = &p->streams[section->kind == LWI_REASONING];
    p->section = section;
    if (section->kind == LWI_CONTENT && !section->close) p->section = NULL;
    if (section->kind == LWI_CALLS || !p->section) return LW_OK;
    s->space.size = 0;
    if (s->text.size && section->kind == LWI_REASONING) LW_TRY(lwi_buffer_put(&s->text, "\n", 1));
    s->fresh = true;
    return LW_OK;
}

static lw_status end_calls(lw_chat_parser *p, const lwi_section *section, const char *body,
                           size_t size, bool closed) {
    stream *content = &p->streams[LWI_CONTENT];
    bool understood = false;
    LW_TRY(section->read(&p->calls, body, size, &understood));
    if (understood) {
        content->space.size = 0;
        content->fresh = true;
        return LW_OK;
    }
    if (section->open && !section->keep_open)
        LW_TRY(emit(content, section->open, strlen(section->open)));
    LW_TRY(emit(content, body, size));
    return closed ? emit(content, section->close, strlen(section->close)) : LW_OK;
}

/* ------------------------------------------------------------------- marks */

/* Bytes at the end of a text that may be the beginning of the mark. */
static size_t partial(const char *text, size_t size, const char *mark) {
    size_t n = strlen(mark) - 1;
    if (n > size) n = size;
    while (n && memcmp(text + size - n, mark, n))
        n--;
    return n;
}

/* The first opening mark; *at is where, or up to where the text is certain. While a longer mark may
 * still come in its place, none is found. */
static const lwi_section *find_open(const lw_chat_parser *p, const char *text, size_t size,
                                    size_t *at) {
    const lwi_section *best = NULL;
    size_t certain = size;
    for (int i = 0; i < LWI_MOST_SECTIONS && p->format->sections[i].open; i++) {
        const lwi_section *s = &p->format->sections[i];
        const size_t n = strlen(s->open);
        const char *found = size ? memmem(text, size, s->open, n) : NULL;
        const size_t where = found ? (size_t)(found - text) : SIZE_MAX;
        if (!p->ended && size - partial(text, size, s->open) < certain)
            certain = size - partial(text, size, s->open);
        if (where == SIZE_MAX || (best && where > *at)) continue;
        if (best && where == *at && n < strlen(best->open)) continue;
        best = s, *at = where;
    }
    if (best && certain > *at) return best;
    *at = certain;
    return NULL;
}

static lw_status outside(lw_chat_parser *p, bool *more) {
    const char *text = p->pending.data + p->from;
    const size_t size = p->pending.size - p->from;
    size_t at = 0;
    const lwi_section *section = find_open(p, text, size, &at);
    LW_TRY(emit(&p->streams[LWI_CONTENT], text, at));
    p->from += at;
    *more = section != NULL;
    if (!section) return LW_OK;
    if (!section->keep_open) p->from += strlen(section->open);
    return begin_section(p, section);
}

static lw_status leave(lw_chat_parser *p) {
    const bool reasoning = p->section->kind == LWI_REASONING;
    if (reasoning) {
        p->streams[LWI_REASONING].space.size = 0;
        p->streams[LWI_CONTENT].fresh = !p->streams[LWI_CONTENT].text.size;
    }
    p->section = NULL;
    return LW_OK;
}

/* Within a section: up to its closing mark, or what of it is certain. */
static lw_status inside(lw_chat_parser *p, bool *more) {
    const lwi_section *section = p->section;
    const char *text = p->pending.data + p->from;
    const size_t size = p->pending.size - p->from;
    const char *close =
        section->close && size ? memmem(text, size, section->close, strlen(section->close)) : NULL;
    *more = close != NULL;
    if (!close && section->kind == LWI_CALLS && !p->ended) return LW_OK;
    const size_t held = p->ended || !section->close ? 0 : partial(text, size, section->close);
    const size_t n = close ? (size_t)(close - text) : size - held;
    if (section->kind == LWI_CALLS) LW_TRY(end_calls(p, section, text, n, close != NULL));
    else LW_TRY(emit(&p->streams[section->kind == LWI_REASONING], text, n));
    p->from += n;
    p->searched = 0;
    if (close && !section->keep_close) p->from += strlen(section->close);
    return close || section->kind == LWI_CALLS ? leave(p) : LW_OK;
}

/* A reply that is nothing but a JSON object: *more while that is possible. */
static void begin_bare(lw_chat_parser *p) {
    size_t i = p->from;
    while (i < p->pending.size && is_space(p->pending.data[i]))
        i++;
    if (i == p->pending.size) return;
    p->started = true;
    if (p->format->bare_json && p->has_tools && !p->section && p->pending.data[i] == '{')
        p->section = &p->bare;
}

static lw_status advance(lw_chat_parser *p) {
    bool more = p->pending.size > p->from || p->ended;
    if (!p->started) begin_bare(p);
    while (more)
        LW_TRY(p->section ? inside(p, &more) : outside(p, &more));
    return LW_OK;
}

/* ----------------------------------------------------------------- interface */

const char *lw_chat_template_format(const lw_chat_template *chat) {
    return chat ? chat->format->name : NULL;
}

/* A prompt that ends with the mark of reasoning, perhaps with a line break. */
static void begin_within_reasoning(lw_chat_parser *p, const char *prompt) {
    size_t n = strlen(prompt);
    while (n && is_space(prompt[n - 1]))
        n--;
    for (int i = 0; i < LWI_MOST_SECTIONS && p->format->sections[i].open; i++) {
        const lwi_section *s = &p->format->sections[i];
        const size_t size = strlen(s->open);
        if (s->kind != LWI_REASONING || n < size || memcmp(prompt + n - size, s->open, size))
            continue;
        p->section = s;
        p->streams[LWI_REASONING].fresh = true;
    }
}

static lw_status prepare(lw_chat_parser *p, const lw_chat_parser_options *o) {
    p->bare = (lwi_section){NULL, NULL, LWI_CALLS, lwi_read_json_calls, false, false};
    if (o->tools) {
        LW_TRY(lwi_json_parse(&p->arena, o->tools, strlen(o->tools), NULL, &p->calls.tools));
        p->has_tools = lwi_json_is(p->calls.tools, LWI_JSON_ARRAY) && p->calls.tools->size;
    }
    if (o->prompt) begin_within_reasoning(p, o->prompt);
    return lwi_buffer_text(&p->pending, p->format->prefix ? p->format->prefix : "");
}

lw_status lw_chat_parser_new(const lw_chat_template *chat, const lw_chat_parser_options *given,
                             lw_chat_parser **parser) {
    lw_chat_parser_options o = {0};
    const lw_allocator *allocator = &lwi_malloc_allocator;
    void *block = NULL;
    if (given) memcpy(&o, given, given->size < sizeof o ? given->size : sizeof o);
    if (!parser || (!chat && !o.format))
        return lwi_fail(LW_INVALID,
                        "a template, or a format, and a place for the parser are needed");
    const lwi_reply_format *format = o.format ? lwi_named_reply_format(o.format) : chat->format;
    if (!format) return lwi_fail(LW_NOT_FOUND, "there is no format of replies '%s'", o.format);
    LW_TRY(lwi_alloc(allocator, sizeof **parser, &block));
    lw_chat_parser *p = block;
    memset(p, 0, sizeof *p);
    p->format = format;
    lwi_arena_init(&p->arena, allocator);
    p->pending = p->calls.text = p->calls.deltas = lwi_buffer_new(allocator);
    for (int i = 0; i < 2; i++)
        p->streams[i].text = p->streams[i].space = lwi_buffer_new(allocator);
    const char *name = o.name ? o.name : o.prompt ? o.prompt : "";
    p->calls.name = lwi_hash(0, name, strlen(name));
    const lw_status status = prepare(p, &o);
    if (status == LW_OK) *parser = p;
    else lw_chat_parser_free(p);
    return status;
}

void lw_chat_parser_free(lw_chat_parser *p) {
    if (!p) return;
    lwi_buffer_free(&p->pending);
    lwi_buffer_free(&p->calls.text);
    lwi_buffer_free(&p->calls.deltas);
    for (int i = 0; i < 2; i++) {
        lwi_buffer_free(&p->streams[i].text);
        lwi_buffer_free(&p->streams[i].space);
    }
    lwi_arena_free(&p->arena);
    lwi_free(&lwi_malloc_allocator, p);
}

lw_status lw_chat_parser_feed(lw_chat_parser *p, const char *text, size_t size) {
    if (!p || (size && !text) || p->ended)
        return lwi_fail(LW_INVALID, "a parser that has not ended, and text, are needed");
    if (size > MOST_REPLY - p->pending.size || p->pending.size > MOST_REPLY)
        return lwi_fail(LW_LIMIT, "a reply of more than %d bytes", MOST_REPLY);
    LW_TRY(lwi_buffer_put(&p->pending, text, size));
    LW_TRY(advance(p));
    if (p->from > p->pending.size / 2) { /* what is told apart is not needed any more */
        memmove(p->pending.data, p->pending.data + p->from, p->pending.size - p->from);
        p->pending.size -= p->from;
        p->from = 0;
    }
    return LW_OK;
}

lw_status lw_chat_parser_end(lw_chat_parser *p) {
    if (!p) return lwi_fail(LW_INVALID, "a parser is needed");
    if (p->ended) return LW_OK;
    p->ended = true;
    LW_TRY(advance(p));
    stream *content = &p->streams[LWI_CONTENT];
    if (p->calls.count || !content->text.size) return LW_OK;
    return lwi_buffer_put(&content->text, content->space.data, content->space.size);
}

/* -------------------------------------------------------------------- output */

/* As much of a text as ends with a whole character. */
static size_t whole_characters(const lwi_buffer *text) {
    size_t n = text->size;
    for (size_t back = 1; back <= 3 && back <= n; back++) {
        const unsigned char c = (unsigned char)text->data[n - back];
        if ((c & 0xc0) == 0x80) continue;
        const size_t need = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc0 ? 2 : 1;
        return need > back ? n - back : n;
    }
    return n;
}

static lw_status put_member(lwi_buffer *out, const char *key, const char *text, size_t size) {
    LW_TRY(lwi_buffer_text(out, out->size > 1 ? "," : ""));
    LW_TRY(lwi_buffer_json_string(out, key, strlen(key)));
    LW_TRY(lwi_buffer_put(out, ":", 1));
    return lwi_buffer_json_string(out, text, size);
}

static lw_status put_calls(lwi_buffer *out, const lwi_buffer *calls) {
    LW_TRY(lwi_buffer_text(out, out->size > 1 ? ",\"tool_calls\":[" : "\"tool_calls\":["));
    LW_TRY(lwi_buffer_put(out, calls->data, calls->size));
    return lwi_buffer_put(out, "]", 1);
}

static lw_status put_delta(lw_chat_parser *p, lwi_buffer *out) {
    static const char *const keys[] = {"content", "reasoning_content"};
    LW_TRY(lwi_buffer_put(out, "{", 1));
    for (int i = 1; i >= 0; i--) {
        stream *s = &p->streams[i];
        const size_t end = p->ended ? s->text.size : whole_characters(&s->text);
        if (end > s->sent) LW_TRY(put_member(out, keys[i], s->text.data + s->sent, end - s->sent));
    }
    if (p->calls.deltas.size) LW_TRY(put_calls(out, &p->calls.deltas));
    return lwi_buffer_put(out, "}", 1);
}

static lw_status put_message(const lw_chat_parser *p, lwi_buffer *out) {
    const lwi_buffer *content = &p->streams[0].text, *reasoning = &p->streams[1].text;
    LW_TRY(lwi_buffer_text(out, "{\"role\":\"assistant\""));
    if (content->size || !p->calls.count)
        LW_TRY(put_member(out, "content", content->data, content->size));
    else LW_TRY(lwi_buffer_text(out, ",\"content\":null"));
    if (reasoning->size)
        LW_TRY(put_member(out, "reasoning_content", reasoning->data, reasoning->size));
    if (p->calls.count) LW_TRY(put_calls(out, &p->calls.text));
    return lwi_buffer_put(out, "}", 1);
}

static lw_status hand_over(lw_status status, lwi_buffer *out, lw_text *json) {
    if (status == LW_OK) *json = (lw_text){out->data, out->size};
    else lwi_buffer_free(out);
    return status;
}

lw_status lw_chat_parser_delta(lw_chat_parser *p, lw_text *json) {
    lwi_buffer out = lwi_buffer_new(&lwi_malloc_allocator);
    if (!p || !json) return lwi_fail(LW_INVALID, "a parser and a place for the text are needed");
    const lw_status status = hand_over(put_delta(p, &out), &out, json);
    if (status != LW_OK) return status;
    for (int i = 0; i < 2; i++) {
        const size_t end = whole_characters(&p->streams[i].text);
        p->streams[i].sent = p->ended ? p->streams[i].text.size : end;
    }
    p->calls.deltas.size = 0;
    return LW_OK;
}

lw_status lw_chat_parser_message(const lw_chat_parser *p, lw_text *json) {
    lwi_buffer out = lwi_buffer_new(&lwi_malloc_allocator);
    if (!p || !json) return lwi_fail(LW_INVALID, "a parser and a place for the text are needed");
    return hand_over(put_message(p, &out), &out, json);
}
