/* SPDX-License-Identifier: MIT */
#include "arch/architectures.h"

#include <string.h>

#define LWI_ARCHITECTURE(name, style) extern const lwi_decoder_style lwi_style_##style;
#include "arch/architectures.def"
#undef LWI_ARCHITECTURE

static const struct {
    const char *name;
    const lwi_decoder_style *style;
} architectures[] = {
#define LWI_ARCHITECTURE(name, style) {name, &lwi_style_##style},
#include "arch/architectures.def"
#undef LWI_ARCHITECTURE
};

const lwi_decoder_style *lwi_architecture_style(const char *name) {
    for (size_t i = 0; i < sizeof architectures / sizeof *architectures; i++)
        if (!strcmp(architectures[i].name, name)) return architectures[i].style;
    return NULL;
}

lw_status lwi_architecture_build(lwi_network *network, const lwi_checkpoint *from) {
    const lwi_decoder_style *style = lwi_architecture_style(from->architecture);
    if (style) return lwi_build_decoder(network, from, style);
    return lwi_fail(LW_UNSUPPORTED, "the architecture '%s' is not known", from->architecture);
}
