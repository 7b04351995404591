#include "job/live_mixer.h"

#include <string.h>

static void set(umi_live_mixer *m, size_t i, float gain, bool mute, bool solo)
{
    atomic_store(&m->gain[i], gain);
    atomic_store(&m->mute[i], mute);
    atomic_store(&m->solo[i], solo);
}

void umi_live_mixer_init(umi_live_mixer *m)
{
    for (size_t i = 0; i < UMI_LIVE_SOURCES_MAX; i++) {
        set(m, i, 1.0f, false, false);
        m->now[i] = 1.0f;
    }
}

void umi_live_mixer_remove(umi_live_mixer *m, size_t source)
{
    for (size_t i = source; i + 2 < UMI_LIVE_SOURCES_MAX; i++) {
        set(m, i, atomic_load(&m->gain[i + 1]), atomic_load(&m->mute[i + 1]),
            atomic_load(&m->solo[i + 1]));
    }
    set(m, UMI_LIVE_SOURCES_MAX - 2, 1.0f, false, false);
}

static float wanted(const umi_live_mixer *m, size_t i, bool any_solo)
{
    bool silent = atomic_load(&m->mute[i]) || (any_solo && !atomic_load(&m->solo[i]));
    return silent ? 0.0f : atomic_load(&m->gain[i]);
}

static void add(um_cview source, float from, float to, um_view out)
{
    for (size_t t = 0; t < out.rows; t++) {
        float gain = from + (to - from) * ((float)t + 1.0f) / (float)out.rows;
        for (size_t c = 0; c < out.cols; c++) {
            um_row(out, t)[c] += gain * um_crow(source, t)[c];
        }
    }
}

void umi_live_mixer_mix(umi_live_mixer *m, const um_view *sources, um_view out)
{
    if (out.rows == 0) {
        return; /* nothing to fade a change over */
    }
    bool any_solo = false;
    for (size_t i = 0; i < UMI_LIVE_SOURCES_MAX; i++) {
        any_solo = any_solo || atomic_load(&m->solo[i]);
    }
    for (size_t t = 0; t < out.rows; t++) {
        memset(um_row(out, t), 0, out.cols * sizeof(float));
    }
    for (size_t i = 0; i < UMI_LIVE_SOURCES_MAX; i++) {
        float gain = wanted(m, i, any_solo);
        add(um_const_view(sources[i]), m->now[i], gain, out);
        m->now[i] = gain;
    }
}
