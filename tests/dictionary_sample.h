/* A small dictionary for the tests of reading and writing, and its file written out by hand. */
#ifndef DICTIONARY_SAMPLE_H
#define DICTIONARY_SAMPLE_H

#include "unmingle/dictionary.h"

#include <stdbool.h>
#include <stddef.h>

enum { SAMPLE_COMPONENTS = 2, SAMPLE_BINS = 9, SAMPLE_VALUES = SAMPLE_COMPONENTS * SAMPLE_BINS };

/* The header of the sample's file, from '{' to '}'. */
extern const char sample_header[];

/* The atoms: W[0] and W[1], the largest float32 below 0.5 and a denormal among their values. */
extern const float sample_values[SAMPLE_VALUES];

/* A file of this header and these values, in memory from malloc. */
unsigned char *sample_file(const char *header, const float *values, size_t *n_bytes);

/* sample_header with `to` in place of its first `from`, and the sample's values. */
unsigned char *sample_file_edited(const char *from, const char *to, size_t *n_bytes);

/* The same as an object; free with um_dictionary_free. */
um_dictionary *sample_dictionary(void);

/* The same with gains, or covariances, or both, in two channels. */
um_dictionary *sample_dictionary_in_space(bool with_gains, bool with_covariances);

/* Fails the running test unless both have the same fields and the same bits in their tensors. */
void assert_same_dictionary(const um_dictionary *a, const um_dictionary *b);

#endif
