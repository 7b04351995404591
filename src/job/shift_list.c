#include "job/shift_list.h"

const double umi_shift_penalty = 0.1;

size_t umi_shift_list_fill(size_t semitones, double *shifts)
{
    size_t n = 0;
    for (size_t i = 1; i <= semitones; i++) {
        shifts[n++] = (double)i;
        shifts[n++] = -(double)i;
    }
    return n;
}
