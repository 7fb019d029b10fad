/* SPDX-License-Identifier: MIT */
#include "cmocka_test.h"

#include "tensor/convert.h"

static void shapes_are_checked(void **state) {
    (void)state;
    size_t count = 0, bytes = 0;
    const int64_t fine[3] = {2, 3, 5}, huge[3] = {INT64_MAX, INT64_MAX, 2}, negative[1] = {-1};
    const int64_t hidden[3] = {INT64_MAX, 0, INT64_MAX};
    assert_ok(lwi_shape_bytes(LW_INT4, 3, fine, &count, &bytes));
    assert_int_equal(count, 30);
    assert_int_equal(bytes, 15);
    assert_int_equal(lwi_shape_bytes(LW_FLOAT32, 3, huge, &count, &bytes), LW_LIMIT);
    assert_int_equal(lwi_shape_bytes(LW_FLOAT32, 3, hidden, &count, &bytes), LW_LIMIT);
    assert_int_equal(lwi_shape_bytes(LW_FLOAT32, 1, negative, &count, &bytes), LW_SHAPE);
    assert_int_equal(lwi_shape_bytes(LW_FLOAT32, LW_MAX_RANK + 1, fine, &count, &bytes), LW_LIMIT);
    assert_int_equal(lwi_shape_bytes(LW_DTYPE_COUNT, 3, fine, &count, &bytes), LW_TYPE);
}

static void tensors_are_wrapped_and_owned(void **state) {
    (void)state;
    float data[6] = {1, 2, 3, 4, 5, 6};
    const int64_t dims[2] = {2, 3};
    lw_value *v = NULL, *copy = NULL;
    assert_ok(lw_tensor_wrap(LW_FLOAT32, 2, dims, data, &v));
    assert_ptr_equal(lw_tensor_data(v), data);
    assert_int_equal(lw_tensor_count(v), 6);
    assert_ok(lw_value_copy(v, &copy));
    lw_value_free(v);
    assert_ptr_not_equal(lw_tensor_data(copy), data);
    assert_memory_equal(lw_tensor_data(copy), data, sizeof data);
    lw_value_free(copy);
    assert_int_equal(lw_tensor_wrap(LW_FLOAT32, 2, dims, NULL, &v), LW_INVALID);
    assert_int_equal(lw_tensor_wrap(LW_FLOAT32, 2, dims, (char *)data + 1, &v), LW_INVALID);
}

static void strings_are_copied(void **state) {
    (void)state;
    char a[] = "alpha", b[] = "";
    const char *const texts[2] = {a, b};
    const int64_t dims[1] = {2};
    lw_value *v = NULL;
    assert_ok(lw_tensor_strings(1, dims, texts, NULL, &v));
    a[0] = 'x';
    const lw_string *s = lw_tensor_data(v);
    assert_int_equal(s[0].size, 5);
    assert_memory_equal(s[0].data, "alpha", 5);
    assert_int_equal(s[1].size, 0);
    lw_value_free(v);
}

static void containers_own_their_items(void **state) {
    (void)state;
    const int64_t dims[1] = {3};
    lw_value *items[2] = {NULL}, *sequence = NULL, *optional = NULL;
    for (int i = 0; i < 2; i++)
        assert_ok(lw_tensor_new(LW_INT64, 1, dims, &items[i]));
    assert_ok(lw_sequence_take(LW_INT64, items, 2, &sequence));
    assert_int_equal(lw_value_item_count(sequence), 2);
    assert_ptr_equal(lw_value_item(sequence, 1), items[1]);
    assert_null(lw_value_item(sequence, 2));
    assert_ok(lw_optional_take(sequence, &optional));
    assert_int_equal(lw_value_kind(lw_value_item(optional, 0)), LW_KIND_SEQUENCE);
    lw_value_free(optional);
    assert_ok(lw_optional_take(NULL, &optional));
    assert_int_equal(lw_value_item_count(optional), 0);
    lw_value_free(optional);
}

static void packed_elements_survive(void **state) {
    (void)state;
    const lw_dtype types[4] = {LW_INT4, LW_UINT4, LW_INT2, LW_UINT2};
    for (int t = 0; t < 4; t++) {
        uint8_t codes[7], packed[4], again[7];
        const int bits = lw_dtype_bits(types[t]), low = types[t] == LW_INT4   ? -8
                                                        : types[t] == LW_INT2 ? -2
                                                                              : 0;
        for (int i = 0; i < 7; i++)
            codes[i] = (uint8_t)(low + i % (1 << bits));
        lwi_pack(types[t], codes, 7, packed);
        lwi_unpack(types[t], packed, 7, again);
        assert_memory_equal(codes, again, 7);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shapes_are_checked),      cmocka_unit_test(tensors_are_wrapped_and_owned),
        cmocka_unit_test(strings_are_copied),      cmocka_unit_test(containers_own_their_items),
        cmocka_unit_test(packed_elements_survive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
