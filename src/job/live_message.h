/* The messages of the stream that the page reads: little-endian, each
 *
 *     u32 bytes of the payload, u8 kind, 3 zero bytes, the payload
 *
 *     1 state   JSON, see umi_live_state_json
 *     2 frame   u32 number, u8 n_bands, u8 n_sources, u16 n_atoms, u8 in, u8 out, 2 zero bytes,
 *               n_bands levels of the input, n_sources levels, n_atoms activations
 *     3 atoms   u32 model, u16 n_atoms, u8 n_bands, 0, then for each atom
 *               u8 source, n_bands levels
 *
 * Numbers wider than 32 bits are sent by their lowest 32. */
#ifndef UMI_JOB_LIVE_MESSAGE_H
#define UMI_JOB_LIVE_MESSAGE_H

#include "format/json.h"
#include "job/live_state.h"

#include <stddef.h>
#include <stdint.h>

typedef enum umi_live_message {
    UMI_LIVE_MESSAGE_STATE = 1,
    UMI_LIVE_MESSAGE_FRAME,
    UMI_LIVE_MESSAGE_ATOMS
} umi_live_message;

/* Room for any message: no state is as long as the atoms. */
enum {
    UMI_LIVE_MESSAGE_HEAD = 8,
    UMI_LIVE_MESSAGE_SIZE = UMI_LIVE_MESSAGE_HEAD + 8 + UMI_LIVE_ATOMS_MAX * (1 + UMI_LIVE_BANDS)
};

/* The object {condition, message, in, out, rate, period, channels, delay_ms, algorithm_ms, load,
 * overruns, dropped, latency, learning, frozen, hold, held, recording, model, bands {n, low, high},
 * sources [{label, gain, mute, solo, atoms, rest}]}; null for what there is not. NULL when memory
 * is short; umi_json_free. */
umi_json *umi_live_state_json(const umi_live_state *state);

/* The bytes of the message; 0 when memory is short. */
size_t umi_live_encode_state(const umi_live_state *state, uint8_t message[UMI_LIVE_MESSAGE_SIZE]);
size_t umi_live_encode_frame(const umi_live_frame *frame, uint8_t message[UMI_LIVE_MESSAGE_SIZE]);
size_t umi_live_encode_atoms(const umi_live_atoms *atoms, uint8_t message[UMI_LIVE_MESSAGE_SIZE]);

#endif
