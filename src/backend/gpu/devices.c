/* SPDX-License-Identifier: MIT
 * All devices of all kinds. */
#include "backend/gpu/opencl_device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    bool (*find)(size_t index, lwi_device_facts *facts);
    lw_status (*open)(size_t index, lwi_device **device);
} kinds[] = {{"opencl", lwi_opencl_find, lwi_opencl_open}};
enum { KINDS = sizeof kinds / sizeof *kinds };

bool lwi_device_find(size_t index, lwi_device_facts *facts) {
    for (size_t k = 0; k < KINDS; k++)
        for (size_t i = 0; kinds[k].find(i, facts); i++)
            if (index-- == 0) return true;
    return false;
}

static lw_status not_found(const char *name) {
    char there[128] = "";
    lwi_device_facts facts;
    for (size_t i = 0; lwi_device_find(i, &facts) && strlen(there) + 40 < sizeof there; i++)
        snprintf(there + strlen(there), sizeof there - strlen(there), "%s%s", i ? ", " : "",
                 facts.name);
    return lwi_fail(LW_NOT_FOUND, "there is no device '%.40s'; there is %s%s%s", name, "cpu",
                    *there ? ", " : "", there);
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

lw_status lwi_device_open(const char *name, lwi_device **device) {
    lwi_device_facts facts;
    size_t index = 0;
    for (size_t k = 0; k < KINDS; k++) {
        if (!is_kind(name, kinds[k].name, &index) || !kinds[k].find(index, &facts)) continue;
        if (!facts.usable)
            return lwi_fail(LW_UNSUPPORTED, "%s (%s): %s", facts.name, facts.description,
                            facts.reason);
        return kinds[k].open(index, device);
    }
    return not_found(name);
}
