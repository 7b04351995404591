#include "job/frame_draw.h"

#include <assert.h>

umi_frame_draw umi_frame_draw_start(uint64_t n_available, uint64_t n_wanted, uint64_t run,
                                    uint64_t seed)
{
    run = n_wanted < n_available ? run : 1; /* of all there is one run anyway */
    assert(n_wanted <= n_available && run >= 1 && n_wanted % run == 0);
    return (umi_frame_draw){.random = umi_random_seeded(seed),
                            .n_available = n_available,
                            .run = run,
                            .n_runs = n_wanted / run};
}

uint64_t umi_frame_draw_next(umi_frame_draw *draw)
{
    if (draw->n_left == 0) {
        if (draw->n_drawn == draw->n_runs) {
            return UINT64_MAX;
        }
        uint64_t length = draw->n_available / draw->n_runs;
        draw->carried += draw->n_available % draw->n_runs;
        if (draw->carried >= draw->n_runs) {
            draw->carried -= draw->n_runs;
            length++;
        }
        uint64_t n_places = length - draw->run + 1;
        draw->next = draw->stratum + umi_random_below(&draw->random, (size_t)n_places);
        draw->n_left = draw->run;
        draw->stratum += length;
        draw->n_drawn++;
    }
    draw->n_left--;
    return draw->next++;
}
