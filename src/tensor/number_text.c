/* SPDX-License-Identifier: MIT */
#include "tensor/number_text.h"

#include "base/double_text.h"
#include "tensor/convert.h"

#include <stdio.h>
#include <string.h>

static bool same_in(const void *user, double a, double b) {
    const lw_dtype dtype = *(const lw_dtype *)user;
    unsigned char x[8] = {0}, y[8] = {0};
    lwi_convert(&lwi_convert_nearest, LW_FLOAT64, &a, dtype, x, 1);
    lwi_convert(&lwi_convert_nearest, LW_FLOAT64, &b, dtype, y, 1);
    return !memcmp(x, y, sizeof x);
}

static size_t word(const char *from, char *text) {
    memcpy(text, from, strlen(from));
    return strlen(from);
}

size_t lwi_number_text(const lw_value *v, size_t i, char text[LWI_NUMBER_TEXT]) {
    if (v->dtype == LW_BOOL)
        return ((const uint8_t *)v->data)[i] ? word("True", text) : word("False", text);
    if (!lwi_dtype_is_integer(v->dtype))
        return lwi_double_text(lwi_get_double(v, i), same_in, &v->dtype, text);
    const long long n = lwi_get_int(v, i);
    if (v->dtype == LW_UINT64)
        return (size_t)snprintf(text, LWI_NUMBER_TEXT, "%llu", (unsigned long long)n);
    return (size_t)snprintf(text, LWI_NUMBER_TEXT, "%lld", n);
}
