#include "job/sum_contract.h"

#include <assert.h>
#include <float.h>
#include <math.h>

/* Moves what lies outside the range from stem `from` to the others, as much as each can take. The
 * mix lies in the range, so together they can take all of it. */
static void pass_on(int64_t excess, int64_t lowest, int64_t highest, size_t n_stems, size_t i,
                    int32_t *const *whole)
{
    for (size_t s = 0; s < n_stems && excess != 0; s++) {
        int64_t value = whole[s][i];
        int64_t room = excess > 0 ? highest - value : lowest - value;
        int64_t taken =
            excess > 0 ? (excess < room ? excess : room) : (excess > room ? excess : room);
        whole[s][i] = (int32_t)(value + taken);
        excess -= taken;
    }
}

size_t umi_sum_whole(const float *const *stems, size_t n_stems, const int32_t *mix, size_t n,
                     unsigned bits, int32_t *const *whole)
{
    assert(bits >= 2 && bits <= 32 && n_stems >= 1);
    const int64_t highest = ((int64_t)1 << (bits - 1)) - 1;
    const int64_t lowest = -highest - 1;
    const double full_scale = (double)(highest + 1);
    size_t n_held = 0;
    for (size_t i = 0; i < n; i++) {
        int64_t rest = mix[i];
        int held = 0;
        for (size_t s = 0; s + 1 < n_stems; s++) {
            double sample = (double)stems[s][i] * full_scale;
            int64_t value;
            if (sample >= (double)lowest - 0.5 && sample < (double)highest + 0.5) {
                value = llrint(sample);
            } else {
                value = isnan(sample) ? 0 : sample > 0.0 ? highest : lowest;
                held = 1;
            }
            whole[s][i] = (int32_t)value;
            rest -= value;
        }
        int64_t last = rest < lowest ? lowest : rest > highest ? highest : rest;
        int64_t excess = rest - last;
        held |= excess != 0;
        whole[n_stems - 1][i] = (int32_t)last;
        pass_on(excess, lowest, highest, n_stems, i, whole);
        n_held += held != 0;
    }
    return n_held;
}

void umi_sum_float(float *const *stems, size_t n_stems, const float *mix, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        double rest = (double)mix[i];
        for (size_t s = 0; s + 1 < n_stems; s++) {
            rest -= (double)stems[s][i];
        }
        stems[n_stems - 1][i] = (float)fmin(fmax(rest, -(double)FLT_MAX), (double)FLT_MAX);
    }
}
