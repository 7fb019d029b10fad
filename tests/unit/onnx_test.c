/* SPDX-License-Identifier: MIT
 * What the ONNX door refuses, and what it says. Messages are put together byte by byte. */
#include "cmocka_test.h"

#include "lampwick.h"

typedef struct message {
    uint8_t bytes[8192];
    size_t size;
} message;

static void add_varint(message *m, uint64_t value) {
    for (; value > 127; value >>= 7)
        m->bytes[m->size++] = (uint8_t)(value | 128);
    m->bytes[m->size++] = (uint8_t)value;
}

static void add_int(message *m, unsigned id, uint64_t value) {
    add_varint(m, id << 3);
    add_varint(m, value);
}

static void add_bytes(message *m, unsigned id, const void *data, size_t size) {
    add_varint(m, id << 3 | 2);
    add_varint(m, size);
    memcpy(m->bytes + m->size, data, size);
    m->size += size;
}

static void add_text(message *m, unsigned id, const char *text) {
    add_bytes(m, id, text, strlen(text));
}

static void add_message(message *m, unsigned id, const message *inner) {
    add_bytes(m, id, inner->bytes, inner->size);
}

enum { NODE = 1, INITIALIZER = 5, OUTPUT = 12 };

static void add_node(message *graph, const char *op, const char *input, const char *output) {
    message node = {.size = 0};
    add_text(&node, 1, input);
    add_text(&node, 2, output);
    add_text(&node, 4, op);
    add_message(graph, NODE, &node);
}

static void add_output(message *graph, const char *name) {
    message info = {.size = 0};
    add_text(&info, 1, name);
    add_message(graph, OUTPUT, &info);
}

/* A tensor [2] of float32 named w, with the bytes given as raw_data. */
static message tensor(const void *raw, size_t size) {
    message m = {.size = 0};
    add_int(&m, 1, 2);
    add_int(&m, 2, LW_FLOAT32);
    add_text(&m, 8, "w");
    if (raw) add_bytes(&m, 9, raw, size);
    return m;
}

static lw_status load(const message *graph, uint64_t opset) {
    message model = {.size = 0}, import = {.size = 0};
    lw_model *loaded = NULL;
    add_int(&import, 2, opset);
    add_int(&model, 1, 8);
    add_message(&model, 8, &import);
    add_message(&model, 7, graph);
    const lw_status status = lw_model_load_memory(model.bytes, model.size, NULL, &loaded);
    lw_model_free(loaded);
    return status;
}

static void check(lw_status found, lw_status expected, const char *sentence) {
    assert_int_equal(found, expected);
    if (!strstr(lw_last_error(), sentence)) fail_msg("%s", lw_last_error());
}

static message graph_with(lw_dtype dtype, size_t raw_size) {
    message graph = {.size = 0}, w = tensor("12345678", raw_size);
    w.bytes[3] = (uint8_t)dtype;
    add_message(&graph, INITIALIZER, &w);
    add_node(&graph, "Neg", "w", "y");
    add_output(&graph, "y");
    return graph;
}

static void test_good(void **state) {
    (void)state;
    const message graph = graph_with(LW_FLOAT32, 8);
    assert_ok(load(&graph, 13));
}

static void test_not_a_model(void **state) {
    (void)state;
    lw_model *model = NULL;
    check(lw_model_load_memory("", 0, NULL, &model), LW_CORRUPT, "not a whole ONNX model");
    check(lw_model_load_memory("PK\3\4 zip", 8, NULL, &model), LW_CORRUPT, "not a whole");
    assert_null(model);
}

static void test_opsets(void **state) {
    (void)state;
    const message graph = graph_with(LW_FLOAT32, 8);
    check(load(&graph, 1000), LW_UNSUPPORTED, "opset 1000 is newer");
    check(load(&graph, 0), LW_CORRUPT, "imports no version");
}

static void test_tensors(void **state) {
    (void)state;
    message graph = graph_with(LW_FLOAT32, 7);
    check(load(&graph, 13), LW_CORRUPT, "tensor 'w': has 7 bytes, expected 8 for float32 [2]");
    graph = graph_with((lw_dtype)99, 8);
    check(load(&graph, 13), LW_UNSUPPORTED, "unknown type 99");
}

static void test_external_from_memory(void **state) {
    (void)state;
    message graph = {.size = 0}, w = tensor(NULL, 0), entry = {.size = 0};
    add_text(&entry, 1, "location");
    add_text(&entry, 2, "weights.bin");
    add_message(&w, 13, &entry);
    add_int(&w, 14, 1);
    add_message(&graph, INITIALIZER, &w);
    check(load(&graph, 13), LW_UNSUPPORTED, "weights.bin");
}

static void test_names(void **state) {
    (void)state;
    message graph = graph_with(LW_FLOAT32, 8);
    add_node(&graph, "Abs", "nowhere", "z");
    check(load(&graph, 13), LW_CORRUPT, "reads the value 'nowhere', which nothing makes");
    graph = graph_with(LW_FLOAT32, 8);
    add_node(&graph, "Abs", "w", "y");
    check(load(&graph, 13), LW_CORRUPT, "two nodes produce the value 'y'");
    graph = graph_with(LW_FLOAT32, 8);
    add_node(&graph, "Abs", "y", "w");
    check(load(&graph, 13), LW_CORRUPT, "makes the value 'w', which is given already");
    graph = graph_with(LW_FLOAT32, 8);
    add_node(&graph, "Abs", "b", "a");
    add_node(&graph, "Abs", "a", "b");
    check(load(&graph, 13), LW_CORRUPT, "circle");
}

static void test_unknown_operators(void **state) {
    (void)state;
    message graph = graph_with(LW_FLOAT32, 8);
    add_node(&graph, "Frobnicate", "w", "a");
    add_node(&graph, "Twiddle", "w", "b");
    check(load(&graph, 13), LW_UNSUPPORTED, "Frobnicate (opset 13) is not supported (and 1 more");
}

/* Optionals in optionals: neither the stack nor time may run out. */
static void test_depth(void **state) {
    (void)state;
    message m = {.size = 0};
    lw_value *value = NULL;
    for (int i = 0; i < 1000; i++) {
        message outer = {.size = 0};
        add_message(&outer, 7, &m);
        m = outer;
    }
    check(lw_onnx_value_parse(m.bytes, m.size, LW_KIND_OPTIONAL, &value), LW_LIMIT, "nested");
    assert_null(value);
}

static void test_wire(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
        const char *sentence;
    } CASES[] = {{"\x0b", 1, "unknown encoding 3"},
                 {"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 12, "too long"},
                 {"\x08", 1, "ends too soon"},
                 {"\x4a\x05"
                  "abc",
                  5, "claims 5 bytes where 3 are left"},
                 {"\x02\x00", 2, "impossible number"},
                 {"\x25\x00\x00", 3, "ends inside a number"}};
    lw_value *value = NULL;
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
        check(lw_onnx_value_parse(CASES[i].bytes, CASES[i].size, LW_KIND_TENSOR, &value),
              LW_CORRUPT, CASES[i].sentence);
}

/* Elements may come packed, one by one, or in several runs. */
static void test_float_lists(void **state) {
    (void)state;
    static const char *const FORMS[] = {
        "\x08\x02\x10\x01\x22\x08\x00\x00\x80\x3f\x00\x00\x00\x40",
        "\x08\x02\x10\x01\x25\x00\x00\x80\x3f\x25\x00\x00\x00\x40",
        "\x08\x02\x10\x01\x22\x04\x00\x00\x80\x3f\x25\x00\x00\x00\x40",
    };
    static const size_t SIZES[] = {14, 14, 15};
    for (int i = 0; i < 3; i++) {
        lw_value *value = NULL;
        assert_ok(lw_onnx_value_parse(FORMS[i], SIZES[i], LW_KIND_TENSOR, &value));
        const float *x = lw_tensor_data(value);
        assert_true(x[0] == 1 && x[1] == 2);
        lw_value_free(value);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),   cmocka_unit_test(test_not_a_model),
        cmocka_unit_test(test_opsets), cmocka_unit_test(test_tensors),
        cmocka_unit_test(test_names),  cmocka_unit_test(test_external_from_memory),
        cmocka_unit_test(test_depth),  cmocka_unit_test(test_unknown_operators),
        cmocka_unit_test(test_wire),   cmocka_unit_test(test_float_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
