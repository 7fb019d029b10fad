/* SPDX-License-Identifier: MIT
 * Mel scales and their filters. HTK's: Young et al., "The HTK Book". Slaney's ("Auditory Toolbox",
 * 1998): linear up to 1000 Hz, which is 15 mels; then 27 mels for a factor of 6.4. */
#ifndef LWI_MEL_H
#define LWI_MEL_H

#include <math.h>
#include <stdbool.h>

static inline double lwi_mel_of_hertz(double hertz, bool slaney) {
    if (!slaney) return 2595 * log10(1 + hertz / 700);
    return hertz < 1000 ? hertz / (200.0 / 3) : 15 + 27 * log(hertz / 1000) / log(6.4);
}

static inline double lwi_hertz_of_mel(double mel, bool slaney) {
    if (!slaney) return 700 * (pow(10, mel / 2595) - 1);
    return mel < 15 ? mel * (200.0 / 3) : 1000 * exp((mel - 15) * log(6.4) / 27);
}

/* The weight of a frequency in the triangle from edges[0] over edges[1], where it is 1, to
 * edges[2]. */
static inline double lwi_mel_weight(double hertz, const double *edges) {
    const double up = (hertz - edges[0]) / (edges[1] - edges[0]);
    const double down = (edges[2] - hertz) / (edges[2] - edges[1]);
    const double weight = up < down ? up : down;
    return weight > 0 ? weight : 0;
}

#endif
