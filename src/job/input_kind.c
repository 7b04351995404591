#define _POSIX_C_SOURCE 200809L
#include "job/input_kind.h"

#include "io/input_file.h"

#include <string.h>
#include <sys/stat.h>

enum { MAGIC = 9 }; /* bytes of a safetensors file up to its first brace */

umi_input_kind umi_input_kind_of(const char *path)
{
    static const char suffix[] = ".safetensors";
    unsigned char magic[MAGIC];
    size_t n = 0, length = strlen(path);
    struct stat info;
    umi_input_file file;
    if (strcmp(path, "-") == 0) {
        return UMI_INPUT_RECORDING;
    }
    if (stat(path, &info) == 0 && S_ISDIR(info.st_mode)) {
        return UMI_INPUT_FOLDER;
    }
    if (length >= sizeof suffix && strcmp(path + length - (sizeof suffix - 1), suffix) == 0) {
        return UMI_INPUT_DICTIONARY;
    }
    if (umi_input_file_open(path, NULL, &file, NULL) != UM_OK) {
        return UMI_INPUT_RECORDING;
    }
    bool read = umi_input_file_read(&file, 0, magic, sizeof magic, &n);
    umi_input_file_close(&file);
    bool is_dictionary = read && n == sizeof magic && magic[8] == '{' && magic[2] <= 0x10 &&
                         (magic[3] | magic[4] | magic[5] | magic[6] | magic[7]) == 0;
    return is_dictionary ? UMI_INPUT_DICTIONARY : UMI_INPUT_RECORDING;
}
