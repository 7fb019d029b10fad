/* SPDX-License-Identifier: MIT
 * What lampwick info says of files that have weights only. */
#ifndef LWI_WEIGHTS_INFO_H
#define LWI_WEIGHTS_INFO_H

#include <lampwick.h>

/* The name says that the file has weights and no network (.safetensors, .pth, .bin, .ckpt, .th). */
bool lwi_has_only_weights(const char *path);
/* Prints, as JSON or not; a failure prints nothing. */
lw_status lwi_weights_info(const char *path, const char *key, bool json);

#endif
