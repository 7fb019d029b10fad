# SPDX-License-Identifier: MIT
# Compiler flags of every target.
find_package(Threads REQUIRED)

function(lampwick_flags target)
    set_target_properties(${target} PROPERTIES C_STANDARD 11 C_STANDARD_REQUIRED ON
                          C_EXTENSIONS OFF C_VISIBILITY_PRESET hidden
                          POSITION_INDEPENDENT_CODE ON)
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
