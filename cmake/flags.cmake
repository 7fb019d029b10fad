# SPDX-License-Identifier: MIT
# Compiler flags of every target.
include(CheckCSourceCompiles)
include(CheckLinkerFlag)
set(LAMPWICK_PIC ON)
if(WASI) # one thread, one place
    set(LAMPWICK_PIC OFF)
    add_library(Threads::Threads INTERFACE IMPORTED)
    include_directories(SYSTEM ${PROJECT_SOURCE_DIR}/src/base/wasi)
else()
    find_package(Threads REQUIRED)
endif()

# Each pointer in a table takes a relocation of 24 bytes; packed, 64 of them take 8 or 16. The loader
# must know the form (DT_RELR): glibc 2.36; musl 1.2.4, which does not say its version.
option(LAMPWICK_PACK_RELOCATIONS "Smaller shared libraries, which need glibc 2.36 or newer" ON)
check_c_source_compiles("#include <stdlib.h>
#if !defined(__GLIBC__) || !__GLIBC_PREREQ(2, 36)
#error no
#endif
int main(void) { return 0; }" LAMPWICK_LOADER_KNOWS_RELR)
check_linker_flag(C -Wl,-z,pack-relative-relocs LAMPWICK_LINKER_KNOWS_RELR)

function(lampwick_pack_relocations target)
    if(LAMPWICK_PACK_RELOCATIONS AND LAMPWICK_LOADER_KNOWS_RELR AND LAMPWICK_LINKER_KNOWS_RELR)
        target_link_options(${target} PRIVATE -Wl,-z,pack-relative-relocs)
    endif()
endfunction()

function(lampwick_flags target)
    set_target_properties(${target} PROPERTIES C_STANDARD 11 C_STANDARD_REQUIRED ON
                          C_EXTENSIONS OFF C_VISIBILITY_PRESET hidden
                          POSITION_INDEPENDENT_CODE ${LAMPWICK_PIC})
    target_compile_definitions(${target} PRIVATE _GNU_SOURCE)
    target_compile_options(${target} PRIVATE -Wall -Wextra -Wshadow -Wundef -Wmissing-prototypes
        -Wvla -fno-math-errno -fno-trapping-math -ffp-contract=off
        $<$<CONFIG:Release>:-O2> $<$<BOOL:${LAMPWICK_WERROR}>:-Werror>)
    # Tables for unwinding are a twelfth of the library, and nothing in it unwinds.
    if(NOT LAMPWICK_SANITIZE)
        target_compile_options(${target} PRIVATE
            $<$<CONFIG:Release>:-fno-asynchronous-unwind-tables>)
    endif()
    if(LAMPWICK_FUZZ)
        target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link)
    endif()
    if(LAMPWICK_SANITIZE)
        target_compile_options(${target} PRIVATE -fsanitize=${LAMPWICK_SANITIZE}
            -fno-sanitize-recover=all -fno-omit-frame-pointer)
        target_link_options(${target} PUBLIC -fsanitize=${LAMPWICK_SANITIZE})
    endif()
endfunction()
