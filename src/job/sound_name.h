/* What the name of a file says of the sound in it. */
#ifndef UMI_JOB_SOUND_NAME_H
#define UMI_JOB_SOUND_NAME_H

#include "io/audio_format.h"

#include <stdbool.h>
#include <stddef.h>

/* True for the names of sound files: by extension, in small or capital letters, for what is inside
 * is the reader's business. Hidden files are none. */
bool umi_is_sound_name(const char *file_name);

/* The container that the extension stands for; false when it stands for none. RF64 is a kind of
 * WAV. */
bool umi_container_of_name(const char *file_name, umi_container *container);

/* True when the first n bytes of `a` are `b`, but for small and capital letters: those of ASCII,
 * whatever the locale. */
bool umi_equal_names(const char *a, size_t n, const char *b);

#endif
