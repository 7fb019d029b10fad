/* SPDX-License-Identifier: MIT
 * PTX as it is run for tests (FAKE_CARD=ptx): the text that a driver is given becomes instructions
 * of functions, which warps of 32 items go through together. What is implemented is what the files
 * in src/backend/gpu/ptx have; all else ends the process with a sentence. Semantics are those of
 * NVIDIA's "PTX ISA". */
#ifndef PTX_MODULE_H
#define PTX_MODULE_H

#include "fake_card.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PTX_WARP = 32, PTX_WORD = 32, PTX_SHARED_START = 1024 };
#define PTX_ALL UINT32_MAX

/* Items' stacks (.local) lie here among generic addresses, which else are the processor's own. */
#define PTX_LOCAL_WINDOW UINT64_C(0x4c00000000000000)

struct ptx_warp;
struct ptx_instruction;

/* Does an instruction for the items in the mask. */
typedef void (*ptx_handler)(struct ptx_warp *w, const struct ptx_instruction *i, uint32_t mask);

/* How an instruction goes on. */
typedef enum ptx_flow {
    PTX_PLAIN,
    PTX_COPIES,   /* what was never written may be copied */
    PTX_BRANCH,   /* to `target` where the guard is true */
    PTX_CALL,     /* `callee` */
    PTX_RETURN,   /* from a function; of a kernel, its end */
    PTX_TOGETHER, /* all 32 items of a warp must be there */
    PTX_PRODUCT,  /* the same, and the handler says what is written */
    PTX_BARRIER,  /* waits for others of the group */
    PTX_WAITS     /* the handler says in the warp's `go_on` which items need not wait */
} ptx_flow;

/* What an opcode takes. operands: letters of what is written, a space, letters of what is read:
 * p a predicate, h 16 bits, r 32, q 64, * any register, x anything, s what is special, a an address
 * with an offset (32 or 64 bits), _ nothing, written so. A name can stand for several forms of
 * different numbers of operands. */
typedef struct ptx_opcode {
    const char *name, *operands;
    ptx_handler run;
    ptx_flow flow;
    uint8_t bytes;   /* that an item reads or writes at an address */
    uint8_t vector;  /* how many of those */
    uint8_t space;   /* of an address */
    uint8_t address; /* which of the operands that are read it is */
} ptx_opcode;

enum ptx_space { PTX_NO_SPACE, PTX_GLOBAL, PTX_SHARED, PTX_LOCAL, PTX_GENERIC, PTX_PARAM };

/* A register or a constant: a word for each item, two for those of 64 bits, one for all items (a
 * bit each) for predicates. */
typedef struct ptx_operand {
    uint32_t *fixed; /* the constant's words; NULL: a register */
    uint32_t place;  /* in the words of a frame */
    uint32_t number; /* of the register; 0: always written */
    uint8_t bytes;   /* 0 (a predicate), 2, 4, 8; or one of those below */
} ptx_operand;
enum { PTX_NOTHING = 1, PTX_SPECIAL = 3 };

/* Special registers, and where a function's local variable lies, as `place`. */
enum ptx_special { PTX_TID, PTX_NTID, PTX_CTAID_X, PTX_CTAID_Y, PTX_CTAID_Z, PTX_STACK_POINTER };

typedef struct ptx_instruction {
    const ptx_opcode *opcode;
    ptx_operand *operands; /* n_to that are written, n_from that are read */
    uint16_t n_to, n_from;
    int64_t offset; /* of its address */
    ptx_operand guard;
    bool guarded, guard_is_false;
    uint32_t target; /* number of an instruction */
    struct ptx_function *callee;
    uint32_t line;               /* of the text */
    uint64_t done;               /* how often a warp did it */
    uint64_t items, taken, best; /* ptx_count.c */
} ptx_instruction;

typedef struct ptx_parameter {
    ptx_operand place; /* of a function's: a register */
    uint32_t offset, bytes;
    char name[96];
} ptx_parameter;

typedef struct ptx_function {
    char name[64];
    struct ptx_module *module;
    const char *start; /* of its parameters, or results, in the text */
    uint32_t start_line;
    bool is_kernel, is_read;
    ptx_parameter *parameters;
    int n_parameters;
    uint32_t parameter_bytes;
    ptx_operand result;
    bool has_result;
    ptx_instruction *code;
    uint32_t n_code;
    uint32_t n_registers, words; /* of a frame */
    uint32_t shared_bytes, local_bytes;
    bool has_ring; /* uses the group's dynamic memory */
    bool is_early; /* may begin before the launch before it is done, for which it waits */
    uint64_t launches;
} ptx_function;

typedef struct ptx_module {
    char *text, tier[16];
    ptx_function *functions;
    int n_functions;
    bool has_ring;
    struct ptx_module *next;
} ptx_module;

/* Finds the functions in a text, which is copied. */
ptx_module *ptx_read_module(const char *text);
ptx_function *ptx_find_function(ptx_module *m, const char *name, size_t length);
/* Reads a function's instructions, once. */
void ptx_read_function(ptx_function *f);
/* The form of an opcode that these operands fit, or NULL. */
const ptx_opcode *ptx_find_opcode(const char *name, size_t length, const ptx_operand *operands,
                                  int n);
/* Bytes of an operand by its letter (ptx_opcode). */
uint8_t ptx_letter_bytes(char c);
extern ptx_module *ptx_modules; /* all that were read */

/* ------------------------------------------------------------------- while it runs */

/* A call of a function by some items of a warp. */
typedef struct ptx_frame {
    ptx_function *function;
    uint32_t *words;   /* its registers */
    uint32_t *written; /* which items have written each register */
    uint32_t at[PTX_WARP];
    uint32_t ready, parked; /* items */
    uint32_t local_start;   /* of its .local variables */
} ptx_frame;

enum { PTX_STACK = 1 << 15, PTX_MOST_BARRIERS = 16 };

typedef struct ptx_warp {
    ptx_frame bottom, *frame; /* the kernel's; the one that runs */
    uint32_t number, items;   /* in the group; those that there are */
    uint32_t at_barrier, waiting, go_on;
    uint32_t has_waited; /* for launches before this one */
    uint32_t barrier_line;
    unsigned barrier, barrier_count;
    uint32_t local_used; /* bytes of an item's stack */
    uint8_t *local;      /* stacks of 32 items, one after the other */
    const ptx_instruction *now;
    uint32_t mask;
    uint32_t *words; /* of its bottom frame, with room */
    size_t room;
} ptx_warp;

typedef struct ptx_launch {
    const fake_kernel *kernel;
    ptx_function *function;
    unsigned groups[3], place[3], size, local;
    uint8_t *parameters; /* as the kernel declares them */
    uint8_t *shared;     /* of the group, from PTX_SHARED_START on */
    uint32_t shared_bytes;
} ptx_launch;
extern ptx_launch ptx_now;
/* The item's number in its group. */
static inline unsigned ptx_item(const ptx_warp *w, unsigned lane) {
    return w->number * PTX_WARP + lane;
}

void ptx_run(const fake_kernel *kernel, const unsigned groups[3], unsigned size, unsigned local,
             const uint64_t *values);

/* Ends the process: where an item of the warp is, and what is wrong. item: its lane; the first of
 * the mask for -1. */
__attribute__((noreturn, format(printf, 3, 4))) void ptx_wrong(const ptx_warp *w, int item,
                                                               const char *format, ...);

static inline uint32_t *ptx_words(const ptx_warp *w, const ptx_operand *o) {
    return o->fixed ? o->fixed : w->frame->words + o->place;
}
static inline uint32_t *ptx_to(const ptx_warp *w, const ptx_instruction *i, int n) {
    return ptx_words(w, &i->operands[n]);
}
static inline uint32_t *ptx_from(const ptx_warp *w, const ptx_instruction *i, int n) {
    return ptx_words(w, &i->operands[i->n_to + n]);
}
static inline uint64_t ptx_get(const ptx_warp *w, const ptx_operand *o, unsigned lane) {
    const uint32_t *words = ptx_words(w, o);
    if (o->bytes == 8) return words[2 * lane] | (uint64_t)words[2 * lane + 1] << 32;
    return o->bytes == 0 ? words[0] >> lane & 1 : words[lane];
}
static inline void ptx_put(const ptx_warp *w, const ptx_operand *o, unsigned lane, uint64_t value) {
    uint32_t *words = ptx_words(w, o);
    if (o->bytes == 8) {
        words[2 * lane] = (uint32_t)value;
        words[2 * lane + 1] = (uint32_t)(value >> 32);
    } else words[lane] = o->bytes == 2 ? (uint16_t)value : (uint32_t)value;
}

/* An item's address: the operand that is read as number n, and the offset. */
static inline uint64_t ptx_address(const ptx_warp *w, const ptx_instruction *i, int n,
                                   unsigned lane) {
    return ptx_get(w, &i->operands[i->n_to + n], lane) + (uint64_t)i->offset;
}

/* Memory that an item reads, or writes: then `written` are the bytes, which are not stored here. */
uint8_t *ptx_memory(const ptx_warp *w, unsigned lane, enum ptx_space space, uint64_t address,
                    size_t bytes, const void *written);
/* A launch begins; a group; and all items of a group have come to a barrier. */
void ptx_begin_launch(void);
void ptx_begin_group(void);
void ptx_begin_copies(const ptx_warp *w);
void ptx_pass_barrier(void);
bool ptx_has_copies(void);
void ptx_wait_for_launches(ptx_warp *w);
/* An instruction will be done by the warp's mask. */
void ptx_count(const ptx_warp *w, ptx_instruction *i);

/* Opcodes of each subject. */
typedef struct ptx_opcodes {
    const ptx_opcode *all;
    int n;
} ptx_opcodes;
extern const ptx_opcodes ptx_arithmetic, ptx_compare, ptx_convert, ptx_loads, ptx_warp_opcodes,
    ptx_hopper;

#define PTX_FLOW(name, operands, handler, flow)                                                    \
    { name, operands, handler, flow, 0, 0, 0, 0 }
#define PTX_OP(name, operands, handler) PTX_FLOW(name, operands, handler, PTX_PLAIN)
#define PTX_OPCODES(name, list) const ptx_opcodes name = {list, (int)(sizeof list / sizeof *list)}

#endif
