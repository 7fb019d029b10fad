/* SPDX-License-Identifier: MIT
 * What a template is: its tree, and the format of replies that it asks for. */
#ifndef LWI_CHAT_TEMPLATE_H
#define LWI_CHAT_TEMPLATE_H

#include "chat/jinja_nodes.h"
#include "chat/reply.h"
#include "lampwick/chat.h"

struct lw_chat_template {
    lwi_template template;
    const lwi_reply_format *format;
};

#endif
