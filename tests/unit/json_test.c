/* SPDX-License-Identifier: MIT
 * The JSON reader: what it finds, and what it refuses. tests/unit/json_compare.py compares it with
 * Python's on many documents. */
#include "cmocka_test.h"

#include "base/json_read.h"

static const lwi_json_item *read_text(lwi_arena *arena, const char *text) {
    const lwi_json_item *root = NULL;
    if (lwi_json_parse(arena, text, strlen(text), NULL, &root) != LW_OK)
        fail_msg("%s: %s", text, lw_last_error());
    return root;
}

static void values_are_found(void **state) {
    (void)state;
    lwi_arena arena;
    lwi_arena_init(&arena, &lwi_malloc_allocator);
    const lwi_json_item *o = read_text(
        &arena, " {\"a\": [1, -2.5e1, true, null], \"b\\u0000\\ud83d\\ude00\": \"x\\ty\","
                "\"big\": 9223372036854775808, \"a\": {\"n\": -9223372036854775808}, \"t\": \"\"}");
    assert_int_equal(o->size, 4);
    assert_string_equal(o->items[0].key, "a"); /* the first one's place, the last one's value */
    assert_true(lwi_json_int(lwi_json_get(o, "a"), "n", 0) == INT64_MIN);
    assert_memory_equal(o->items[1].key, "b\0\xf0\x9f\x98\x80", 7);
    assert_int_equal(o->items[1].key_size, 6);
    assert_string_equal(o->items[1].text, "x\ty");
    assert_false(lwi_json_get(o, "big")->is_integer);
    assert_true(lwi_json_number(o, "big", 0) == 9223372036854775808.0);
    assert_string_equal(lwi_json_text(o, "t", "missing"), "");
    assert_string_equal(lwi_json_text(o, "a", "missing"), "missing");
    assert_true(lwi_json_bool(NULL, "a", true));
    assert_null(lwi_json_get(o->items[1].text ? &o->items[1] : NULL, "a"));
    lwi_arena_free(&arena);
}

static void large_objects_are_indexed(void **state) {
    (void)state;
    enum { KEYS = 5000 };
    static char text[KEYS * 32];
    size_t n = 0;
    for (int i = 0; i < KEYS; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%s\"k%d\":%d", i ? "," : "{", i, i);
    snprintf(text + n, sizeof text - n, ",\"k7\":-7}");
    lwi_arena arena;
    lwi_arena_init(&arena, &lwi_malloc_allocator);
    const lwi_json_item *o = read_text(&arena, text);
    assert_int_equal(o->size, KEYS);
    lwi_json_index index;
    assert_ok(lwi_json_index_make(&arena, o, &index));
    for (int i = 0; i < KEYS; i++) {
        char key[16];
        const int size = snprintf(key, sizeof key, "k%d", i);
        const lwi_json_item *item = lwi_json_index_get(&index, key, (size_t)size);
        assert_non_null(item);
        assert_int_equal(item->integer, i == 7 ? -7 : i);
    }
    assert_null(lwi_json_index_get(&index, "k", 1));
    assert_ok(lwi_json_index_make(&arena, NULL, &index));
    assert_null(lwi_json_index_get(&index, "k", 1));
    lwi_arena_free(&arena);
}

static void faults_are_named(void **state) {
    (void)state;
    static const struct {
        const char *text, *place;
    } faults[] = {{"", "line 1, column 1"},
                  {"[1,]", "line 1, column 4"},
                  {"{\"a\" 1}", "line 1, column 6"},
                  {"{\"\xc3\xa4\":\n [tru]}", "line 2, column 3"},
                  {"\"\xc3\xa4\xff\"", "line 1, column 3"},
                  {"01", "column 1"},
                  {"1.", "column 3"},
                  {"-", "column 2"},
                  {"1e+", "column 4"},
                  {"NaN", "column 1"},
                  {"\"\\ud800\"", "column 2"},
                  {"\"\\udc00\\ud800\"", "column 2"},
                  {"\"\\u12g4\"", "column 2"},
                  {"\"\\x\"", "column 2"},
                  {"\"\\", "column 2"},
                  {"\"a\nb\"", "column 3"},
                  {"\"abcdefghijklmn", "column 16"},
                  {"\"\xed\xa0\x80\"", "column 2"},
                  {"[1] 2", "column 5"},
                  {"{a:1}", "column 2"},
                  {"[1 2]", "column 4"}};
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        lwi_arena arena;
        lwi_arena_init(&arena, &lwi_malloc_allocator);
        const lwi_json_item *root = NULL;
        const char *text = faults[i].text;
        assert_int_equal(lwi_json_parse(&arena, text, strlen(text), NULL, &root), LW_CORRUPT);
        if (!strstr(lw_last_error(), faults[i].place)) fail_msg("%s: %s", text, lw_last_error());
        assert_null(root);
        lwi_arena_free(&arena);
    }
}

static void limits_hold(void **state) {
    (void)state;
    lwi_arena arena;
    lwi_arena_init(&arena, &lwi_malloc_allocator);
    const lwi_json_item *root = NULL;
    char deep[4000];
    memset(deep, '[', sizeof deep);
    assert_int_equal(lwi_json_parse(&arena, deep, sizeof deep, NULL, &root), LW_LIMIT);
    const lwi_json_limits deeper = {.depth = 1 << 30};
    assert_int_equal(lwi_json_parse(&arena, deep, sizeof deep, &deeper, &root), LW_LIMIT);
    const lwi_json_limits few = {.items = 3}, small = {.bytes = 3}, unique = {.unique_keys = true};
    assert_int_equal(lwi_json_parse(&arena, "[1,2,3]", 7, &few, &root), LW_LIMIT);
    assert_int_equal(lwi_json_parse(&arena, "[1,2,3]", 7, &small, &root), LW_LIMIT);
    assert_int_equal(lwi_json_parse(&arena, "{\"a\":1,\"a\":2}", 13, &unique, &root), LW_CORRUPT);
    const lwi_json_limits python = {.python_numbers = true};
    assert_ok(lwi_json_parse(&arena, "[NaN,-Infinity,Infinity]", 24, &python, &root));
    assert_true(root->items[1].number < -1e308 && root->items[2].number > 1e308);
    lwi_arena_free(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_found), cmocka_unit_test(large_objects_are_indexed),
        cmocka_unit_test(faults_are_named), cmocka_unit_test(limits_hold)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
