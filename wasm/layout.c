/* SPDX-License-Identifier: MIT
 * What lampwick.mjs knows of structs: it reads and writes their members by number. */
#include <lampwick.h>
#include <lampwick/llm.h>

#define AT(type, member, place) _Static_assert(offsetof(type, member) == (place), #member)

AT(lw_io, value, 4);
AT(lw_string, size, 4);
_Static_assert(sizeof(lw_io) == 8 && sizeof(lw_string) == 8, "pairs of pointers");

AT(lw_io_info, name, 4);
AT(lw_io_info, kind, 8);
AT(lw_io_info, dtype, 16);
AT(lw_io_info, rank, 24);
AT(lw_io_info, dims, 28);
AT(lw_io_info, dim_names, 32);
AT(lw_io_info, has_default, 36);
_Static_assert(sizeof(lw_io_info) == 40, "lw_io_info");

AT(lw_llm_info, architecture, 4);
AT(lw_llm_info, vocabulary, 8);
AT(lw_llm_info, context, 12);

AT(lw_sampling, seed, 8);
AT(lw_sampling, temperature, 16);
AT(lw_sampling, penalty_last, 28);
AT(lw_sampling, repetition, 32);
AT(lw_sampling, top_k, 64);
AT(lw_sampling, top_p, 72);
AT(lw_sampling, min_p, 76);
_Static_assert(sizeof(lw_sampling) == 96, "lw_sampling");

AT(lw_session_options, sampling, 12);
_Static_assert(sizeof(lw_session_options) == 40, "lw_session_options");

AT(lw_llm_text, data, 4);
AT(lw_llm_text, length, 8);
AT(lw_llm_text, token, 12);
AT(lw_llm_text, finished, 16);
_Static_assert(sizeof(lw_llm_text) == 20, "lw_llm_text");
