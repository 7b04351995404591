/* The dictionary of speech that comes with the program, for tests of what cannot do without. */
#ifndef SHIPPED_SPEECH_H
#define SHIPPED_SPEECH_H

#include "job/speech_dictionary.h"

#include <stdio.h>
#include <stdlib.h>

/* Loaded once, and kept. */
static inline const um_dictionary *shipped_speech(void)
{
    static um_dictionary *dictionary;
    um_error error;
    if (dictionary == NULL && umi_speech_load(SPEECH_DICTIONARY, &dictionary, &error) != UM_OK) {
        fprintf(stderr, "%s\n", error.message);
        abort();
    }
    return dictionary;
}

#endif
