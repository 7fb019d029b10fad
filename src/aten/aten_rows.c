/* SPDX-License-Identifier: MIT */
#include "aten/rows.h"

#include <string.h>

const lwi_aten_row lwi_aten_rows[] = {
#define ATEN(name, overload, flags, schema, onnx, lower)                                           \
    {name, overload, schema, onnx, lwi_aten_##lower, flags},
#include "aten/aten.def"
#undef ATEN
};
const size_t lwi_aten_n_rows = sizeof lwi_aten_rows / sizeof *lwi_aten_rows;

lw_status lwi_aten_index(lwi_strmap *rows) {
    for (size_t i = 0; i < lwi_aten_n_rows; i++)
        if (i == 0 || strcmp(lwi_aten_rows[i - 1].name, lwi_aten_rows[i].name) != 0)
            LW_TRY(lwi_strmap_set(rows, lwi_aten_rows[i].name, (int)i));
    return LW_OK;
}

size_t lw_torch_op_count(void) { return lwi_aten_n_rows; }

lw_status lw_torch_op(size_t index, lw_torch_op_info *info) {
    if (!info || info->size < sizeof *info)
        return lwi_fail(LW_INVALID, "lw_torch_op: info has no size of lw_torch_op_info");
    if (index >= lwi_aten_n_rows)
        return lwi_fail(LW_RANGE, "lw_torch_op: index %zu, but there are %zu", index,
                        lwi_aten_n_rows);
    const lwi_aten_row *row = &lwi_aten_rows[index];
    info->name = row->name;
    info->overload = row->overload;
    info->schema = row->schema;
    info->becomes = row->onnx;
    return LW_OK;
}
