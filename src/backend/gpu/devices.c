/* SPDX-License-Identifier: MIT
 * All devices of all kinds. */
#include "backend/gpu/card_device.h"
#include "backend/gpu/opencl_device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    lw_status (*find)(size_t index, lwi_device_facts *facts);
    lw_status (*open)(size_t index, lwi_device **device);
} kinds[] = {{"cuda", lwi_cuda_find, lwi_cuda_open},
             {"hip", lwi_hip_find, lwi_hip_open},
             {"opencl", lwi_opencl_find, lwi_opencl_open}};
enum { KINDS = sizeof kinds / sizeof *kinds };

/* A kind without devices counts as one that cannot be used, and says why. */
static lw_status find_or_reason(size_t kind, size_t index, lwi_device_facts *facts) {
    const lw_status status = kinds[kind].find(index, facts);
    if (status == LW_OK || index > 0) return status;
    *facts = (lwi_device_facts){0};
    snprintf(facts->name, sizeof facts->name, "%s", kinds[kind].name);
    snprintf(facts->reason, sizeof facts->reason, "%s", lw_last_error());
    return LW_OK;
}

bool lwi_device_find(size_t index, lwi_device_facts *facts) {
    for (size_t k = 0; k < KINDS; k++)
        for (size_t i = 0; find_or_reason(k, i, facts) == LW_OK; i++)
            if (index-- == 0) return true;
    return false;
}

static lw_status not_found(const char *name) {
    char there[128] = "cpu";
    lwi_device_facts facts;
    for (size_t i = 0; lwi_device_find(i, &facts); i++)
        if (facts.usable && strlen(there) + 40 < sizeof there)
            snprintf(there + strlen(there), sizeof there - strlen(there), ", %s", facts.name);
    return lwi_fail(LW_NOT_FOUND, "there is no device '%.40s'; there is %s", name, there);
}

/* "opencl" and "opencl:0": the number. */
static bool is_kind(const char *name, const char *kind, size_t *index) {
    const size_t n = strlen(kind);
    char *end = NULL;
    *index = 0;
    if (strncmp(name, kind, n) != 0) return false;
    if (!name[n]) return true;
    if (name[n] != ':' || name[n + 1] < '0' || name[n + 1] > '9') return false;
    *index = strtoul(name + n + 1, &end, 10);
    return !*end;
}

static lw_status open_kind(size_t kind, size_t index, lwi_device **device) {
    lwi_device_facts facts;
    LW_TRY(kinds[kind].find(index, &facts));
    if (!facts.usable)
        return lwi_fail(LW_UNSUPPORTED, "%s (%s): %s", facts.name, facts.description, facts.reason);
    return kinds[kind].open(index, device);
}

lw_status lwi_device_open(const char *name, lwi_device **device) {
    size_t index = 0;
    for (size_t k = 0; k < KINDS; k++)
        if (is_kind(name, kinds[k].name, &index)) return open_kind(k, index, device);
    return not_found(name);
}
