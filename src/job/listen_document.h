/* The listening page as one HTML document, made from the files in src/page/listen when the program
 * is built. What it tells of one separation goes where the mark is. */
#ifndef UMI_JOB_LISTEN_DOCUMENT_H
#define UMI_JOB_LISTEN_DOCUMENT_H

#include <stddef.h>

extern const unsigned char umi_listen_document[];
extern const size_t umi_listen_document_bytes;

#endif
