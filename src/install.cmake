# What `cmake --install` puts where. Nothing that is installed holds the prefix, so that the whole
# can be moved; only the program knows one folder more to look for presets in.

# -- The library -------------------------------------------------------------------------------
set(PACKAGE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/unmingle)
set_target_properties(unmingle_shared PROPERTIES EXPORT_NAME unmingle)
target_include_directories(unmingle_shared INTERFACE
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:include>)

install(TARGETS unmingle_static unmingle_shared EXPORT unmingle)
install(DIRECTORY include/unmingle DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN *.h)
install(EXPORT unmingle NAMESPACE unmingle:: FILE unmingleTargets.cmake DESTINATION ${PACKAGE_DIR})

configure_package_config_file(src/unmingleConfig.cmake.in unmingleConfig.cmake
  INSTALL_DESTINATION ${PACKAGE_DIR})
write_basic_package_version_file(unmingleConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/unmingleConfig.cmake
  ${PROJECT_BINARY_DIR}/unmingleConfigVersion.cmake DESTINATION ${PACKAGE_DIR})

# pkg-config knows the folder of the .pc file: the prefix is so many folders above it.
file(RELATIVE_PATH PREFIX_FROM_PC /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
string(REGEX REPLACE "/$" "" PREFIX_FROM_PC ${PREFIX_FROM_PC})
configure_file(src/unmingle.pc.in unmingle.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/unmingle.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

if(NOT UNMINGLE_BUILD_PROGRAM)
  return()
endif()

# -- The program -------------------------------------------------------------------------------
install(TARGETS unmingle)
install(DIRECTORY presets/ DESTINATION ${CMAKE_INSTALL_DATADIR}/unmingle/presets)

# Completions and the man page are made from the program's own table of parameters by the program
# itself, so that they cannot tell of options that it has not.
set(DOCS)
foreach(shell_file bash:unmingle zsh:_unmingle fish:unmingle.fish)
  string(REPLACE ":" ";" pair ${shell_file})
  list(GET pair 0 shell)
  list(GET pair 1 file)
  set(output ${PROJECT_BINARY_DIR}/completions/${shell}/${file})
  add_custom_command(OUTPUT ${output} DEPENDS unmingle
    COMMAND ${CMAKE_COMMAND} -E make_directory ${PROJECT_BINARY_DIR}/completions/${shell}
    COMMAND unmingle --print-completion ${shell} > ${output} VERBATIM)
  list(APPEND DOCS ${output})
endforeach()
install(FILES ${PROJECT_BINARY_DIR}/completions/bash/unmingle
  DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES ${PROJECT_BINARY_DIR}/completions/zsh/_unmingle
  DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
install(FILES ${PROJECT_BINARY_DIR}/completions/fish/unmingle.fish
  DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)

find_program(SCDOC scdoc)
if(SCDOC)
  set(template ${PROJECT_SOURCE_DIR}/src/cli/unmingle.1.scd)
  set(output ${PROJECT_BINARY_DIR}/unmingle.1)
  # Two steps, because a pipe would hide a failure of the first.
  add_custom_command(OUTPUT ${output} DEPENDS unmingle ${template}
    COMMAND unmingle --print-man < ${template} > ${output}.scd
    COMMAND ${SCDOC} < ${output}.scd > ${output} VERBATIM)
  list(APPEND DOCS ${output})
  install(FILES ${output} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
endif()
add_custom_target(docs ALL DEPENDS ${DOCS})
