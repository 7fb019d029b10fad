/* SPDX-License-Identifier: MIT
 * What items do together: barriers, and of a warp shfl, mma and ldmatrix; and cp.async. */
#include "ptx_lanes.h"

#include "fake_mma.h"

#include <stdlib.h>
#include <string.h>

PTX_HANDLER(shuffle) {
    u32 *d = ptx_to(w, i, 0);
    const u32 *a = ptx_from(w, i, 0), *other = ptx_from(w, i, 1);
    uint32_t was[PTX_WARP];
    if (*ptx_from(w, i, 2) != 0x1f || *ptx_from(w, i, 3) != PTX_ALL)
        ptx_wrong(w, -1, "shfl of a part of a warp");
    memcpy(was, a, sizeof was);
    PTX_EACH(d[l] = was[(l ^ other[l]) % PTX_WARP]);
}

PTX_HANDLER(meet) {
    (void)mask;
    if (*ptx_from(w, i, 0) != PTX_ALL) ptx_wrong(w, -1, "bar.warp.sync of a part of a warp");
}

/* ------------------------------------------------------------------------ products */

/* What the items have of A and B, n_a and n_b registers each. */
static void gather(const ptx_warp *w, const ptx_instruction *i, fake_fragments *all, int n_a,
                   int n_b) {
    for (int l = 0; l < PTX_WARP; l++) {
        all[l] = (fake_fragments){0};
        for (int n = 0; n < n_a; n++)
            all[l].a[n] = ptx_from(w, i, n)[l];
        for (int n = 0; n < n_b; n++)
            all[l].b[n] = ptx_from(w, i, n_a + n)[l];
    }
}

static void multiply_floats(ptx_warp *w, const ptx_instruction *i, int n_a,
                            double value(uint32_t)) {
    fake_fragments all[PTX_WARP];
    gather(w, i, all, n_a, n_a / 2);
    for (int l = 0; l < PTX_WARP; l++) {
        float d[4];
        for (int n = 0; n < 4; n++)
            d[n] = ((const f32 *)ptx_from(w, i, n_a + n_a / 2 + n))[l];
        fake_multiply_floats(d, all, l, 4 * n_a, value);
        for (int n = 0; n < 4; n++)
            ((f32 *)ptx_to(w, i, n))[l] = d[n];
    }
}
PTX_HANDLER(mma_f16_k8) { (void)mask, multiply_floats(w, i, 2, fake_half); }
PTX_HANDLER(mma_f16_k16) { (void)mask, multiply_floats(w, i, 4, fake_half); }
PTX_HANDLER(mma_bf16_k16) { (void)mask, multiply_floats(w, i, 4, fake_brain); }

static void multiply_bytes(ptx_warp *w, const ptx_instruction *i, int rows, int depth) {
    fake_fragments all[PTX_WARP];
    const int n_b = depth / 16, n_a = rows / 8 * n_b, n_d = rows / 4;
    gather(w, i, all, n_a, n_b);
    for (int l = 0; l < PTX_WARP; l++) {
        int32_t d[4];
        for (int n = 0; n < n_d; n++)
            d[n] = (int32_t)ptx_from(w, i, n_a + n_b + n)[l];
        fake_multiply_bytes(d, all, l, rows, depth);
        for (int n = 0; n < n_d; n++)
            ptx_to(w, i, n)[l] = (uint32_t)d[n];
    }
}
PTX_HANDLER(mma_s8_m8_k16) { (void)mask, multiply_bytes(w, i, 8, 16); }
PTX_HANDLER(mma_s8_k16) { (void)mask, multiply_bytes(w, i, 16, 16); }
PTX_HANDLER(mma_s8_k32) { (void)mask, multiply_bytes(w, i, 16, 32); }

/* Item 8 n + r has the address of row r of matrix n. */
static void load_matrices(ptx_warp *w, const ptx_instruction *i, int turned) {
    const uint16_t *rows[PTX_WARP];
    for (unsigned l = 0; l < PTX_WARP; l++)
        rows[l] = (const void *)ptx_memory(w, l, PTX_SHARED, ptx_address(w, i, 0, l), 16, NULL);
    for (int n = 0; n < 4; n++)
        for (int l = 0; l < PTX_WARP; l++)
            ptx_to(w, i, n)[l] = fake_matrix_part(rows + 8 * n, l, turned);
}
PTX_HANDLER(ldmatrix) { (void)mask, load_matrices(w, i, 0); }
PTX_HANDLER(ldmatrix_turned) { (void)mask, load_matrices(w, i, 1); }

/* ------------------------------------------------------------------------ cp.async */

enum { MOST_COPIES = 64, MOST_ITEMS = 1024 };

/* Copies of an item that are on their way; each is done as late as a card may. */
static struct copies {
    struct {
        uint64_t to, from;
        int commits; /* before it */
    } each[MOST_COPIES];
    int n, commits;
} copies[MOST_ITEMS];

PTX_HANDLER(start_copies) {
    if (*ptx_from(w, i, 2) != 16) ptx_wrong(w, -1, "cp.async.cg of other than 16 bytes");
    for (unsigned l = 0; l < PTX_WARP; l++) {
        if (!(mask >> l & 1)) continue;
        struct copies *c = &copies[ptx_item(w, l)];
        if (c->n == MOST_COPIES) ptx_wrong(w, (int)l, "too many copies on their way");
        c->each[c->n].to = ptx_address(w, i, 0, l);
        c->each[c->n].from = ptx_get(w, &i->operands[1], l);
        c->each[c->n].commits = c->commits;
        ptx_memory(w, l, PTX_SHARED, c->each[c->n].to, 16,
                   ptx_memory(w, l, PTX_GLOBAL, c->each[c->n].from, 16, NULL));
        c->n++;
    }
}

PTX_HANDLER(commit) { PTX_EACH((void)i, copies[ptx_item(w, l)].commits++); }

/* All but the last `left` groups are done. */
PTX_HANDLER(wait_for_copies) {
    const int left = (int)*ptx_from(w, i, 0);
    for (unsigned l = 0; l < PTX_WARP; l++) {
        if (!(mask >> l & 1)) continue;
        struct copies *c = &copies[ptx_item(w, l)];
        int kept = 0;
        for (int n = 0; n < c->n; n++)
            if (c->each[n].commits < c->commits - left) {
                const void *from = ptx_memory(w, l, PTX_GLOBAL, c->each[n].from, 16, NULL);
                memcpy(ptx_memory(w, l, PTX_SHARED, c->each[n].to, 16, from), from, 16);
            } else c->each[kept++] = c->each[n];
        c->n = kept;
    }
}

void ptx_begin_copies(const ptx_warp *w) {
    for (unsigned l = 0; l < PTX_WARP; l++)
        copies[ptx_item(w, l)].n = copies[ptx_item(w, l)].commits = 0;
}

bool ptx_has_copies(void) {
    int n = 0;
    for (int i = 0; i < MOST_ITEMS; i++)
        n += copies[i].n;
    return n > 0;
}

PTX_HANDLER(wait_for_before) {
    (void)i;
    ptx_wait_for_launches(w);
    w->has_waited |= mask;
}
PTX_HANDLER(let_begin) { (void)w, (void)i, (void)mask; }

static const ptx_opcode list[] = {
    PTX_OP("griddepcontrol.wait", "", wait_for_before),
    PTX_OP("griddepcontrol.launch_dependents", "", let_begin),
    PTX_FLOW("ret", "", NULL, PTX_RETURN),
    PTX_FLOW("exit", "", NULL, PTX_RETURN),
    PTX_FLOW("bar.sync", " r", NULL, PTX_BARRIER),
    PTX_FLOW("bar.sync", " rr", NULL, PTX_BARRIER),
    PTX_FLOW("bar.warp.sync", " r", meet, PTX_TOGETHER),
    PTX_FLOW("shfl.sync.bfly.b32", "r rrrr", shuffle, PTX_TOGETHER),
    PTX_FLOW("mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32", "rrrr rrrrrrr", mma_f16_k8,
             PTX_TOGETHER),
    PTX_FLOW("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32", "rrrr rrrrrrrrrr", mma_f16_k16,
             PTX_TOGETHER),
    PTX_FLOW("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32", "rrrr rrrrrrrrrr", mma_bf16_k16,
             PTX_TOGETHER),
    PTX_FLOW("mma.sync.aligned.m8n8k16.row.col.s32.s8.s8.s32", "rr rrrr", mma_s8_m8_k16,
             PTX_TOGETHER),
    PTX_FLOW("mma.sync.aligned.m16n8k16.row.col.s32.s8.s8.s32", "rrrr rrrrrrr", mma_s8_k16,
             PTX_TOGETHER),
    PTX_FLOW("mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32", "rrrr rrrrrrrrrr", mma_s8_k32,
             PTX_TOGETHER),
    {"ldmatrix.sync.aligned.m8n8.x4.shared.b16", "rrrr a", ldmatrix, PTX_TOGETHER, 16, 1,
     PTX_SHARED, 0},
    {"ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16", "rrrr a", ldmatrix_turned, PTX_TOGETHER, 16,
     1, PTX_SHARED, 0},
    {"cp.async.cg.shared.global", " aqr", start_copies, PTX_PLAIN, 16, 1, PTX_GLOBAL, 1},
    PTX_OP("cp.async.commit_group", "", commit),
    PTX_OP("cp.async.wait_group", " r", wait_for_copies),
};
PTX_OPCODES(ptx_warp_opcodes, list);
