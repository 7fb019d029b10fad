/* SPDX-License-Identifier: MIT */
#include "format/onnx/upgrade.h"

#include <string.h>

static const struct {
    const char *domain, *op; /* "*": every one of the domain */
    int64_t below;
    lw_status (*apply)(lwi_upgrade *u);
} CHANGES[] = {
#define LWI_UPGRADE(domain, op, below, function) {domain, op, below, lwi_upgrade_##function},
#include "format/onnx/upgrade.def"
#undef LWI_UPGRADE
};

lw_status lwi_onnx_upgrade(lwi_upgrade *u) {
    for (size_t i = 0; i < sizeof CHANGES / sizeof *CHANGES; i++)
        if (u->version < CHANGES[i].below && !strcmp(u->node->domain, CHANGES[i].domain) &&
            (*CHANGES[i].op == '*' || !strcmp(u->node->op_type, CHANGES[i].op)))
            LW_TRY(CHANGES[i].apply(u));
    return LW_OK;
}
