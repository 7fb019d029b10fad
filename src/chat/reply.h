/* SPDX-License-Identifier: MIT
 * What a model writes: content, reasoning and tool calls, told apart by marks that depend on the
 * model's format, which is found from its template. */
#ifndef LWI_REPLY_H
#define LWI_REPLY_H

#include "base/byte_buffer.h"
#include "base/json_read.h"

typedef enum lwi_section_kind { LWI_CONTENT, LWI_REASONING, LWI_CALLS } lwi_section_kind;

/* Calls found so far, as elements of OpenAI's tool_calls. */
typedef struct lwi_calls {
    lwi_buffer text;   /* {...},{...} */
    lwi_buffer deltas; /* the same with "index", of those not told yet */
    size_t count;
    uint64_t name;              /* of the reply: the ids of its calls come from it */
    const lwi_json_item *tools; /* as the model was given them; NULL: not known */
} lwi_calls;

/* Adds what a section says; *understood is false if it is no call. */
typedef lw_status lwi_read_calls(lwi_calls *calls, const char *text, size_t size, bool *understood);

/* A part of the text, from one mark to another. close NULL: to the end. */
typedef struct lwi_section {
    const char *open, *close;
    lwi_section_kind kind;
    lwi_read_calls *read;
    bool keep_close; /* the closing mark also opens the next section */
    bool keep_open;  /* the opening mark is part of what is read */
} lwi_section;

enum { LWI_MOST_SECTIONS = 8 };
typedef struct lwi_reply_format {
    const char *name;
    const char *signs[2]; /* both are in the template */
    const char *prefix;   /* of the text, which the prompt has already */
    bool bare_json;       /* a call may be nothing but an object of JSON */
    lwi_section sections[LWI_MOST_SECTIONS];
} lwi_reply_format;

const lwi_reply_format *lwi_find_reply_format(const char *template_text, size_t size);
const lwi_reply_format *lwi_named_reply_format(const char *name);

/* {"name": ..., "arguments": ...} and its relatives, one, several or an array of them. */
lw_status lwi_read_json_calls(lwi_calls *calls, const char *text, size_t size, bool *understood);
/* Between <tool_call> and </tool_call>: JSON, <function=...>, or a name with <arg_key>. */
lw_status lwi_read_tagged_calls(lwi_calls *calls, const char *text, size_t size, bool *understood);
/* Many calls with a name, a separator and JSON. */
lw_status lwi_read_named_calls(lwi_calls *calls, const char *text, size_t size, bool *understood);
/* call:f{a:1,b:<|"|>x<|"|>} */
lw_status lwi_read_gemma_calls(lwi_calls *calls, const char *text, size_t size, bool *understood);
/* [f(a=1, b="x")] */
lw_status lwi_read_python_calls(lwi_calls *calls, const char *text, size_t size, bool *understood);

/* arguments: the text of a JSON object, or of a JSON string that holds one, and maybe marks behind
 * it. id may be NULL. */
lw_status lwi_add_call(lwi_calls *calls, const char *name, size_t name_size, const char *id,
                       const char *arguments, size_t size);
/* Adds "key":value to an object that is being written: a string if the tool's schema says so or the
 * text is not JSON. */
lw_status lwi_add_argument(const lwi_calls *calls, const char *function, size_t function_size,
                           const char *key, size_t key_size, const char *value, size_t value_size,
                           lwi_buffer *object);

/* A value as Python writes it becomes JSON; *fits is false if it is none. */
lw_status lwi_python_value(const char *text, size_t size, lwi_buffer *json, bool *fits);

/* Places in a text. */
typedef struct lwi_span {
    const char *at, *end;
} lwi_span;
bool lwi_span_find(lwi_span text, const char *mark, lwi_span *found);
lwi_span lwi_span_trim(lwi_span text);
/* The end of the array or object that begins at the start; NULL: it is not closed. */
const char *lwi_json_end(lwi_span text);
bool lwi_span_starts(lwi_span text, const char *mark);

#endif
