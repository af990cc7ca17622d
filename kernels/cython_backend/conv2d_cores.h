/* The cores of a convolution, for one instruction set and type. */
#include "transpose.h"
#include "tiles.h"
#include "gather.h"
#include "gather_pooled.h"
#include "weights_gradient.h"
#include "winners.h"
#include "winners_input.h"
