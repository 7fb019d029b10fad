/* SPDX-License-Identifier: MIT
 * The tools of a chat, and whether the model must call one. */
#ifndef LWI_CHAT_TOOLS_H
#define LWI_CHAT_TOOLS_H

#include "serve/completion.h"

/* Reads "tools" and "tool_choice" into the completion: its tools, and for a call that must be made
 * ("required", or one function by name) the grammar of that call. */
lw_status lwi_chat_tools(lwi_completion *completion, const lwi_json_item *root);

#endif
