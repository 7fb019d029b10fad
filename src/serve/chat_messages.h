/* SPDX-License-Identifier: MIT
 * Messages of OpenAI's interface as templates want them. */
#ifndef LWI_CHAT_MESSAGES_H
#define LWI_CHAT_MESSAGES_H

#include "base/json_read.h"
#include "base/json_writer.h"

/* The array of messages: contents that are parts become one text, "developer" becomes "system".
 * objects: arguments of tool calls, which come as JSON in a string, become objects. LW_INVALID;
 * LW_UNSUPPORTED for parts that are no text. */
lw_status lwi_chat_messages(const lwi_json_item *messages, bool objects, lwi_json_writer *json);

#endif
