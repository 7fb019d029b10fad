# SPDX-License-Identifier: MIT
# A file as an array in C:
#   cmake -DFROM=page.html -DTO=page.c -DNAME=lwi_page -DHEADER=serve/page.h -P bytes_to_c.cmake
file(READ ${FROM} bytes HEX)
string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
string(REGEX REPLACE "(0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,)" "\\1\n" bytes "${bytes}")
file(WRITE ${TO} "#include \"${HEADER}\"\n\nconst unsigned char ${NAME}[] = {\n${bytes}};\n"
     "const size_t ${NAME}_size = sizeof ${NAME};\n")
