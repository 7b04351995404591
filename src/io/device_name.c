#define _DEFAULT_SOURCE
#include "io/device_name.h"

#include "core/error.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { LIST_SIZE = 640 };

static bool serves(const umi_device *device, umi_device_use use)
{
    return (use == UMI_DEVICE_IN ? device->inputs : device->outputs) > 0;
}

static bool has_part(const char *name, const char *part)
{
    size_t n = strlen(part);
    for (; *name != '\0'; name++) {
        if (strncasecmp(name, part, n) == 0) {
            return true;
        }
    }
    return false;
}

/* Names of those that serve and have the part (NULL: all), as far as there is room. */
static void list(const umi_devices *devices, umi_device_use use, const char *part,
                 char text[LIST_SIZE])
{
    size_t length = 0;
    text[0] = '\0';
    for (size_t i = 0; i < devices->n && length + UMI_DEVICE_NAME_SIZE + 8 < LIST_SIZE; i++) {
        const umi_device *d = &devices->items[i];
        if (serves(d, use) && (part == NULL || has_part(d->name, part))) {
            length += (size_t)snprintf(text + length, LIST_SIZE - length, "%s'%s'",
                                       length > 0 ? ", " : "", d->name);
        }
    }
}

static um_status find_default(const umi_devices *devices, umi_device_use use, size_t *place,
                              um_error *error)
{
    bool found = false;
    for (size_t i = 0; i < devices->n; i++) {
        const umi_device *d = &devices->items[i];
        bool is_default = use == UMI_DEVICE_IN ? d->default_in : d->default_out;
        if (serves(d, use) && (is_default || !found)) {
            *place = i;
            found = true;
            if (is_default) {
                break;
            }
        }
    }
    return found ? UM_OK
                 : umi_error_set(error, UM_ERR_NO_DEVICE,
                                 "there is no sound device to %s: connect one, or start the sound "
                                 "server ('unmingle devices' lists them)",
                                 use == UMI_DEVICE_IN ? "listen to" : "play on");
}

um_status umi_device_find(const umi_devices *devices, umi_device_use use, const char *name,
                          size_t *place, um_error *error)
{
    if (name == NULL) {
        return find_default(devices, use, place, error);
    }
    size_t n_parts = 0;
    for (size_t i = 0; i < devices->n; i++) {
        const umi_device *d = &devices->items[i];
        if (serves(d, use) && strcmp(d->name, name) == 0) {
            *place = i;
            return UM_OK;
        }
        if (serves(d, use) && has_part(d->name, name)) {
            *place = i;
            n_parts++;
        }
    }
    char names[LIST_SIZE];
    const char *what = use == UMI_DEVICE_IN ? "in" : "out";
    if (n_parts > 1) {
        list(devices, use, name, names);
        return umi_error_set(error, UM_ERR_ARGUMENT, "--%s: '%.100s' may be %s: say more of it",
                             what, name, names);
    }
    if (n_parts == 0) {
        list(devices, use, NULL, names);
        return umi_error_set(error, UM_ERR_NO_DEVICE, "--%s: no device '%.100s'; there %s%s", what,
                             name, names[0] != '\0' ? "are " : "is none",
                             names[0] != '\0' ? names : "");
    }
    return UM_OK;
}
