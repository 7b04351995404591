#include "cli/man.h"

void umi_man_print(FILE *out)
{
    fputs("unmingle(1)\n", out);
}
