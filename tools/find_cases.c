/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "test_case.h"
#include "text.h"

static int is_visible(const struct dirent *entry) { return entry->d_name[0] != '.'; }

static bool is_folder(const char *path) {
    struct stat info;
    return !stat(path, &info) && S_ISDIR(info.st_mode);
}

static void add(lwi_test_cases *cases, int kind, const char *folder, const char *model,
                const char *name) {
    cases->items = lwi_resize(cases->items, cases->n + 1, sizeof *cases->items);
    lwi_test_case *test = &cases->items[cases->n++];
    test->name = lwi_text("%s", name);
    test->folder = lwi_text("%s", folder);
    test->model = lwi_text("%s/%s", folder, model);
    test->kind = kind;
}

/* What a folder holds. */
typedef struct holding {
    int models, sets, lights;
    bool arrays;
    const char *model; /* model.onnx, model.pt2 or model.pt, or the only one */
} holding;

static holding look(struct dirent **entries, int n) {
    holding found = {0};
    for (int i = 0; i < n; i++) {
        const char *name = entries[i]->d_name;
        if (lwi_ends_with(name, ".onnx") || lwi_ends_with(name, ".pt2") ||
            lwi_ends_with(name, ".pt")) {
            if (!found.models++ || !strncmp(name, "model.", 6)) found.model = name;
        }
        if (!strncmp(name, "test_data_set_", 14)) found.sets++;
        if (!strncmp(name, "light_", 6) && strstr(name, "_output_")) found.lights++;
        if (!strcmp(name, "outputs.npz")) found.arrays = true;
    }
    return found;
}

static void add_lights(lwi_test_cases *cases, const char *folder, struct dirent **entries, int n) {
    for (int i = 0; i < n; i++) {
        const char *model = entries[i]->d_name;
        if (strncmp(model, "light_", 6) || !lwi_ends_with(model, ".onnx")) continue;
        char *name = lwi_text("%.*s", (int)(strlen(model) - 5), model);
        add(cases, LWI_CASE_LIGHT, folder, model, name);
        free(name);
    }
}

static char *last_name(const char *folder) {
    size_t n = strlen(folder);
    while (n > 1 && folder[n - 1] == '/')
        n--;
    char *path = lwi_text("%.*s", (int)n, folder), *name = lwi_text("%s", lwi_base_name(path));
    free(path);
    return name;
}

bool lwi_find_cases(const char *folder, lwi_test_cases *cases) {
    struct dirent **entries;
    const int n = scandir(folder, &entries, is_visible, alphasort);
    if (n < 0) return false;
    const holding found = look(entries, n);
    if (found.models && (found.sets || found.arrays)) {
        char *name = last_name(folder);
        add(cases, found.sets ? LWI_CASE_PROTO : LWI_CASE_ARRAYS, folder, found.model, name);
        free(name);
    } else if (found.lights) {
        add_lights(cases, folder, entries, n);
    } else {
        for (int i = 0; i < n; i++) {
            char *path = lwi_text("%s/%s", folder, entries[i]->d_name);
            if (is_folder(path)) lwi_find_cases(path, cases);
            free(path);
        }
    }
    for (int i = 0; i < n; i++)
        free(entries[i]);
    free(entries);
    return true;
}

void lwi_free_cases(lwi_test_cases *cases) {
    for (size_t i = 0; i < cases->n; i++) {
        free(cases->items[i].name);
        free(cases->items[i].folder);
        free(cases->items[i].model);
    }
    free(cases->items);
}
