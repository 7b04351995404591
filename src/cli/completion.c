#include "cli/completion.h"

bool umi_completion_print(const char *shell, FILE *out)
{
    fputs(shell, out);
    return false;
}
