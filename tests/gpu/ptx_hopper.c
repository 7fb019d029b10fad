/* SPDX-License-Identifier: MIT
 * What Hopper's cards have beyond others, as fake_hopper.h does it: mbarrier, cp.async.bulk.tensor
 * and wgmma. */
#include "ptx_lanes.h"

#include "fake_hopper.h"

enum { MOST_SUMS = 128 };

static uint32_t place(const ptx_warp *w, const ptx_instruction *i, int n, unsigned lane) {
    return (uint32_t)ptx_get(w, &i->operands[i->n_to + n], lane);
}

/* ----------------------------------------------------------------------- barriers */

PTX_HANDLER(open_phase) { PTX_EACH(phase_open(place(w, i, 0, l), place(w, i, 1, l))); }
PTX_HANDLER(arrive) { PTX_EACH(phase_arrive(place(w, i, 0, l))); }
PTX_HANDLER(arrive_for) { PTX_EACH(phase_arrive_for(place(w, i, 0, l), place(w, i, 1, l))); }

PTX_HANDLER(try_wait) {
    w->go_on = 0;
    PTX_EACH(w->go_on |= (uint32_t)fake_phase_is_over(place(w, i, 0, l), place(w, i, 1, l)) << l);
    *ptx_to(w, i, 0) |= w->go_on;
}

PTX_HANDLER(fence_opened) {
    (void)w, (void)i, (void)mask;
    phase_opened();
}
PTX_HANDLER(fence) { (void)w, (void)i, (void)mask; }

/* The box of the map at [b] that begins at {x, y, z}. */
PTX_HANDLER(copy) {
    for (unsigned l = 0; l < PTX_WARP; l++) {
        if (!(mask >> l & 1)) continue;
        const uint64_t map = ptx_get(w, &i->operands[1], l);
        const uint64_t first = (uintptr_t)ptx_now.parameters;
        if (map < first || map + FAKE_MAP_BYTES > first + ptx_now.function->parameter_bytes)
            ptx_wrong(w, (int)l, "a map that is no parameter");
        copy_box(place(w, i, 0, l), (const uint64_t *)(uintptr_t)map, (int)place(w, i, 2, l),
                 (int)place(w, i, 3, l), (int)place(w, i, 4, l), place(w, i, 5, l));
    }
}

/* ----------------------------------------------------------------------- products */

PTX_HANDLER(begin) { PTX_EACH((void)i, fake_begin_products(ptx_item(w, l))); }
PTX_HANDLER(commit) { PTX_EACH((void)i, fake_commit_products(ptx_item(w, l))); }

/* The sums are registers of no value until they are waited for. */
static void set_sums(const ptx_warp *w, const ptx_instruction *i, bool there) {
    for (int n = 0; n < i->n_to; n++)
        w->frame->written[i->operands[n].number] = there ? PTX_ALL : 0;
}

/* Of a product that follows others, the sums may be on their way. */
static void check_sums(const ptx_warp *w, const ptx_instruction *i) {
    for (int n = 0; n < i->n_to; n++)
        if (w->frame->written[i->operands[n].number] != PTX_ALL &&
            !fake_product_left(ptx_item(w, 0), 0))
            ptx_wrong(w, -1, "sum %d was never written", n);
}

/* d, a, b, whether d is added to, signs of A and B, and whether they are turned. */
static void multiply(ptx_warp *w, const ptx_instruction *i, int columns, int is_bf16) {
    const u64 *a = (const u64 *)ptx_from(w, i, 0), *b = (const u64 *)ptx_from(w, i, 1);
    if (*ptx_from(w, i, 2) != PTX_ALL || *ptx_from(w, i, 3) != 1 || *ptx_from(w, i, 4) != 1 ||
        *ptx_from(w, i, 5) != 0)
        ptx_wrong(w, -1, "a form of wgmma that is not played");
    check_sums(w, i);
    for (unsigned l = 0; l < PTX_WARP; l++) {
        if (a[l] != a[0] || b[l] != b[0])
            ptx_wrong(w, (int)l, "wgmma with more than one descriptor in a warp");
        const fake_product p = {a[l], b[l], columns, is_bf16, (int)*ptx_from(w, i, 6)};
        fake_add_product(ptx_item(w, l), (void *)(uintptr_t)i, &p);
    }
    set_sums(w, i, false);
}
PTX_HANDLER(multiply_f16_128) { (void)mask, multiply(w, i, 128, 0); }
PTX_HANDLER(multiply_bf16_128) { (void)mask, multiply(w, i, 128, 1); }
PTX_HANDLER(multiply_f16_256) { (void)mask, multiply(w, i, 256, 0); }
PTX_HANDLER(multiply_bf16_256) { (void)mask, multiply(w, i, 256, 1); }

static ptx_warp *waiting; /* for its products */

static void multiply_now(void *instruction, const fake_product *p, unsigned item) {
    const ptx_instruction *i = instruction;
    const unsigned lane = item % PTX_WARP;
    float d[MOST_SUMS];
    for (int n = 0; n < i->n_to; n++)
        d[n] = ((const f32 *)ptx_to(waiting, i, n))[lane];
    fake_multiply(d, p, item);
    for (int n = 0; n < i->n_to; n++)
        ((f32 *)ptx_to(waiting, i, n))[lane] = d[n];
    set_sums(waiting, i, true);
}

PTX_HANDLER(wait_for_products) {
    const ptx_instruction *left;
    waiting = w;
    PTX_EACH(fake_finish_products(ptx_item(w, l), *ptx_from(w, i, 0), multiply_now));
    for (int n = 0; (left = fake_product_left(ptx_item(w, 0), n)); n++)
        set_sums(w, left, false);
}

#define R16 "rrrrrrrrrrrrrrrr"
#define R64 R16 R16 R16 R16
#define WGMMA(name, sums, handler)                                                                 \
    PTX_FLOW("wgmma.mma_async.sync.aligned." name, sums " qqprrrr", handler, PTX_PRODUCT)

static const ptx_opcode list[] = {
    PTX_OP("mbarrier.init.shared::cta.b64", " rr", open_phase),
    PTX_OP("mbarrier.arrive.shared::cta.b64", "_ r", arrive),
    PTX_OP("mbarrier.arrive.expect_tx.shared::cta.b64", "_ rr", arrive_for),
    PTX_FLOW("mbarrier.try_wait.parity.shared::cta.b64", "p rr", try_wait, PTX_WAITS),
    PTX_OP("fence.mbarrier_init.release.cluster", "", fence_opened),
    PTX_OP("fence.proxy.async.shared::cta", "", fence),
    PTX_OP("cp.async.bulk.tensor.3d.shared::cluster.global.mbarrier::complete_tx::bytes", " rqrrrr",
           copy),
    PTX_FLOW("wgmma.fence.sync.aligned", "", begin, PTX_TOGETHER),
    PTX_FLOW("wgmma.commit_group.sync.aligned", "", commit, PTX_TOGETHER),
    PTX_FLOW("wgmma.wait_group.sync.aligned", " r", wait_for_products, PTX_TOGETHER),
    WGMMA("m64n128k16.f32.f16.f16", R64, multiply_f16_128),
    WGMMA("m64n128k16.f32.bf16.bf16", R64, multiply_bf16_128),
    WGMMA("m64n256k16.f32.f16.f16", R64 R64, multiply_f16_256),
    WGMMA("m64n256k16.f32.bf16.bf16", R64 R64, multiply_bf16_256),
};
PTX_OPCODES(ptx_hopper, list);
