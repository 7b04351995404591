# Writes the page, one document with its style and scripts inside, as a C file.
#
# Usage: cmake -D OUTPUT=FILE.c -P embed.cmake
set(HERE ${CMAKE_CURRENT_LIST_DIR})
include(${HERE}/files.cmake)

file(READ ${HERE}/live.html document)
file(READ ${HERE}/live.css style)
set(script "")
foreach(name ${PAGE_SCRIPTS})
  file(READ ${HERE}/${name} part)
  string(APPEND script "${part}")
endforeach()
foreach(mark style script)
  string(FIND "${document}" "/* ${mark} */" found)
  if(found EQUAL -1)
    message(FATAL_ERROR "live.html has no place for its ${mark}")
  endif()
  string(REPLACE "/* ${mark} */" "${${mark}}" document "${document}")
endforeach()

string(HEX "${document}" digits)
string(LENGTH "${digits}" n_digits)
math(EXPR n_bytes "${n_digits} / 2")
string(REGEX REPLACE "(................................)" "\\1\n    " digits "${digits}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," digits "${digits}")
file(WRITE ${OUTPUT} "#include \"job/live_document.h\"\n\n"
  "const unsigned char umi_live_document[] = {\n    ${digits}\n};\n\n"
  "const size_t umi_live_document_bytes = ${n_bytes};\n")
