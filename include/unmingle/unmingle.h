/* All of libunmingle.
 *
 *     recordings --> stft.h --> V --> nmf.h --> dictionary.h             learning
 *
 *     sound in --> stft.h --> X, |X| --> activations.h for that dictionary
 *              --> mask.h or matrix_mask.h --> stft.h --> sources out   separator.h does all of it
 *
 * The library reads no recordings and opens no devices: it takes and gives samples. It starts no
 * threads (parallel.h lends it some), prints nothing, and allocates only in
 * _new, where a dictionary is read or written, and where a header says so. */
#ifndef UNMINGLE_UNMINGLE_H
#define UNMINGLE_UNMINGLE_H

#include "unmingle/activations.h"
#include "unmingle/bss_eval.h"
#include "unmingle/cpu.h"
#include "unmingle/denoiser.h"
#include "unmingle/dictionary.h"
#include "unmingle/group.h"
#include "unmingle/harmonic_atoms.h"
#include "unmingle/mask.h"
#include "unmingle/matrix_mask.h"
#include "unmingle/nmf.h"
#include "unmingle/nmfd.h"
#include "unmingle/online.h"
#include "unmingle/parallel.h"
#include "unmingle/pca.h"
#include "unmingle/percussive_atoms.h"
#include "unmingle/progress.h"
#include "unmingle/rank_survey.h"
#include "unmingle/repetition.h"
#include "unmingle/separator.h"
#include "unmingle/si_sdr.h"
#include "unmingle/sparse.h"
#include "unmingle/status.h"
#include "unmingle/stft.h"
#include "unmingle/stoi.h"
#include "unmingle/view.h"
#include "unmingle/vq.h"
#include "unmingle/window.h"

#endif
