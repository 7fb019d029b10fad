/* SPDX-License-Identifier: MIT */
#include "format/torchscript/torchscript.h"

#include "format/torchscript/ts_signature.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

typedef struct door {
    lwi_maker maker;
    lwi_zip zip;
    lwi_ts_archive archive;
    const lwi_ts_class *class;
    const lwi_ts_function *forward;
} door;

bool lwi_is_torchscript(const lwi_zip *zip) {
    const size_t n = strlen(zip->root);
    if (!lwi_zip_record(zip, "constants.pkl")) return false;
    for (size_t i = 0; i < zip->n; i++)
        if (!strncmp(zip->entries[i].name, zip->root, n) &&
            !strncmp(zip->entries[i].name + n, "code/", 5))
            return true;
    return false;
}

/* --------------------------------------------------------------------- make */

static lw_status unpickle(lwi_ts_interp *in, const lwi_ts_archive *archive, const char *folder,
                          const lwi_pickle_item *item, lwi_ts_value *v) {
    lwi_ts_module_reader reader = {.in = in, .archive = archive, .folder = folder};
    *v = lwi_ts_none();
    return item ? lwi_ts_unpickle(&reader, item, v) : LW_OK;
}

static lw_status run(const door *d, lwi_ts_interp *in, lwi_given *givens, size_t n) {
    lwi_ts_states states;
    lwi_ts_archive archive = d->archive;
    lwi_ts_value constants, self, result, *args = NULL;
    archive.arena = &in->aten->b.network->arena;
    LW_TRY(unpickle(in, &archive, "constants/", archive.constants, &constants));
    in->constants = lwi_ts_sequence(&constants);
    LW_TRY(unpickle(in, &archive, "data/", archive.module, &self));
    LW_TRY(lwi_arena_alloc(in->memory, d->forward->n_params, sizeof *args, &args));
    LW_TRY(lwi_ts_find_states(in, &self, &states));
    in->states = &states;
    LW_TRY(lwi_ts_bind_inputs(in, d->forward, &states, givens, n, args));
    const lwi_ts_call call = {"forward", args, NULL, d->forward->n_params - 1};
    LW_TRY(lwi_ts_invoke(in, d->forward, &self, &call, &result));
    return lwi_ts_put_outputs(in, &result, &states);
}

static void name_format(lwi_network *network) {
    network->format = "TorchScript";
    network->producer = "PyTorch";
    network->ir_version = 10;
}

static lw_status make(const lwi_maker *maker, lwi_given *givens, size_t n, lwi_network *network) {
    const door *d = (const door *)maker;
    lwi_aten a;
    lwi_arena memory;
    lwi_ts_interp in = {.aten = &a, .memory = &memory, .program = &d->archive.program};
    name_format(network);
    LW_TRY(lwi_aten_open(&a, network, "TorchScript"));
    a.rounds = LWI_ATEN_ROUNDS; /* branches may bring free sizes later */
    lwi_arena_init(&memory, &network->arena.allocator);
    lw_status status = run(d, &in, givens, n);
    if (status == LWI_TS_RAISED) status = LW_INVALID; // with the sentence that is there
    if (a.b.status == LW_OK) a.b.status = status;
    status = lwi_aten_close(&a);
    lwi_arena_free(&memory);
    return status;
}

static void free_door(lwi_maker *maker) {
    door *d = (door *)maker;
    lwi_ts_program_free(&d->archive.program);
    lwi_zip_close(&d->zip);
}

/* --------------------------------------------------------------------- read */

static lw_status find_forward(door *d) {
    const lwi_pickle_item *m = d->archive.module;
    char name[512] = "";
    const bool object = m && m->kind == LWI_PICKLE_CALL && m->items[0]->kind == LWI_PICKLE_GLOBAL;
    const char *global = object ? m->items[0]->text.data : "";
    const char *space = strchr(global, ' ');
    if (space) snprintf(name, sizeof name, "%.*s.%s", (int)(space - global), global, space + 1);
    d->class = lwi_ts_find_class(&d->archive.program, name);
    if (!d->class)
        return lwi_fail(LW_CORRUPT, "data.pkl holds no object of a class of the program");
    d->forward = lwi_ts_find_method(d->class, "forward");
    if (!d->forward || !d->forward->n_params)
        return lwi_fail(LW_UNSUPPORTED, "'%s' has no method 'forward'", d->class->name);
    return LW_OK;
}

static lw_status describe(lwi_network *network, const door *d) {
    name_format(network);
    LW_TRY(lwi_graph_new(&network->arena, NULL, d->class->name, &network->graph));
    LW_TRY(lwi_network_metadata(network, "class", d->class->name));
    return lwi_ts_describe(network, &d->archive, d->forward);
}

lw_status lwi_torchscript_read(lwi_network *network, const lwi_zip *zip) {
    door *d = NULL;
    LW_TRY(lwi_arena_alloc(&network->arena, 1, sizeof *d, &d));
    d->maker = (lwi_maker){make, free_door};
    d->zip = *zip;
    network->maker = &d->maker; /* freed with the network, also if this fails */
    LW_TRY(lwi_ts_open(&d->archive, &network->arena, &d->zip));
    LW_TRY(find_forward(d));
    return describe(network, d);
}
