/* SPDX-License-Identifier: MIT
 * numpy's array files (NEP 1, "A simple file format for NumPy arrays"), versions 1 to 3. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "media_bytes.h"

typedef struct array {
    char order, kind; /* '<', '>', '|' or '='; 'f', 'i', 'u', 'b', 'c', 'U', 'S' */
    size_t item;      /* bytes of an element */
    bool fortran;
    int rank;
    int64_t dims[LW_MAX_RANK];
    lwi_bytes data;
} array;

/* What follows "'key':" in the header, without spaces; NULL if it is not there. */
static const char *find_key(const char *header, const char *key) {
    const char *at = strstr(header, key);
    if (!at) return NULL;
    at += strlen(key);
    if (*at == '\'' || *at == '"') at++;
    at += strspn(at, " ");
    return *at == ':' ? at + 1 + strspn(at + 1, " ") : NULL;
}

static bool parse_descr(const char *at, array *a) {
    if (!at || (*at != '\'' && *at != '"') || !at[1] || !at[2]) return false;
    a->order = at[1];
    a->kind = at[2];
    char *end;
    const unsigned long item = strtoul(at + 3, &end, 10);
    a->item = (a->kind == 'U' ? 4 : 1) * (size_t)item;
    return end > at + 3 && item <= 1 << 24 && *end == *at;
}

static bool parse_shape(const char *at, array *a) {
    if (!at || *at++ != '(') return false;
    while (*(at += strspn(at, " ,")) != ')') {
        char *end;
        errno = 0;
        const long long dim = strtoll(at, &end, 10);
        if (end == at || errno || dim < 0 || a->rank == LW_MAX_RANK) return false;
        a->dims[a->rank++] = dim;
        at = end + (*end == 'L'); /* written by Python 2 */
    }
    return true;
}

static lw_status parse_header(lwi_bytes file, array *a) {
    if (!lwi_starts(file, 0, "\x93NUMPY", 6) || file.size < 12)
        return lwi_media_fail(LW_CORRUPT, "not an npy file");
    const bool wide = file.data[6] >= 2;
    const size_t start = wide ? 12 : 10;
    const size_t length = wide ? lwi_le32(file.data + 8) : lwi_le16(file.data + 8);
    if (!lwi_within(start, length, file.size) || length > 65536)
        return lwi_media_fail(LW_CORRUPT, "malformed npy file: its header is cut off");
    char *header = calloc(length + 1, 1);
    if (!header) return lwi_media_fail(LW_NO_MEMORY, "out of memory");
    memcpy(header, file.data + start, length);
    const char *order = find_key(header, "fortran_order");
    const bool good = parse_descr(find_key(header, "descr"), a) &&
                      parse_shape(find_key(header, "shape"), a) && order;
    a->fortran = order && !strncmp(order, "True", 4);
    free(header);
    a->data = (lwi_bytes){file.data + start + length, file.size - start - length};
    return good ? LW_OK
                : lwi_media_fail(LW_UNSUPPORTED, "the npy file holds structures or objects, not an "
                                                 "array of numbers or strings");
}

static lw_dtype dtype_of(const array *a) {
    static const struct {
        char kind;
        size_t item;
        lw_dtype dtype;
    } types[] = {{'f', 2, LW_FLOAT16},   {'f', 4, LW_FLOAT32},    {'f', 8, LW_FLOAT64},
                 {'i', 1, LW_INT8},      {'i', 2, LW_INT16},      {'i', 4, LW_INT32},
                 {'i', 8, LW_INT64},     {'u', 1, LW_UINT8},      {'u', 2, LW_UINT16},
                 {'u', 4, LW_UINT32},    {'u', 8, LW_UINT64},     {'b', 1, LW_BOOL},
                 {'c', 8, LW_COMPLEX64}, {'c', 16, LW_COMPLEX128}};
    if (a->kind == 'U' || a->kind == 'S') return LW_STRING;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].kind == a->kind && types[i].item == a->item) return types[i].dtype;
    return LW_DTYPE_NONE;
}

/* Where element i (in row-major order) lies in a file of column-major order. */
static size_t fortran_place(const array *a, size_t i) {
    size_t place = 0, step = 1, index[LW_MAX_RANK];
    for (int d = a->rank; d-- > 0;) {
        index[d] = i % (size_t)a->dims[d];
        i /= (size_t)a->dims[d];
    }
    for (int d = 0; d < a->rank; d++) {
        place += index[d] * step;
        step *= (size_t)a->dims[d];
    }
    return place;
}

/* Big-endian numbers; the halves of a complex number are turned each by itself. */
static void turn_bytes(uint8_t *data, size_t bytes, size_t size) {
    for (size_t i = 0; i + size <= bytes; i += size)
        for (size_t k = 0; k < size / 2; k++) {
            const uint8_t t = data[i + k];
            data[i + k] = data[i + size - 1 - k];
            data[i + size - 1 - k] = t;
        }
}

static lw_status load_numbers(const array *a, size_t n, lw_dtype dtype, lw_value **tensor) {
    lw_value *made;
    const lw_status status = lw_tensor_new(dtype, a->rank, a->dims, &made);
    if (status) return status;
    uint8_t *to = lw_tensor_data(made);
    if (!a->fortran || a->rank < 2) {
        if (n) memcpy(to, a->data.data, n * a->item);
    } else {
        for (size_t i = 0; i < n; i++)
            memcpy(to + i * a->item, a->data.data + fortran_place(a, i) * a->item, a->item);
    }
    if (a->order == '>') turn_bytes(to, n * a->item, a->kind == 'c' ? a->item / 2 : a->item);
    if (a->kind == 'b')
        for (size_t i = 0; i < n; i++)
            to[i] = to[i] != 0;
    *tensor = made;
    return LW_OK;
}

/* One code point as UTF-8; returns the bytes written. What is no code point becomes U+FFFD. */
static size_t put_utf8(uint32_t c, char *to) {
    if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000)) c = 0xfffd;
    if (c < 0x80) return to[0] = (char)c, 1;
    const int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const uint8_t lead[] = {0, 0xc0, 0xe0, 0xf0};
    to[0] = (char)(lead[more] | c >> (6 * more));
    for (int k = 1; k <= more; k++)
        to[k] = (char)(0x80 | (c >> (6 * (more - k)) & 63));
    return (size_t)more + 1;
}

/* An element without the zeros that pad it; returns its bytes. */
static size_t read_string(const array *a, const uint8_t *from, char *to) {
    size_t used = 0, end = 0;
    const size_t unit = a->kind == 'U' ? 4 : 1;
    for (size_t k = 0; k < a->item / unit; k++) {
        const uint8_t *p = from + k * unit;
        const uint32_t c = unit == 1 ? p[0] : a->order == '>' ? lwi_be32(p) : lwi_le32(p);
        if (unit == 1) to[used++] = (char)c;
        else used += put_utf8(c, to + used);
        if (c) end = used;
    }
    return end;
}

static lw_status load_strings(const array *a, size_t n, lw_value **tensor) {
    char *bytes = malloc(n * a->item + 1);
    const char **strings = calloc(n + 1, sizeof *strings);
    size_t *lengths = calloc(n + 1, sizeof *lengths);
    lw_status status = LW_NO_MEMORY;
    if (bytes && strings && lengths) {
        for (size_t i = 0; i < n; i++) {
            const size_t place = a->fortran ? fortran_place(a, i) : i;
            strings[i] = bytes + i * a->item;
            lengths[i] = read_string(a, a->data.data + place * a->item, bytes + i * a->item);
        }
        status = lw_tensor_strings(a->rank, a->dims, strings, lengths, tensor);
    } else {
        lwi_media_fail(status, "out of memory");
    }
    free(bytes);
    free(strings);
    free(lengths);
    return status;
}

lw_status lw_media_npy_load_memory(const void *data, size_t size, lw_value **tensor) {
    array a = {0};
    const lw_status status = parse_header((lwi_bytes){data, size}, &a);
    if (status) return status;
    const lw_dtype dtype = dtype_of(&a);
    if (dtype == LW_DTYPE_NONE)
        return lwi_media_fail(LW_UNSUPPORTED, "the npy file's type '%c%zu' is not supported",
                              a.kind, a.item);
    size_t n = 1, bytes;
    bool fits = true;
    for (int d = 0; d < a.rank && fits; d++)
        fits = lwi_mul_size(n, (uint64_t)a.dims[d], &n);
    if (!fits || !lwi_mul_size(n, a.item, &bytes) || bytes > a.data.size ||
        (!a.item && n > a.data.size + 65536))
        return lwi_media_fail(LW_CORRUPT, "malformed npy file: it is shorter than its shape says");
    return dtype == LW_STRING ? load_strings(&a, n, tensor) : load_numbers(&a, n, dtype, tensor);
}

lw_status lw_media_npy_load(const char *path, lw_value **tensor) {
    lwi_bytes file;
    lw_status status = lwi_media_read(path, &file);
    if (status) return status;
    status = lw_media_npy_load_memory(file.data, file.size, tensor);
    free((void *)file.data);
    return status;
}

/* numpy's name of a type; NULL if it has none. */
static const char *descr_of(lw_dtype dtype) {
    switch (dtype) {
    case LW_FLOAT16:
        return "<f2";
    case LW_FLOAT32:
        return "<f4";
    case LW_FLOAT64:
        return "<f8";
    case LW_INT8:
        return "|i1";
    case LW_INT16:
        return "<i2";
    case LW_INT32:
        return "<i4";
    case LW_INT64:
        return "<i8";
    case LW_UINT8:
        return "|u1";
    case LW_UINT16:
        return "<u2";
    case LW_UINT32:
        return "<u4";
    case LW_UINT64:
        return "<u8";
    case LW_BOOL:
        return "|b1";
    case LW_COMPLEX64:
        return "<c8";
    case LW_COMPLEX128:
        return "<c16";
    default:
        return NULL;
    }
}

/* The header, padded with spaces so that data starts at a multiple of 64. */
static size_t make_header(const lw_value *tensor, const char *descr, char *text, size_t size) {
    int n = snprintf(text, size, "{'descr': '%s', 'fortran_order': False, 'shape': (", descr);
    for (int d = 0; d < lw_tensor_rank(tensor); d++)
        n += snprintf(text + n, size - (size_t)n, "%" PRId64 ",", lw_tensor_dims(tensor)[d]);
    n += snprintf(text + n, size - (size_t)n, "), }");
    while ((n + 11) % 64)
        text[n++] = ' ';
    text[n++] = '\n';
    return (size_t)n;
}

lw_status lw_media_npy_save(const char *path, const lw_value *tensor) {
    const char *descr = descr_of(lw_tensor_dtype(tensor));
    if (lw_value_kind(tensor) != LW_KIND_TENSOR || lw_tensor_dtype(tensor) == LW_STRING)
        return lwi_media_fail(LW_TYPE, "only tensors of numbers can be saved as npy");
    if (!descr) {
        lw_value *wide;
        lw_status status = lw_tensor_convert(tensor, LW_FLOAT32, &wide);
        if (status) return status;
        status = lw_media_npy_save(path, wide);
        lw_value_free(wide);
        return status;
    }
    char header[1024];
    const size_t n = make_header(tensor, descr, header, sizeof header - 64);
    const uint8_t start[10] = {0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, (uint8_t)n, (uint8_t)(n >> 8)};
    const size_t bytes = lw_tensor_bytes(tensor);
    FILE *file = fopen(path, "wb");
    bool good = file && fwrite(start, 1, 10, file) == 10 && fwrite(header, 1, n, file) == n &&
                (!bytes || fwrite(lw_tensor_data(tensor), 1, bytes, file) == bytes);
    if (file && fclose(file)) good = false;
    return good ? LW_OK : lwi_media_fail(LW_IO, "cannot write %s: %s", path, strerror(errno));
}
