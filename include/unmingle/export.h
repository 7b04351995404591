/* Marks for the library's interface. */
#ifndef UNMINGLE_EXPORT_H
#define UNMINGLE_EXPORT_H

#if defined(__GNUC__)
#define UM_API __attribute__((visibility("default")))
#define UM_MUST_USE __attribute__((warn_unused_result))
#else
#define UM_API
#define UM_MUST_USE
#endif

#endif
