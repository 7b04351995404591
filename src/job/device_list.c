#include "job/device_list.h"

static umi_json *device_json(const umi_device *device)
{
    umi_json *json = umi_json_object();
    if (umi_json_set(json, "name", umi_json_string(device->name)) &&
        umi_json_set(json, "host", umi_json_string(device->host)) &&
        umi_json_set(json, "inputs", umi_json_integer((int64_t)device->inputs)) &&
        umi_json_set(json, "outputs", umi_json_integer((int64_t)device->outputs)) &&
        umi_json_set(json, "rate", umi_json_number(device->rate)) &&
        umi_json_set(json, "default_in", umi_json_boolean(device->default_in)) &&
        umi_json_set(json, "default_out", umi_json_boolean(device->default_out))) {
        return json;
    }
    umi_json_free(json);
    return NULL;
}

umi_json *umi_device_list_json(const umi_devices *devices)
{
    umi_json *list = umi_json_array();
    for (size_t i = 0; i < devices->n; i++) {
        if (!umi_json_append(list, device_json(&devices->items[i]))) {
            umi_json_free(list);
            return NULL;
        }
    }
    return list;
}
