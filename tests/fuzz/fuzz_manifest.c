/* A manifest is refused with a message that names its place, or every path in it is one that can be
 * opened, and every output lies below the folder of outputs. */
#include "fuzz.h"

#include "job/manifest.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static void require(bool ok)
{
    if (!ok) {
        abort();
    }
}

/* No part of the path is empty, "." or "..". */
static bool lies_below(const char *path)
{
    for (const char *part = path;; part++) {
        size_t n = strcspn(part, "/");
        if (n == 0 || (n <= 2 && strspn(part, ".") >= n)) {
            return false;
        }
        part += n;
        if (*part == '\0') {
            return true;
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    umi_manifest manifest;
    um_error error = {0};
    um_status status = umi_manifest_parse((const char *)data, size, "x", &manifest, &error);
    if (status != UM_OK) {
        require(status == UM_ERR_DATA && error.status == status && manifest.n_entries == 0);
        require(error.message[0] == 'x' && strchr(error.message, '\n') == NULL);
        return 0;
    }
    for (size_t i = 0; i < manifest.n_entries; i++) {
        const umi_manifest_entry *e = &manifest.entries[i];
        require(e->input[0] != '\0' && strcmp(e->input, "-") != 0 && strlen(e->input) < 4096);
        require(e->output == NULL || lies_below(e->output));
    }
    umi_manifest_free(&manifest);
    return 0;
}

size_t fuzz_seed(size_t i, uint8_t *seed)
{
    static const char *const texts[] = {
        "\"a.wav\"\n\"b c.wav\"\n",
        "{\"input\": \"in/a.wav\", \"output\": \"x/./y.flac\"}\r\n\r\n{\"input\":\"b\"}",
        "\xEF\xBB\xBF\"\\u0171/../\\n\"\n{\"output\": \"../a\", \"input\": \"-\"}\n",
    };
    static const char names[] = "a.wav\0in/line\nend.wav\0-\0./x\0";
    size_t n_texts = sizeof texts / sizeof texts[0];
    if (i < n_texts) {
        memcpy(seed, texts[i], strlen(texts[i]));
        return strlen(texts[i]);
    }
    memcpy(seed, names, sizeof names - 1);
    return i == n_texts ? sizeof names - 1 : 0;
}
