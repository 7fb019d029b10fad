/* SPDX-License-Identifier: MIT
 * Uses a tokenizer in every way. */
#ifndef ANY_TEXT_H
#define ANY_TEXT_H

#include <lampwick/tokenizer.h>

/* LW_OK, or the first failure's status. */
lw_status use_tokenizer(const lw_tokenizer *tokenizer);

#endif
