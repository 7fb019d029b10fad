/* SPDX-License-Identifier: MIT
 * lampwick devices: the processor and the devices beside it, and the parts built in. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <lampwick/media.h>
#include <lampwick/tokenizer.h>

#include "commands.h"
#include "json.h"

typedef struct devices_options {
    bool json;
} devices_options;

static void print_parts(void) {
    lw_media_part_info part = {.size = sizeof part};
    for (size_t i = 0; !lw_media_part(i, &part); i++)
        printf("%-12s %-26s %s%s\n", i ? "" : "reads", part.format,
               part.available ? "yes" : "no: built without ", part.available ? "" : part.library);
    lw_tokenizer_part_info text = {.size = sizeof text};
    for (size_t i = 0; !lw_tokenizer_part(i, &text); i++)
        printf("%-12s %-26s %s%s\n", i ? "" : "tokenizers", text.purpose,
               text.available ? "yes" : "no: built without ", text.available ? "" : text.library);
}

static void print_devices(void) {
    lw_device_info d = {.size = sizeof d};
    for (size_t i = 0; !lw_device(i, &d); i++)
        if (strchr(d.name, ':'))
            printf("%-12s %s, %s, driver %s, %u units, %.1f GiB of memory%s%s\n", d.name,
                   d.description, d.capability, d.driver, d.units, (double)d.memory / (1 << 30),
                   d.usable ? "" : "; not usable: ", d.reason);
        else printf("%-12s none: %s\n", d.name, d.reason);
}

static void add_devices(lwi_json *json) {
    lw_device_info d = {.size = sizeof d};
    lwi_show_key(json, "devices");
    lwi_show_open(json, '[');
    for (size_t i = 0; !lw_device(i, &d); i++) {
        lwi_show_open(json, '{');
        lwi_show_set_text(json, "name", d.name);
        lwi_show_set_text(json, "description", d.description);
        lwi_show_set_text(json, "capability", d.capability);
        lwi_show_set_text(json, "driver", d.driver);
        lwi_show_set_integer(json, "memory", (int64_t)d.memory);
        lwi_show_set_integer(json, "units", d.units);
        lwi_show_set_text(json, "reason", d.reason);
        lwi_show_close(json, '}');
    }
    lwi_show_close(json, ']');
}

static void print_json(const lw_cpu_info *cpu) {
    lwi_json json = {0};
    lw_media_part_info part = {.size = sizeof part};
    lwi_show_open(&json, '{');
    lwi_show_set_text(&json, "version", lw_version());
    lwi_show_set_text(&json, "isa", cpu->isa);
    lwi_show_set_integer(&json, "threads", cpu->threads);
    lwi_show_set_integer(&json, "memory", (int64_t)cpu->memory);
    add_devices(&json);
    lwi_show_key(&json, "reads");
    lwi_show_open(&json, '{');
    for (size_t i = 0; !lw_media_part(i, &part); i++) {
        lwi_show_key(&json, part.format);
        lwi_show_bool(&json, part.available);
    }
    lwi_show_close(&json, '}');
    lw_tokenizer_part_info text = {.size = sizeof text};
    lwi_show_key(&json, "tokenizers");
    lwi_show_open(&json, '{');
    for (size_t i = 0; !lw_tokenizer_part(i, &text); i++) {
        lwi_show_key(&json, text.library);
        lwi_show_bool(&json, text.available);
    }
    lwi_show_close(&json, '}');
    lwi_show_close(&json, '}');
}

static int run(const void *given, char **arguments, int n) {
    (void)arguments, (void)n;
    const devices_options *options = given;
    lw_cpu_info cpu = {.size = sizeof cpu};
    if (lw_cpu(&cpu)) return lwi_complain("%s", lw_last_error());
    if (options->json) {
        print_json(&cpu);
        return LWI_EXIT_OK;
    }
    printf("%-12s kernels %s, %d thread%s, %.1f GiB of memory\n", "cpu", cpu.isa, cpu.threads,
           cpu.threads == 1 ? "" : "s", (double)cpu.memory / (1 << 30));
    print_devices();
    print_parts();
    return LWI_EXIT_OK;
}

static const lwi_option table[] = {
    {"json", 0, LWI_FLAG, offsetof(devices_options, json), NULL, NULL, "print JSON"},
};

const lwi_command lwi_cmd_devices = {
    .name = "devices",
    .arguments = "",
    .summary = "the processor, devices beside it, and the parts built in",
    .about =
        "Prints the instruction sets in use (the environment variable LAMPWICK_ISA lowers them: "
        "base, avx2, avxvnni, avx512 ...), the threads and memory that this process may use, the "
        "devices that drivers of this machine offer (CUDA, HIP, OpenCL), with the reason where "
        "one cannot be used, and which files of pictures, sound and tokenizers can be read.",
    .examples = "lampwick devices\nLAMPWICK_ISA=avx2 lampwick devices",
    LWI_OPTIONS(table),
    .size = sizeof(devices_options),
    .run = run,
};
