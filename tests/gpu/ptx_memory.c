/* SPDX-License-Identifier: MIT
 * ld, st and mov: memory of the card, of the group, of an item, and parameters. */
#include "ptx_lanes.h"

#include <string.h>

/* ------------------------------------------------------------------------ global */

enum { RECENT = 8 };

/* Allocations that were used last. */
static struct { uint64_t start, end; } recent[RECENT];
static unsigned oldest;

static uint8_t *global_memory(const ptx_warp *w, unsigned lane, uint64_t address, size_t bytes) {
    for (int i = 0; i < RECENT; i++)
        if (address >= recent[i].start && address + bytes <= recent[i].end)
            return (uint8_t *)(uintptr_t)address;
    size_t size;
    const uint8_t *start = fake_find_memory((const void *)(uintptr_t)address, bytes, &size);
    if (!start)
        ptx_wrong(w, (int)lane, "global memory outside of what was allocated (%#llx)",
                  (unsigned long long)address);
    recent[oldest].start = (uintptr_t)start;
    recent[oldest].end = (uintptr_t)start + size;
    oldest = (oldest + 1) % RECENT;
    return (uint8_t *)(uintptr_t)address;
}

void ptx_begin_launch(void) { memset(recent, 0, sizeof recent); }

/* ------------------------------------------------------------------------ shared */

enum { MOST_SHARED = 232448, NOBODY = 0xffff, MANY = 0xfffe };

/* Who wrote and read each byte since the last barrier. */
static struct {
    uint32_t written_at, read_at; /* barriers passed */
    uint16_t writer, reader;
} seen[MOST_SHARED];
static uint32_t passed;

void ptx_begin_group(void) { passed++; }
void ptx_pass_barrier(void) { passed++; }

/* Two items use a byte between two barriers, and one writes it; more than one may write the same.
 */
static void check_race(const ptx_warp *w, unsigned lane, size_t at, const uint8_t *writes) {
    const uint16_t me = (uint16_t)ptx_item(w, lane);
    const bool same = writes && ptx_now.shared[at] == *writes;
    if (seen[at].written_at == passed && seen[at].writer != me && !same)
        ptx_wrong(w, (int)lane, "shared memory at %zu that item %u wrote, without a barrier", at,
                  (unsigned)seen[at].writer);
    if (writes && seen[at].read_at == passed && seen[at].reader != me) {
        if (seen[at].reader == MANY)
            ptx_wrong(w, (int)lane, "shared memory at %zu that others read, without a barrier", at);
        ptx_wrong(w, (int)lane, "shared memory at %zu that item %u read, without a barrier", at,
                  (unsigned)seen[at].reader);
    }
    if (writes) {
        seen[at].written_at = passed;
        seen[at].writer = me;
    } else {
        seen[at].reader = seen[at].read_at == passed && seen[at].reader != me ? MANY : me;
        seen[at].read_at = passed;
    }
}

static uint8_t *shared_memory(const ptx_warp *w, unsigned lane, uint64_t address, size_t bytes,
                              const void *written) {
    const uint64_t at = address - PTX_SHARED_START;
    if (address < PTX_SHARED_START || at + bytes > ptx_now.shared_bytes)
        ptx_wrong(w, (int)lane, "shared memory at %lld of %u bytes", (long long)at,
                  ptx_now.shared_bytes);
    if (!ptx_now.function->has_ring) /* in a ring, barriers in memory order what is done */
        for (size_t i = 0; i < bytes; i++)
            check_race(w, lane, (size_t)at + i, written ? (const uint8_t *)written + i : NULL);
    return ptx_now.shared + at;
}

/* ------------------------------------------------------------------------- local */

static uint8_t *local_memory(const ptx_warp *w, unsigned lane, uint64_t at, size_t bytes) {
    if (at + bytes > w->local_used || at > PTX_STACK)
        ptx_wrong(w, (int)lane, "local memory at %lld of %u bytes", (long long)at, w->local_used);
    return w->local + (size_t)lane * PTX_STACK + at;
}

uint8_t *ptx_memory(const ptx_warp *w, unsigned lane, enum ptx_space space, uint64_t address,
                    size_t bytes, const void *written) {
    if (address % bytes)
        ptx_wrong(w, (int)lane, "an address that is no multiple of %zu (%#llx)", bytes,
                  (unsigned long long)address);
    if (written && ptx_now.function->is_early && !(w->has_waited >> lane & 1) &&
        space == PTX_GLOBAL)
        ptx_wrong(w, (int)lane, "a store before launches are waited for");
    if (space == PTX_SHARED) return shared_memory(w, lane, address, bytes, written);
    if (space == PTX_LOCAL) return local_memory(w, lane, address, bytes);
    if (space == PTX_GENERIC && address >> 32 == PTX_LOCAL_WINDOW >> 32)
        return local_memory(w, lane, address - PTX_LOCAL_WINDOW, bytes);
    return global_memory(w, lane, address, bytes);
}

/* ------------------------------------------------------------------- instructions */

static uint64_t get_bytes(const uint8_t *from, size_t bytes) {
    uint64_t value = 0;
    memcpy(&value, from, bytes); /* little-endian */
    return value;
}

static uint64_t extended(uint64_t value, size_t bytes, bool is_signed) {
    const int shift = 64 - 8 * (int)bytes;
    return is_signed ? (uint64_t)((int64_t)(value << shift) >> shift) : value << shift >> shift;
}

static void load_all(ptx_warp *w, const ptx_instruction *i, uint32_t mask, bool is_signed) {
    const ptx_opcode *o = i->opcode;
    for (unsigned l = 0; l < PTX_WARP; l++) {
        if (!(mask >> l & 1)) continue;
        const uint8_t *from =
            ptx_memory(w, l, o->space, ptx_address(w, i, 0, l), (size_t)o->bytes * o->vector, NULL);
        for (int v = 0; v < o->vector; v++) {
            const uint64_t value = get_bytes(from + v * o->bytes, o->bytes);
            ptx_put(w, &i->operands[v], l, extended(value, o->bytes, is_signed));
        }
    }
}

PTX_HANDLER(load) { load_all(w, i, mask, false); }
PTX_HANDLER(load_signed) { load_all(w, i, mask, true); }

PTX_HANDLER(store) {
    const ptx_opcode *o = i->opcode;
    const size_t bytes = (size_t)o->bytes * o->vector;
    for (unsigned l = 0; l < PTX_WARP; l++) {
        uint8_t values[4 * sizeof(uint64_t)];
        if (!(mask >> l & 1)) continue;
        for (int v = 0; v < o->vector; v++) {
            const uint64_t value = ptx_get(w, &i->operands[1 + v], l);
            memcpy(values + v * o->bytes, &value, o->bytes);
        }
        memcpy(ptx_memory(w, l, o->space, ptx_address(w, i, 0, l), bytes, values), values, bytes);
    }
}

PTX_UNARY(mov_32, u32, u32, a)
PTX_UNARY(mov_64, u64, u64, a)
PTX_BINARY(mov_pair, u32, u32, u32, (a & 0xffff) | b << 16)
PTX_HANDLER(mov_parts) {
    u32 *low = ptx_to(w, i, 0), *high = ptx_to(w, i, 1);
    const u32 *a = ptx_from(w, i, 0);
    PTX_EACH(low[l] = a[l] & 0xffff; high[l] = a[l] >> 16);
}

static uint64_t special(const ptx_warp *w, uint32_t which, unsigned lane) {
    switch (which) {
    case PTX_TID:
        return ptx_item(w, lane);
    case PTX_NTID:
        return ptx_now.size;
    case PTX_STACK_POINTER:
        return w->frame->local_start;
    default:
        return ptx_now.place[which - PTX_CTAID_X];
    }
}

PTX_HANDLER(mov_special) {
    PTX_EACH(ptx_put(w, &i->operands[0], l, special(w, i->operands[1].place, l)));
}

/* Of a kernel, what the launch was given; of a function, or what it returned, a register. */
static void load_parameters(ptx_warp *w, const ptx_instruction *i, uint32_t mask, bool is_signed) {
    const ptx_operand *from = &i->operands[1], *to = &i->operands[0];
    const size_t bytes = i->opcode->bytes;
    if (!from->fixed) {
        if (i->offset || from->bytes != bytes) ptx_wrong(w, -1, "a part of a parameter");
        PTX_EACH(ptx_put(w, to, l, extended(ptx_get(w, from, l), bytes, is_signed)));
        return;
    }
    const uint64_t at = from->fixed[0] + (uint64_t)i->offset;
    if (at % bytes || at + bytes > ptx_now.function->parameter_bytes)
        ptx_wrong(w, -1, "a parameter at %llu of %u bytes", (unsigned long long)at,
                  ptx_now.function->parameter_bytes);
    const uint64_t value = extended(get_bytes(ptx_now.parameters + at, bytes), bytes, is_signed);
    PTX_EACH(ptx_put(w, to, l, value));
}
PTX_HANDLER(load_parameter) { load_parameters(w, i, mask, false); }
PTX_HANDLER(load_parameter_signed) { load_parameters(w, i, mask, true); }

PTX_HANDLER(store_parameter) {
    if (i->offset) ptx_wrong(w, -1, "a part of a parameter");
    PTX_EACH(ptx_put(w, &i->operands[0], l, ptx_get(w, &i->operands[1], l)));
}

PTX_UNARY(local_to_generic, u64, u64, a + PTX_LOCAL_WINDOW)
PTX_UNARY(generic_to_local, u64, u64, a - PTX_LOCAL_WINDOW)
PTX_UNARY(parameter_to_generic, u64, u64, a + (uint64_t)(uintptr_t)ptx_now.parameters)

#define LOAD(name, type, bytes, space, handler)                                                    \
    {name "." type, "* a", handler, PTX_PLAIN, bytes, 1, space, 0},                                \
        {name ".v2." type, "** a", handler, PTX_PLAIN, bytes, 2, space, 0}, {                      \
        name ".v4." type, "**** a", handler, PTX_PLAIN, bytes, 4, space, 0                         \
    }
#define STORE(name, type, bytes, space)                                                            \
    {name "." type, " a*", store, PTX_PLAIN, bytes, 1, space, 0},                                  \
        {name ".v2." type, " a**", store, PTX_PLAIN, bytes, 2, space, 0}, {                        \
        name ".v4." type, " a****", store, PTX_PLAIN, bytes, 4, space, 0                           \
    }
#define PTX_LOADS(name, space)                                                                     \
    LOAD(name, "u8", 1, space, load), LOAD(name, "b8", 1, space, load),                            \
        LOAD(name, "s8", 1, space, load_signed), LOAD(name, "u16", 2, space, load),                \
        LOAD(name, "b16", 2, space, load), LOAD(name, "s16", 2, space, load_signed),               \
        LOAD(name, "u32", 4, space, load), LOAD(name, "b32", 4, space, load),                      \
        LOAD(name, "s32", 4, space, load_signed), LOAD(name, "f32", 4, space, load),               \
        LOAD(name, "u64", 8, space, load), LOAD(name, "b64", 8, space, load),                      \
        LOAD(name, "s64", 8, space, load), LOAD(name, "f64", 8, space, load)
#define PTX_STORES(name, space)                                                                    \
    STORE(name, "u8", 1, space), STORE(name, "b8", 1, space), STORE(name, "u16", 2, space),        \
        STORE(name, "b16", 2, space), STORE(name, "u32", 4, space), STORE(name, "b32", 4, space),  \
        STORE(name, "f32", 4, space), STORE(name, "u64", 8, space), STORE(name, "b64", 8, space),  \
        STORE(name, "f64", 8, space)

static const ptx_opcode list[] = {
    PTX_LOADS("ld.global", PTX_GLOBAL),
    PTX_LOADS("ld.global.nc", PTX_GLOBAL),
    PTX_LOADS("ld.shared", PTX_SHARED),
    PTX_LOADS("ld.local", PTX_LOCAL),
    PTX_LOADS("ld", PTX_GENERIC),
    PTX_STORES("st.global", PTX_GLOBAL),
    PTX_STORES("st.shared", PTX_SHARED),
    PTX_STORES("st.local", PTX_LOCAL),
    PTX_STORES("st", PTX_GENERIC),
    {"ld.param.b32", "* x", load_parameter, PTX_PLAIN, 4, 1, PTX_PARAM, 0},
    {"ld.param.u32", "* x", load_parameter, PTX_PLAIN, 4, 1, PTX_PARAM, 0},
    {"ld.param.s32", "* x", load_parameter_signed, PTX_PLAIN, 4, 1, PTX_PARAM, 0},
    {"ld.param.f32", "* x", load_parameter, PTX_PLAIN, 4, 1, PTX_PARAM, 0},
    {"ld.param.b64", "* x", load_parameter, PTX_PLAIN, 8, 1, PTX_PARAM, 0},
    {"ld.param.u64", "* x", load_parameter, PTX_PLAIN, 8, 1, PTX_PARAM, 0},
    PTX_FLOW("st.param.b32", "r r", store_parameter, PTX_COPIES),
    PTX_FLOW("st.param.f32", "r r", store_parameter, PTX_COPIES),
    PTX_FLOW("st.param.b64", "q q", store_parameter, PTX_COPIES),
    PTX_FLOW("st.param.f64", "q q", store_parameter, PTX_COPIES),
    {"ld.param.f64", "* x", load_parameter, PTX_PLAIN, 8, 1, PTX_PARAM, 0},
    PTX_FLOW("mov.u16", "h h", mov_32, PTX_COPIES),
    PTX_FLOW("mov.b32", "r r", mov_32, PTX_COPIES),
    PTX_FLOW("mov.u32", "r r", mov_32, PTX_COPIES),
    PTX_FLOW("mov.f32", "r r", mov_32, PTX_COPIES),
    PTX_FLOW("mov.b64", "q q", mov_64, PTX_COPIES),
    PTX_FLOW("mov.u64", "q q", mov_64, PTX_COPIES),
    PTX_FLOW("mov.f64", "q q", mov_64, PTX_COPIES),
    PTX_OP("mov.b32", "r hh", mov_pair),
    PTX_OP("mov.b32", "hh r", mov_parts),
    PTX_OP("mov.special", "* s", mov_special),
    PTX_OP("cvta.local.u64", "q q", local_to_generic),
    PTX_OP("cvta.to.local.u64", "q q", generic_to_local),
    PTX_OP("cvta.param.u64", "q q", parameter_to_generic),
};
PTX_OPCODES(ptx_loads, list);
