#include "job/sound_name.h"

#include <string.h>

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool umi_equal_names(const char *a, size_t n, const char *b)
{
    if (strlen(b) != n) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if (lower(a[i]) != lower(b[i])) {
            return false;
        }
    }
    return true;
}

bool umi_container_of_name(const char *file_name, umi_container *container)
{
    static const struct {
        const char *extension;
        umi_container container;
    } rows[] = {
        {"wav", UMI_CONTAINER_WAV},   {"wave", UMI_CONTAINER_WAV},  {"rf64", UMI_CONTAINER_WAV},
        {"w64", UMI_CONTAINER_W64},   {"aif", UMI_CONTAINER_AIFF},  {"aiff", UMI_CONTAINER_AIFF},
        {"aifc", UMI_CONTAINER_AIFF}, {"au", UMI_CONTAINER_AU},     {"snd", UMI_CONTAINER_AU},
        {"caf", UMI_CONTAINER_CAF},   {"flac", UMI_CONTAINER_FLAC}, {"ogg", UMI_CONTAINER_OGG},
        {"oga", UMI_CONTAINER_OGG},   {"opus", UMI_CONTAINER_OGG},  {"mp3", UMI_CONTAINER_MP3}};
    const char *dot = strrchr(file_name, '.');
    for (size_t i = 0; dot != NULL && i < sizeof rows / sizeof *rows; i++) {
        if (umi_equal_names(dot + 1, strlen(dot + 1), rows[i].extension)) {
            *container = rows[i].container;
            return true;
        }
    }
    return false;
}

bool umi_is_sound_name(const char *file_name)
{
    umi_container container;
    return file_name[0] != '.' && umi_container_of_name(file_name, &container);
}
