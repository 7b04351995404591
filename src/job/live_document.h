/* The page as one HTML document, made from the files in src/page when the program is built. */
#ifndef UMI_JOB_LIVE_DOCUMENT_H
#define UMI_JOB_LIVE_DOCUMENT_H

#include <stddef.h>

extern const unsigned char umi_live_document[];
extern const size_t umi_live_document_bytes;

#endif
