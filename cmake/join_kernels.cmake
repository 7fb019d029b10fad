# SPDX-License-Identifier: MIT
# Kernels as one text: FILES one after the other, with the instructions of pointwise programs where
# a line says /*POINTWISE*/, written to TO. Comments stay out of the library, and so do includes:
# headers among the files stand before those that use them.
file(READ ${INSTRUCTIONS} instructions)
set(all "")
foreach(file ${FILES})
    file(READ ${file} text)
    string(REPLACE "/*POINTWISE*/" "${instructions}" text "${text}")
    string(APPEND all "${text}")
endforeach()
string(REGEX REPLACE "(^|\n)#include [^\n]*" "\\1" all "${all}")
string(REGEX REPLACE "/\\*([^*]|\\*[^/])*\\*/" "" all "${all}")
file(WRITE ${TO} "${all}")
