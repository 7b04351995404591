#include "cli/commands.h"

#include "cli/params.h"

#include <stdint.h>
#include <string.h>

static const umi_command COMMANDS[] = {
    {.name = "separate",
     .bit = UMI_SEPARATE,
     .min_operands = 1,
     .max_operands = SIZE_MAX,
     .operands = "IN...",
     .summary = "take recordings apart into stems that sum to them",
     .examples = "unmingle separate song.wav --sources 3\n"
                 "unmingle separate song.wav --learn drums=loop.wav --residual\n",
     .description =
         "Takes recordings apart into stems that sum to them. When nothing is known of the "
         "sources, atoms are learned from the recording itself and grouped into *--sources* "
         "stems. Sources that can be heard alone somewhere, in a clip or in a part of the "
         "recording, are named by *--learn*; sources trained before come by *--dictionary*. Both "
         "may be used together.\n\n"
         "The stems keep the rate, the channels and the sample format of the recording. The file "
         "_unmingle.json_ beside them tells how they were made. Atoms and activations are kept "
         "there, "
         "too, so that *unmingle render* can put the atoms together to other stems.",
     .run = umi_cmd_separate},
    {.name = "render",
     .bit = UMI_RENDER,
     .min_operands = 1,
     .max_operands = 1,
     .operands = "DIR",
     .summary = "make other stems from a folder of 'separate'",
     .examples = "unmingle render song.wav.stems --group lead=3,5-9 --group rest=others\n"
                 "unmingle render song.wav.stems --atoms\n",
     .description =
         "Puts the atoms that *unmingle separate* found together to other stems, in seconds: "
         "nothing is learned again. DIR is its folder of stems, whose _unmingle.json_ tells the "
         "numbers of the atoms in each stem. To hear what an atom is, *--atoms* makes each a stem "
         "of its own. The recording is read again, from where it was, or from *--input*; the new "
         "stems sum to it as the old ones do. Groups equal to the old stems give the same stems, "
         "to the bit, except after the presets _percussive_ and _voice_: there more than the atoms "
         "had a say, and *render* goes by the atoms alone.",
     .run = umi_cmd_render},
    {.name = "denoise",
     .bit = UMI_DENOISE,
     .min_operands = 0,
     .max_operands = SIZE_MAX,
     .operands = "FILE|FOLDER...",
     .summary = "clean speech recordings, one or whole folders",
     .examples = "unmingle denoise talk.wav -o clean.wav --profile 0:00-0:01\n"
                 "unmingle denoise recordings/ -o clean/ --report clean.jsonl\n",
     .description =
         "Takes noise out of recordings of speech, one or a hundred thousand. Output and what was "
         "taken away (*--residue*) add up to the input. Rate, channels and sample format stay, and "
         "so does the kind of file; Ogg and MP3, which cannot be written, become FLAC, with "
         "_.flac_ added to their names.\n\n"
         "Folders are walked for sound files (by name: wav, flac, mp3 and so on; hidden ones are "
         "passed over, links to folders not followed), and the tree is built again under "
         "*--output*: that of one folder right there, those of several each in a folder of its "
         "name. _-_, alone, is standard input.\n\n"
         "What an earlier run has finished is skipped: for every output the hidden folder "
         "_.unmingle_ beside it holds a record of the input's size and time, of the settings and "
         "of the program's version, and only when all are as they were nothing is done. So a run "
         "that was stopped, even killed, is taken up by the same command. Outputs of earlier runs "
         "are "
         "replaced when the settings are others, what is not its own only with *--force*. A file "
         "that fails does "
         "not stop the others; on a full disk, where all would fail, the run ends.",
     .preset = "speech",
     .run = umi_cmd_denoise},
    {.name = "live",
     .bit = UMI_LIVE,
     .min_operands = 0,
     .max_operands = 0,
     .operands = "",
     .summary = "take a microphone's sound apart while it plays",
     .also_presets_of = UMI_DENOISE,
     .examples = "unmingle live --latency lowest --record take-1\n"
                 "unmingle live --preset speech --in USB\n",
     .description =
         "Takes sound from a device apart while it plays, shows its atoms and activations as they "
         "happen, and plays the sources with gains that can be moved. Atoms are learned all the "
         "time from what is heard; what a source sounds like alone is learned while its label is "
         "held, on the page or by a key. *--dictionary* and *--preset speech* begin with atoms "
         "that were learned before.\n\n"
         "What is played trails what is heard by the delay that is shown, always by the same: when "
         "the machine was too slow, the sound that came too late is dropped, counted and told. "
         "When the device is gone it is tried again until it is back, and a recording goes on "
         "as it was.\n\n"
         "Keys in the terminal: _1_ to _8_ mute a source; _a_, _b_, _c_, _d_ and _n_ hold that "
         "label (_n_: noise) until the next key; _l_ switches learning, _f_ freezes; _q_ and "
         "Ctrl-C end.",
     .run = umi_cmd_live},
    {.name = "learn",
     .bit = UMI_LEARN,
     .min_operands = 1,
     .max_operands = SIZE_MAX,
     .operands = "FILES...",
     .summary = "train a dictionary from recordings of sources alone",
     .examples = "unmingle learn --label drums loops/*.wav -o drums.safetensors\n"
                 "unmingle learn --label voice a.wav --label noise b.wav -o talk.safetensors\n"
                 "unmingle learn --label kick k*.wav --label hat h*.wav --atom-frames 8 -o d.st\n",
     .description = "Trains a dictionary from recordings in which a source is heard alone. The "
                    "files after a *--label* belong to it. The material may be of any length.",
     .run = umi_cmd_learn},
    {.name = "factor",
     .bit = UMI_FACTOR,
     .min_operands = 1,
     .max_operands = 1,
     .operands = "V",
     .summary = "factorise a matrix or a spectrogram: V ~ H W, nothing negative",
     .examples = "unmingle factor song.wav --atoms 30 --save-V\n",
     .description =
         "The engine by itself: finds W (K atoms, one a row, each with the sum 1) and H (the "
         "activations) so that H W is near V, and writes them as NPY files, with a report of how "
         "they were found. V is a matrix of numbers that are not negative, one row a sample: an "
         "NPY file, a Matrix Market file (dense or sparse), or a table of numbers as text (CSV, "
         "TSV); *-* is standard input. Or V is a recording, and stands for its magnitude "
         "spectrogram, one row a frame, the mean over channels.",
     .run = umi_cmd_factor},
    {.name = "plot",
     .bit = UMI_PLOT,
     .min_operands = 1,
     .max_operands = 1,
     .operands = "FILE|DIR",
     .summary = "draw a recording, a dictionary, or what was taken apart",
     .examples = "unmingle plot song.wav -o song.png\n"
                 "unmingle plot song.wav.stems -o song.svg --dark\n",
     .description =
         "Draws a picture, a PNG or SVG file. Of a recording: its spectrogram, the mean power of "
         "all channels over time and frequency, down to 70 dB below the loudest point; 0 dB is "
         "a sine of full scale. Of a dictionary: its atoms, source by source, in each by their "
         "strongest frequency; atoms of several frames as small spectrograms. Of a folder that "
         "*unmingle separate* made: the spectrogram of the recording, if it is still where it was; "
         "each atom with its activations over time; and the masks, the share that each source has "
         "of the sound over time and frequency by its atoms, as far as there is any sound (of up "
         "to 16 sources).\n\n"
         "Frequencies lie evenly by their logarithm, from 30 Hz up. Colours of levels are even to "
         "the eye and in print, those of sources are told apart whatever the colour vision.",
     .run = umi_cmd_plot},
    {.name = "info",
     .bit = UMI_INFO,
     .min_operands = 1,
     .max_operands = SIZE_MAX,
     .operands = "FILE...",
     .summary = "tell what recordings and dictionaries hold",
     .examples = "unmingle info song.flac drums.safetensors\n",
     .description = "Tells what recordings and dictionaries hold.",
     .run = umi_cmd_info},
    {.name = "score",
     .bit = UMI_SCORE,
     .min_operands = 0,
     .max_operands = 0,
     .operands = "",
     .summary = "judge stems by the true sources",
     .examples = "unmingle score --reference truth --estimate song.stems --permute\n",
     .description =
         "Judges stems by the true sources, in dB: the scale-invariant signal-to-distortion ratio "
         "SI-SDR, and SDR, ISR, SIR and SAR of BSS Eval version 4 over the whole recording with "
         "filters of 512 taps, and version 3's SDR. And for speech, from 0 to 1: the short-time "
         "objective intelligibility STOI and ESTOI, of the channels' mean at 10 kHz.",
     .run = umi_cmd_score},
    {.name = "devices",
     .bit = UMI_DEVICES,
     .min_operands = 0,
     .max_operands = 0,
     .operands = "",
     .summary = "list the sound devices",
     .examples = "unmingle devices\n",
     .description = "Lists the sound devices that *unmingle live* can listen to and play on: their "
                    "names, channels in and out, and sample rates.",
     .run = umi_cmd_devices},
    {.name = "presets",
     .bit = UMI_PRESETS,
     .min_operands = 0,
     .max_operands = 2,
     .operands = "[show NAME]",
     .summary = "list presets, or show what one sets",
     .examples = "unmingle presets\nunmingle presets show music > mine.conf\n",
     .description =
         "Lists the presets, and which command each is for. With *show*, prints every setting that "
         "this command then uses and where it comes from, as a preset again.",
     .run = umi_cmd_presets},
};

const umi_command *umi_commands(size_t *n)
{
    *n = sizeof COMMANDS / sizeof COMMANDS[0];
    return COMMANDS;
}

const umi_command *umi_command_find(const char *name)
{
    for (size_t i = 0; i < sizeof COMMANDS / sizeof COMMANDS[0]; i++) {
        if (strcmp(COMMANDS[i].name, name) == 0) {
            return &COMMANDS[i];
        }
    }
    return NULL;
}
