/* SPDX-License-Identifier: MIT */
#include "format/onnx/upgrade.h"

lw_status lwi_onnx_upgrade(lwi_upgrade *u, bool *replaced) {
    *replaced = u->replaced;
    return LW_OK;
}
