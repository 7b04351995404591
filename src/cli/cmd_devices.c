#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/log.h"
#include "core/error.h"
#include "core/memory.h"
#include "io/audio_host.h"
#include "job/device_list.h"

#include <stdio.h>
#include <string.h>

enum { NAME_WIDTH_MAX = 40 };

static void print_table(const umi_devices *devices)
{
    int width = (int)strlen("device");
    for (size_t i = 0; i < devices->n; i++) {
        int length = (int)strlen(devices->items[i].name);
        width = length > width ? length : width;
    }
    width = width < NAME_WIDTH_MAX ? width : NAME_WIDTH_MAX;
    (void)printf("%-*s   in  out       rate  by\n", width, "device");
    for (size_t i = 0; i < devices->n; i++) {
        const umi_device *d = &devices->items[i];
        const char *role = d->default_in && d->default_out ? "  default"
                           : d->default_in                 ? "  default in"
                           : d->default_out                ? "  default out"
                                                           : "";
        (void)printf("%-*s  %3zu  %3zu  %6.0f Hz  %s%s\n", width, d->name, d->inputs, d->outputs,
                     d->rate, d->host, role);
    }
}

static um_status print_json(const umi_devices *devices, um_error *error)
{
    umi_json *json = umi_device_list_json(devices);
    char *text = json != NULL ? umi_json_to_text(json) : NULL;
    umi_json_free(json);
    if (text == NULL) {
        return umi_error_set(error, UM_ERR_MEMORY, "not enough memory");
    }
    (void)fputs(text, stdout);
    umi_free(text);
    return UM_OK;
}

int umi_cmd_devices(const umi_options *options)
{
    umi_audio_host_config config = {0};
    umi_audio_host *host;
    umi_devices devices = {NULL, 0};
    um_error error = {UM_OK, ""};
    um_status status = umi_audio_host_new(&config, &host, &error);
    if (status == UM_OK) {
        status = umi_devices_get(host, &devices, &error);
    }
    if (status == UM_OK && options->json) {
        status = print_json(&devices, &error);
    } else if (status == UM_OK && devices.n > 0) {
        print_table(&devices);
    }
    if (status == UM_OK && devices.n == 0) {
        status = umi_error_set(&error, UM_ERR_NO_DEVICE,
                               "there is no sound device: connect one, or start the sound server");
    }
    if (status != UM_OK) {
        umi_log(UMI_LOG_ERROR, "%s", error.message);
    }
    umi_devices_free(&devices);
    umi_audio_host_free(host);
    return (int)umi_exit_code(status);
}
