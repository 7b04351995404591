#include "job/frame_draw.h"

#include <assert.h>

umi_frame_draw umi_frame_draw_start(uint64_t n_available, uint64_t n_wanted, uint64_t seed)
{
    assert(n_wanted <= n_available);
    return (umi_frame_draw){
        .random = umi_random_seeded(seed), .n_available = n_available, .n_wanted = n_wanted};
}

uint64_t umi_frame_draw_next(umi_frame_draw *draw)
{
    if (draw->n_drawn == draw->n_wanted) {
        return UINT64_MAX;
    }
    uint64_t length = draw->n_available / draw->n_wanted;
    draw->carried += draw->n_available % draw->n_wanted;
    if (draw->carried >= draw->n_wanted) {
        draw->carried -= draw->n_wanted;
        length++;
    }
    uint64_t frame = draw->stratum + umi_random_below(&draw->random, (size_t)length);
    draw->stratum += length;
    draw->n_drawn++;
    return frame;
}
