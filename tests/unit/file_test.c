/* SPDX-License-Identifier: MIT
 * External data stays in the model's folder. */
#include "cmocka_test.h"

#include "base/file.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct folders {
    char root[64], model[128];
} folders;

static void write_file(const char *path) {
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    fputs("weights", f);
    fclose(f);
}

static void at(char *path, size_t size, const folders *f, const char *name) {
    snprintf(path, size, "%s/%s", f->root, name);
}

static int set_up(void **state) {
    static folders f;
    char path[256], other[256];
    snprintf(f.root, sizeof f.root, "/tmp/lampwick-file-test-XXXXXX");
    if (!mkdtemp(f.root)) return -1;
    snprintf(f.model, sizeof f.model, "%s/in/model.onnx", f.root);
    const char *const folder_names[] = {"in", "in/sub"};
    for (int i = 0; i < 2; i++) {
        at(path, sizeof path, &f, folder_names[i]);
        mkdir(path, 0700);
    }
    const char *const file_names[] = {"outside", "in/plain", "in/sub/deep", "in/twice"};
    for (int i = 0; i < 4; i++) {
        at(path, sizeof path, &f, file_names[i]);
        write_file(path);
    }
    at(path, sizeof path, &f, "in/twice");
    at(other, sizeof other, &f, "in/hard");
    if (link(path, other) != 0) return -1;
    at(path, sizeof path, &f, "outside");
    at(other, sizeof other, &f, "in/soft");
    if (symlink(path, other) != 0) return -1;
    at(other, sizeof other, &f, "in/folder");
    if (symlink(f.root, other) != 0) return -1;
    *state = &f;
    return 0;
}

static void files_inside_are_mapped(void **state) {
    const folders *f = *state;
    const char *const good[] = {"plain", "./plain", "sub/deep", "sub//deep"};
    for (int i = 0; i < 4; i++) {
        lwi_file file;
        assert_ok(lwi_file_map_confined(f->model, good[i], &file));
        assert_int_equal(file.size, 7);
        assert_memory_equal(file.data, "weights", 7);
        lwi_file_unmap(&file);
    }
}

static void ways_out_are_refused(void **state) {
    const folders *f = *state;
    char absolute[128];
    snprintf(absolute, sizeof absolute, "%s/in/plain", f->root);
    const char *const bad[] = {"../outside", "sub/../../outside", "sub/../plain", "soft",
                               "hard",       "folder/outside",    absolute,       "",
                               "sub",        "missing",           "..\\outside",  "."};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        lwi_file file;
        assert_int_not_equal(lwi_file_map_confined(f->model, bad[i], &file), LW_OK);
        assert_true(strlen(lw_last_error()) > 0);
    }
}

static int tear_down(void **state) {
    char command[128];
    snprintf(command, sizeof command, "rm -r %s", ((folders *)*state)->root);
    return system(command);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_inside_are_mapped),
        cmocka_unit_test(ways_out_are_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
