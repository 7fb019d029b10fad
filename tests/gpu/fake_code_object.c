/* SPDX-License-Identifier: MIT
 * What HIP reads of a code object: an ELF file for AMDGPU with a descriptor NAME.kd for each kernel
 * among its dynamic symbols, and a note in MessagePack that lists kernels and their parameters
 * (LLVM's "User Guide for AMDGPU Backend"). */
#include "fake_card.h"

#include <elf.h>
#include <stdio.h>
#include <string.h>

enum { EM_AMD = 224, PROCESSOR = 0xff, NT_METADATA = 32 };

/* ---------------------------------------------------------------- MessagePack */

typedef struct pack {
    const uint8_t *at, *end;
} pack;

static uint64_t read_number(pack *p, int bytes) {
    uint64_t n = 0;
    for (; bytes > 0 && p->at < p->end; bytes--)
        n = n << 8 | *p->at++;
    return n;
}

/* What stands here, and its length (of texts), number (of integers) or count (of the others). */
typedef enum pack_kind { PACK_OTHER, PACK_INT, PACK_TEXT, PACK_ARRAY, PACK_MAP } pack_kind;

static pack_kind read_head(pack *p, uint64_t *n) {
    const uint8_t b = p->at < p->end ? *p->at++ : 0xc0;
    *n = 0;
    if (b < 0x80) return *n = b, PACK_INT;
    if (b < 0x90) return *n = b & 15, PACK_MAP;
    if (b < 0xa0) return *n = b & 15, PACK_ARRAY;
    if (b < 0xc0) return *n = b & 31, PACK_TEXT;
    if (b >= 0xcc && b <= 0xcf) return *n = read_number(p, 1 << (b - 0xcc)), PACK_INT;
    if (b >= 0xd0 && b <= 0xd3) return *n = read_number(p, 1 << (b - 0xd0)), PACK_INT;
    if (b >= 0xd9 && b <= 0xdb) return *n = read_number(p, 1 << (b - 0xd9)), PACK_TEXT;
    if (b == 0xdc || b == 0xdd) return *n = read_number(p, 2 << (b - 0xdc)), PACK_ARRAY;
    if (b == 0xde || b == 0xdf) return *n = read_number(p, 2 << (b - 0xde)), PACK_MAP;
    return PACK_OTHER;
}

static void skip(pack *p) {
    uint64_t n = 0;
    const pack_kind kind = read_head(p, &n);
    if (kind == PACK_TEXT) p->at += n <= (size_t)(p->end - p->at) ? n : (size_t)(p->end - p->at);
    for (uint64_t i = 0; i < n * (kind == PACK_MAP ? 2 : kind == PACK_ARRAY) && p->at < p->end; i++)
        skip(p);
}

/* The text that stands here, cut to size; p stands behind it. */
static void read_text(pack *p, char *text, size_t size) {
    uint64_t n = 0;
    text[0] = '\0';
    if (read_head(p, &n) != PACK_TEXT || n > (size_t)(p->end - p->at)) return;
    snprintf(text, size, "%.*s", (int)n, (const char *)p->at);
    p->at += n;
}

/* The value of the key in the map that stands at p; false: there is none. */
static bool find(pack map, const char *key, pack *value) {
    char found[64];
    uint64_t n = 0;
    if (read_head(&map, &n) != PACK_MAP) return false;
    for (uint64_t i = 0; i < n; i++) {
        read_text(&map, found, sizeof found);
        *value = map;
        if (!strcmp(found, key)) return true;
        skip(&map);
    }
    return false;
}

static uint64_t number_of(pack map, const char *key) {
    pack value;
    uint64_t n = 0;
    if (!find(map, key, &value) || read_head(&value, &n) != PACK_INT) return 0;
    return n;
}

static void text_of(pack map, const char *key, char *text, size_t size) {
    pack value;
    text[0] = '\0';
    if (find(map, key, &value)) read_text(&value, text, size);
}

/* ------------------------------------------------------------------------ ELF */

static const Elf64_Shdr *section(const uint8_t *elf, uint32_t type) {
    const Elf64_Ehdr *head = (const void *)elf;
    const Elf64_Shdr *all = (const void *)(elf + head->e_shoff);
    for (int i = 0; i < head->e_shnum; i++)
        if (all[i].sh_type == type) return &all[i];
    return NULL;
}

static bool is_code_object(const uint8_t *elf) {
    const Elf64_Ehdr *head = (const void *)elf;
    return !memcmp(head->e_ident, ELFMAG, SELFMAG) && head->e_ident[EI_CLASS] == ELFCLASS64 &&
           head->e_machine == EM_AMD && head->e_type == ET_DYN;
}

uint32_t fake_processor_of(const uint8_t *elf) {
    const Elf64_Ehdr *head = (const void *)elf;
    return is_code_object(elf) ? head->e_flags & PROCESSOR : 0;
}

static bool has_symbol(const uint8_t *elf, const char *name) {
    const Elf64_Ehdr *head = (const void *)elf;
    const Elf64_Shdr *all = (const void *)(elf + head->e_shoff), *table = section(elf, SHT_DYNSYM);
    if (!table) return false;
    const Elf64_Sym *symbols = (const void *)(elf + table->sh_offset);
    const char *names = (const char *)elf + all[table->sh_link].sh_offset;
    for (size_t i = 0; i < table->sh_size / sizeof *symbols; i++)
        if (!strcmp(names + symbols[i].st_name, name) && symbols[i].st_size == 64) return true;
    return false;
}

static bool find_metadata(const uint8_t *elf, pack *metadata) {
    const Elf64_Shdr *note = section(elf, SHT_NOTE);
    if (!note) return false;
    const Elf64_Nhdr *head = (const void *)(elf + note->sh_offset);
    const uint8_t *text = (const uint8_t *)(head + 1) + (head->n_namesz + 3) / 4 * 4;
    *metadata = (pack){text, text + head->n_descsz};
    return head->n_type == NT_METADATA;
}

/* -------------------------------------------------------------------- kernels */

static bool read_parameters(pack kernel, fake_kernel *k) {
    pack list;
    uint64_t n = 0, offset = 0;
    char kind[32], type[32];
    if (!find(kernel, ".args", &list) || read_head(&list, &n) != PACK_ARRAY) return false;
    for (uint64_t i = 0; i < n; i++, skip(&list)) {
        text_of(list, ".value_kind", kind, sizeof kind);
        text_of(list, ".type_name", type, sizeof type);
        if (!strncmp(kind, "hidden_", 7)) continue;
        const uint64_t size = number_of(list, ".size"), at = number_of(list, ".offset");
        if (k->n_parameters == FAKE_MOST_PARAMETERS || (size != 4 && size != 8) || at < offset)
            return false;
        offset = at + size;
        k->is_float[k->n_parameters] = !strcmp(type, "float");
        k->bytes[k->n_parameters++] = (int)size;
    }
    return offset <= number_of(kernel, ".kernarg_segment_size");
}

static bool read_kernel(const uint8_t *elf, pack kernel, fake_kernel *k) {
    char symbol[64];
    *k = (fake_kernel){.run = fake_run};
    text_of(kernel, ".name", k->name, sizeof k->name);
    text_of(kernel, ".symbol", symbol, sizeof symbol);
    return has_symbol(elf, symbol) && read_parameters(kernel, k) && fake_find_code(k, NULL);
}

int fake_read_code_object(const uint8_t *elf, fake_kernel *kernels, int most) {
    pack metadata, list;
    uint64_t n = 0;
    if (!is_code_object(elf) || !find_metadata(elf, &metadata) ||
        !find(metadata, "amdhsa.kernels", &list) || read_head(&list, &n) != PACK_ARRAY ||
        n > (uint64_t)most)
        return -1;
    for (uint64_t i = 0; i < n; i++, skip(&list))
        if (!read_kernel(elf, list, &kernels[i])) {
            fprintf(stderr, FAKE_LIBRARY ": kernel %d, '%s', is not good or not known here\n",
                    (int)i, kernels[i].name);
            return -1;
        }
    return (int)n;
}
