# Writes a page, one document with its style and scripts inside, as a C file.
#
# Usage: cmake -D PAGE=live|listen -D OUTPUT=FILE.c -P embed.cmake
set(HERE ${CMAKE_CURRENT_LIST_DIR})
include(${HERE}/files.cmake)

string(TOUPPER ${PAGE} name)
set(files ${${name}_FILES})
list(POP_FRONT files document_name style_name)
file(READ ${HERE}/${document_name} document)
file(READ ${HERE}/${style_name} style)
set(script "")
foreach(name ${files})
  file(READ ${HERE}/${name} part)
  string(APPEND script "${part}")
endforeach()
set(data "/* data */") # of the listening page: stays, for the program to fill
set(marks style script)
if(PAGE STREQUAL listen)
  list(APPEND marks data)
endif()
foreach(mark ${marks})
  string(FIND "${document}" "/* ${mark} */" found)
  if(found EQUAL -1)
    message(FATAL_ERROR "${document_name} has no place for its ${mark}")
  endif()
  string(REPLACE "/* ${mark} */" "${${mark}}" document "${document}")
endforeach()

string(HEX "${document}" digits)
string(LENGTH "${digits}" n_digits)
math(EXPR n_bytes "${n_digits} / 2")
string(REGEX REPLACE "(................................)" "\\1\n    " digits "${digits}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," digits "${digits}")
file(WRITE ${OUTPUT} "#include \"job/${PAGE}_document.h\"\n\n"
  "const unsigned char umi_${PAGE}_document[] = {\n    ${digits}\n};\n\n"
  "const size_t umi_${PAGE}_document_bytes = ${n_bytes};\n")
