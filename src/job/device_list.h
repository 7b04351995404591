/* The sound devices of this machine, as JSON. */
#ifndef UMI_JOB_DEVICE_LIST_H
#define UMI_JOB_DEVICE_LIST_H

#include "format/json.h"
#include "io/audio_device.h"

/* [{name, host, inputs, outputs, rate, default_in, default_out}]; NULL when memory is short. */
umi_json *umi_device_list_json(const umi_devices *devices);

#endif
