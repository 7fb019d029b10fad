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
