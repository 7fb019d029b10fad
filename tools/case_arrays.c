/* SPDX-License-Identifier: MIT */
#include "case_arrays.h"

#include <string.h>

#include <lampwick/media.h>

#include "text.h"

/* The member for a model's input or output. */
static size_t find(const lw_media_npz *npz, const char *name, size_t place) {
    for (size_t i = 0; i < lw_media_npz_count(npz); i++)
        if (!strcmp(lw_media_npz_name(npz, i), name)) return i;
    return place;
}

static lw_status read_one(const lw_media_npz *npz, size_t index, lw_dtype dtype, lw_value **value) {
    lw_value *stored;
    lw_status status = lw_media_npz_load(npz, index, &stored);
    if (status) return status;
    if (!dtype || dtype == LW_STRING || lw_tensor_dtype(stored) == dtype) {
        *value = stored;
        return LW_OK;
    }
    status = lw_tensor_convert(stored, dtype, value);
    lw_value_free(stored);
    return status;
}

char *lwi_read_case_arrays(const char *path, const lw_io_info *infos, size_t n, lw_value **values) {
    lw_media_npz *npz;
    lw_status status = lw_media_npz_open(path, &npz);
    if (status) return lwi_text("%s: %s", path, lw_last_error());
    size_t done = 0;
    for (; done < n && !status; done += !status)
        status = read_one(npz, find(npz, infos[done].name, done), infos[done].dtype, &values[done]);
    lw_media_npz_close(npz);
    if (!status) return NULL;
    char *fault = lwi_text("%s: %s: %s", path, infos[done].name, lw_last_error());
    while (done)
        lw_value_free(values[--done]);
    return fault;
}
