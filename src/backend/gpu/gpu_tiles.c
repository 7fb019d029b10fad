/* SPDX-License-Identifier: MIT */
#include "backend/gpu/gpu_tiles.h"

enum { NARROW = 64, WIDE = 128 };
enum { STEP = 64 };         /* what a part's depth is a multiple of */
enum { LEAST_DEPTH = 128 }; /* of a part: less is not worth the sums that go through memory */
/* What a number along the sum costs a group: a wide tile makes four times as many elements and
 * reads twice as much; what a narrow one reads takes longer than its products. */
enum { NARROW_COST = 2, WIDE_COST = 5 };

static size_t count(size_t n, size_t of) { return (n + of - 1) / of; }

static size_t count_groups(const lwi_gpu_product_size *s, size_t rows, size_t columns) {
    return count(s->m, rows) * count(s->n, columns) * s->batch;
}

static lwi_gpu_tiles whole_sum(const lwi_gpu_product_size *s, size_t rows, size_t columns) {
    return (lwi_gpu_tiles){rows, columns, 1, s->k ? s->k : 1};
}

lwi_gpu_tiles lwi_gpu_divide_sum(const lwi_device *device, const lwi_gpu_product_size *s,
                                 size_t rows, size_t columns) {
    lwi_gpu_tiles t = whole_sum(s, rows, columns);
    const size_t groups = count_groups(s, rows, columns), most = s->k / LEAST_DEPTH;
    size_t parts = groups ? device->units / groups : 0;
    if (parts > most) parts = most;
    if (parts < 2) return t;
    t.depth = count(count(s->k, parts), STEP) * STEP;
    t.parts = count(s->k, t.depth);
    return t;
}

/* How long it takes, if each multiprocessor does one group after the other. */
static double estimate(const lwi_device *device, const lwi_gpu_product_size *s,
                       const lwi_gpu_tiles *t, int cost) {
    const size_t groups = count_groups(s, t->rows, t->columns) * t->parts;
    const size_t units = device->units ? device->units : 1;
    return (double)count(groups, units) * (double)t->depth * cost;
}

lwi_gpu_tiles lwi_gpu_choose_tiles(const lwi_device *device, const lwi_gpu_product_size *s,
                                   bool whole) {
    lwi_gpu_tiles narrow = whole_sum(s, NARROW, NARROW), wide = whole_sum(s, WIDE, WIDE);
    if (!whole) {
        narrow = lwi_gpu_divide_sum(device, s, NARROW, NARROW);
        wide = lwi_gpu_divide_sum(device, s, WIDE, WIDE);
    }
    return estimate(device, s, &wide, WIDE_COST) < estimate(device, s, &narrow, NARROW_COST)
               ? wide
               : narrow;
}

bool lwi_gpu_is_wide(const lwi_gpu_tiles *tiles) { return tiles->columns > NARROW; }

lw_status lwi_gpu_launch_tiles(lwi_gpu_step *step, const char *kernel,
                               const lwi_gpu_product_size *s, const lwi_gpu_tiles *t,
                               lwi_gpu_launch **launch) {
    return lwi_gpu_groups(step, kernel, count(s->n, t->columns), count(s->m, t->rows),
                          s->batch * t->parts, launch);
}

void lwi_gpu_parts_arguments(lwi_gpu_launch *launch, const lwi_gpu_product_size *s,
                             const lwi_gpu_tiles *t) {
    lwi_gpu_int(launch, (int64_t)t->depth);
    lwi_gpu_int(launch, (int64_t)(s->m * s->n * s->batch));
}

void lwi_gpu_parts_memory(lwi_gpu_step *step, lwi_gpu_launch *launch, const lwi_gpu_product_size *s,
                          const lwi_gpu_tiles *t) {
    lwi_gpu_scratch(step, launch, t->parts * s->m * s->n * s->batch * sizeof(float));
}
